/** The one place that imports `ws`: the server side, and the client where the platform has no WebSocket of its own (Node 20). */
export { WebSocket, WebSocketServer } from 'ws';
export type { RawData } from 'ws';
