import type { VerdictJson } from '../comment-json.js';
import type { TranscriptSegment } from '../transcription/transcript.js';

/** What the server says on `/v1/stream`; see docs/protocol.md. Times are seconds from the beginning of the call. */
export type StreamMessage =
  | { readonly type: 'started'; readonly version: number; readonly call_id: string; readonly encoding: string; readonly sample_rate: number; readonly channels: number }
  | { readonly type: 'speech_started'; readonly channel: number; readonly at: number }
  | ResultMessage
  | ({ readonly type: 'tonality'; readonly scope: 'utterance' | 'comment'; readonly channel: number; readonly utterance?: number } & VerdictJson)
  | { readonly type: 'lost'; readonly channel: number; readonly utterance: number; readonly start: number; readonly end: number }
  | { readonly type: 'dtmf'; readonly digit: string; readonly at: number }
  | { readonly type: 'lag'; readonly lag_s: number; readonly behind: boolean }
  | { readonly type: 'finalized' }
  | { readonly type: 'stopping'; readonly within_s: number }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly close_code: number }
  /** Of the client's own: the connection was lost, and another takes over at this time. */
  | { readonly type: 'reconnected'; readonly at: number }
  | EndedMessage;

export interface ResultMessage {
  readonly type: 'result';
  readonly is_final: boolean;
  readonly utterance_end: boolean;
  readonly channel: number;
  readonly utterance: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly stable_text?: string;
  readonly confidence?: number;
  readonly segments?: readonly TranscriptSegment[];
}

export interface CommentMessage extends Partial<VerdictJson> {
  readonly channel: number;
  readonly text: string;
  readonly segments: readonly TranscriptSegment[];
  readonly lost: readonly { readonly start: number; readonly end: number }[];
}

export interface EndedMessage {
  readonly type: 'ended';
  readonly call_id: string;
  readonly duration_s: number;
  readonly comments: readonly CommentMessage[];
  readonly digits: readonly { readonly digit: string; readonly at: number }[];
  readonly metadata: Readonly<Record<string, string>>;
}
