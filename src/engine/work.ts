import type { Verdict } from '../classification/verdict.js';
import type { TonalitetErrorCode } from '../errors.js';
import type { ModelKind } from '../inference/manifest.js';
import type { LoadedModels } from './loaded-models.js';
import type { Recognition } from './speech-engine.js';

/** The next samples of a stream, or its end. Streams are told apart by numbers; one begins with its first samples. */
export type StreamAudio =
  /** 16 kHz mono, whole frames. */
  | { readonly kind: 'samples'; readonly stream: number; readonly samples: Float32Array }
  | { readonly kind: 'close'; readonly stream: number };

/** A stretch of speech. */
export interface RecogniseItem {
  /** 16 kHz mono. */
  readonly samples: Float32Array;
  /** A first impression is enough; see `SpeechStretch`. */
  readonly draft: boolean;
}

/** The kinds of work that a thread does, with one item of each. */
export interface WorkItems {
  readonly recognise: RecogniseItem;
  readonly classify: string;
  readonly listen: StreamAudio;
}

/** What comes of one item. */
export interface WorkResults {
  readonly recognise: Recognition;
  readonly classify: Verdict;
  /** The probability of speech in each frame. */
  readonly listen: Float32Array;
}
export type WorkKind = keyof WorkItems;

/** Items of one kind that are done together. */
export type Batch = { readonly [K in WorkKind]: { readonly kind: K; readonly items: readonly WorkItems[K][] } }[WorkKind];

/** How a thread turns speech into text. */
export interface SpeechSettings {
  readonly beamSize: number;
  readonly lengthPenalty: number | undefined;
  readonly words: boolean;
  readonly hints: readonly string[];
}

/** What a thread is started with. */
export interface ThreadSettings {
  /** An absolute path. */
  readonly modelsDir: string;
  readonly models: readonly ModelKind[];
  /** Threads that one inference uses. */
  readonly threads: number;
  readonly speech: SpeechSettings;
}
export interface ThreadData extends ThreadSettings {
  /** The memory of a `ThreadControl`. */
  readonly control: SharedArrayBuffer;
}

/** From the owner to the thread. */
export type ThreadRequest =
  | { readonly kind: 'run'; readonly batch: number; readonly work: Batch }
  /** End by yourself, after what was sent before. */
  | { readonly kind: 'close' };

/** From the thread to the owner. */
export type ThreadResponse =
  | { readonly kind: 'ready'; readonly models: LoadedModels }
  /** The models could not be loaded; the thread ends. */
  | { readonly kind: 'unusable'; readonly error: ErrorMessage }
  /** One result for each item, in order. */
  | { readonly kind: 'done'; readonly batch: number; readonly results: readonly unknown[] }
  | { readonly kind: 'failed'; readonly batch: number; readonly error: ErrorMessage };

/** An error on its way between threads, which no class survives. */
export interface ErrorMessage {
  readonly code: TonalitetErrorCode;
  readonly message: string;
  /** The text of the error behind it. */
  readonly cause: string | undefined;
}
