export { CAPTURE_SOURCE } from './capture-processor.js';
export type { CommentMessage, EndedMessage, ResultMessage, StreamMessage } from './message.js';
export { MAX_WAITING_S, Microphone } from './microphone.js';
export type { MicrophoneOptions } from './microphone.js';
export { StreamClient } from './stream-client.js';
export type { StreamClientOptions } from './stream-client.js';
