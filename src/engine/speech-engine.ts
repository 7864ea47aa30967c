import type { Verdict } from '../classification/verdict.js';
import type { StretchDecoding } from '../transcription/transcriber.js';
import type { TranscriptSegment } from '../transcription/transcript.js';
import type { LoadedModels } from './loaded-models.js';

/** `final`: someone waits for this text. `partial`: a first impression of speech that still goes on; it gives way to finals. */
export type RecognitionPriority = 'final' | 'partial';

export interface RecogniseOptions {
  /** @default 'final' */
  readonly priority?: RecognitionPriority;
  /**
   * Work is done in batches, and what a model in int8 makes of one stretch depends a little on those beside it: a word here and
   * there. Stretches of the same group are done with each other alone, so that a recording gives the same text each time. The
   * work of live streams, which has no group, is done with that of others, which is faster.
   */
  readonly group?: object;
  /** The work is left out, or stopped at the next safe point, with `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** What was heard in one stretch of speech. */
export interface Recognition {
  /** Times count from the start of the stretch. Empty where nothing was said. */
  readonly segments: readonly TranscriptSegment[];
  /** The segments' texts joined by spaces. */
  readonly text: string;
  /** How the text came about, where the engine tells. */
  readonly decoding?: StretchDecoding;
}

/** What the voice activity detection found in a live stream. Times are seconds from the stream's beginning. */
export type SpeechEvent =
  | { readonly kind: 'speech_start'; readonly atS: number }
  /** A whole stretch of speech, 16 kHz mono, at most {@link MAX_STRETCH_S} long; a longer one comes in several. */
  | { readonly kind: 'speech_end'; readonly startS: number; readonly endS: number; readonly samples: Float32Array };

/** The longest stretch that is recognised in one piece: Whisper's window, in seconds. */
export const MAX_STRETCH_S = 30;

/** The longest text that is classified: about 3,400 words, more than twenty minutes of speech. */
export const MAX_TEXT_CHARACTERS = 20_000;

/** Voice activity detection for one live stream. */
export interface LiveSpeechFinder {
  /** Takes the next samples (16 kHz mono, at most one second's); gives what they complete, in order. */
  push(samples: Float32Array): Promise<readonly SpeechEvent[]>;
  /** The speech that is open now, from its start to the last sample pushed; `undefined` in silence. */
  openSpeech(): Promise<{ readonly startS: number; readonly samples: Float32Array } | undefined>;
  /** Ends the open stretch here, as at the end of the stream; more may be pushed afterwards. */
  flush(): Promise<readonly SpeechEvent[]>;
  /** Frees what the stream holds; safe to call twice. */
  close(): Promise<void>;
}

/** All inference, off the caller's thread. The library, the command and the server stand on it. */
export interface SpeechEngine {
  /** The models that it works with, where it knows them. */
  readonly models?: LoadedModels;
  /** @param samples 16 kHz mono, finite, at most {@link MAX_STRETCH_S} seconds; copied, never changed. */
  recognise(samples: Float32Array, options?: RecogniseOptions): Promise<Recognition>;
  /** One verdict for each text, in order. @param texts each at most {@link MAX_TEXT_CHARACTERS} characters. */
  classify(texts: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<readonly Verdict[]>;
  openSpeechFinder(): Promise<LiveSpeechFinder>;
  /** Takes no new work, waits for what runs, and ends the threads. Idempotent. */
  dispose(): Promise<void>;
}
