/** The one place of the server that imports `ws`. */
export { WebSocket, WebSocketServer } from 'ws';
export type { RawData } from 'ws';
