export type { CommentMessage, EndedMessage, ResultMessage, StreamMessage } from './message.js';
export { StreamClient } from './stream-client.js';
export type { StreamClientOptions } from './stream-client.js';
