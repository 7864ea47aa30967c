/** Loaded where the platform has no WebSocket of its own (Node 20); the one place of the client that imports `ws`. */
export { WebSocket } from 'ws';
