import type { Verdict } from '../classification/verdict.js';
import type { TranscriptSegment } from '../transcription/transcript.js';
import type { Fault } from './fault.js';
import type { StreamFormat } from './stream-format.js';

/**
 * How much of the tonality a client wants. Each includes those before it.
 * - `comment`: of the whole comment, at the end.
 * - `utterance`: of each utterance.
 * - `running`: of what has been said so far, after each utterance.
 */
export type TonalityWish = 'none' | 'comment' | 'utterance' | 'running';

/** What a client's frames mean, whatever the protocol. */
export type ClientEvent =
  | {
      readonly kind: 'started';
      readonly format: StreamFormat;
      /** The client's own name for the call, if it has one. */
      readonly callId: string | undefined;
      readonly metadata: Readonly<Record<string, string>>;
      readonly partials: boolean;
      readonly tonality: TonalityWish;
    }
  /** @property channel where the protocol sends each channel for itself; else all channels interleaved. */
  | { readonly kind: 'audio'; readonly bytes: Uint8Array; readonly channel?: number }
  /** Audio that was lost or left out on the way, to be counted as silence so that times stay right. */
  | { readonly kind: 'silence'; readonly durationS: number; readonly channel?: number }
  | { readonly kind: 'digit'; readonly digit: string }
  /** The client holds its audio back: what is open ends here. */
  | { readonly kind: 'paused' }
  /** Wants a `mark` once everything sent so far has been heard; with `flush`, open speech ends here. */
  | { readonly kind: 'finalise'; readonly mark: number; readonly flush: boolean }
  /** No more will come; the rest of the answers is wanted. */
  | { readonly kind: 'ended' }
  /** Wants to follow another call's answers instead of sending audio. */
  | { readonly kind: 'subscribed'; readonly callId: string };

/** What a protocol's state machine does in answer to a frame, in order. */
export type Action =
  | ClientEvent
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

/** One stretch of speech, recognised. Times are seconds from the beginning of the stream. */
export interface FinalResult {
  readonly kind: 'final';
  readonly channel: number;
  /** Counts from 0 in each channel. */
  readonly utterance: number;
  readonly startS: number;
  readonly endS: number;
  /** Empty where the voice activity detection heard something that held no word. */
  readonly text: string;
  /** Times count from the beginning of the stream. */
  readonly segments: readonly TranscriptSegment[];
  /** False where the speaker went on without a pause, and the stretch ended at the longest length. */
  readonly utteranceEnd: boolean;
  /** From the stretch's end, as detected, to this. */
  readonly waitedS: number;
}

/** What one channel said, from beginning to end. */
export interface CommentResult {
  readonly channel: number;
  readonly text: string;
  readonly segments: readonly TranscriptSegment[];
  /** `undefined` where no tonality was wanted or could be had. */
  readonly verdict: Verdict | undefined;
  /** Stretches of speech that could not be turned into text because the recognition failed. */
  readonly lost: readonly { readonly startS: number; readonly endS: number }[];
}

/** What a call answers, whatever the protocol. */
export type CallEvent =
  | { readonly kind: 'call_started'; readonly callId: string; readonly format: StreamFormat }
  | { readonly kind: 'speech_started'; readonly channel: number; readonly atS: number }
  | {
      readonly kind: 'partial';
      readonly channel: number;
      readonly utterance: number;
      readonly startS: number;
      readonly endS: number;
      readonly text: string;
      /** The part of `text`, from its beginning, that later partials of the same utterance keep. */
      readonly stableText: string;
    }
  | FinalResult
  /** A stretch that could not be recognised, also not when tried again: what was said there is not in the text. */
  | { readonly kind: 'lost'; readonly channel: number; readonly utterance: number; readonly startS: number; readonly endS: number }
  | {
      readonly kind: 'tonality';
      readonly channel: number;
      /** The utterance judged; `undefined` for the comment so far. */
      readonly utterance: number | undefined;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'digit'; readonly digit: string; readonly atS: number }
  /** The answers are `lagS` behind the audio; `behind` turns false again when they have caught up. */
  | { readonly kind: 'lag'; readonly lagS: number; readonly behind: boolean }
  | { readonly kind: 'mark'; readonly mark: number }
  /** The server is being stopped; the call has this long to end by itself. */
  | { readonly kind: 'stopping'; readonly withinS: number }
  | {
      readonly kind: 'ended';
      readonly callId: string;
      readonly durationS: number;
      readonly comments: readonly CommentResult[];
      readonly digits: readonly { readonly digit: string; readonly atS: number }[];
      readonly metadata: Readonly<Record<string, string>>;
      /** Why the server ended the call; `undefined` where the client did. */
      readonly fault: Fault | undefined;
    };

export type CallEnded = Extract<CallEvent, { kind: 'ended' }>;

/** `waiting`: not begun; `open`: taking audio; `ending`: no more audio, answers to come; `closed`: nothing more, either way. */
export type ProtocolState = 'waiting' | 'open' | 'ending' | 'closed';

/**
 * One wire protocol: a pure state machine without socket or clock. It never throws for what a client sends. A `close` is its
 * last action, and after that it answers nothing.
 */
export interface Protocol {
  readonly state: ProtocolState;
  /** To be called once, before anything else. */
  open(): readonly Action[];
  text(frame: string): readonly Action[];
  binary(frame: Uint8Array): readonly Action[];
  answer(event: CallEvent): readonly Action[];
  /** Something is wrong that the protocol did not find itself: tells the client, and closes. */
  fault(fault: Fault): readonly Action[];
}

/** What a protocol gets to know of the request that opened it. */
export interface ProtocolRequest {
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** A fresh id, for protocols whose clients bring none. */
  readonly newId: string;
  /** Seconds since the epoch when the request came. */
  readonly startedAtMs: number;
}
