import { resolveEngineOptions } from './engine/engine-options.js';
import type { ResolvedEngineOptions, SpeechEngineOptions } from './engine/engine-options.js';

export interface TonalitetOptions extends Omit<SpeechEngineOptions, 'models'> {
  /**
   * The longest recording that is taken, in seconds: any finite number above 0. Memory does not depend on it.
   *
   * @default 43,200 (12 hours)
   */
  readonly maxDurationS?: number | undefined;
  /**
   * The ffmpeg program for everything that is not WAV: a path, or a name looked up in PATH.
   *
   * @default 'ffmpeg'
   */
  readonly ffmpegPath?: string | undefined;
  /**
   * What is needed; less loads faster and takes less memory. `classifyFile` and `classifyAudio` need both.
   *
   * @default 'all'
   */
  readonly parts?: TonalitetParts | undefined;
}

/** `all`; `transcript` for {@link Tonalitet.transcribe} alone; `text` for {@link Tonalitet.classifyText} alone. */
export type TonalitetParts = 'all' | 'transcript' | 'text';

/** The defaults that depend on nothing; the others are told at each option. */
export const defaultTonalitetOptions: {
  readonly workers: number;
  readonly maxDurationS: number;
  readonly ffmpegPath: string;
  readonly parts: TonalitetParts;
} = Object.freeze({
  workers: 1,
  maxDurationS: 43_200,
  ffmpegPath: 'ffmpeg',
  parts: 'all',
});

const MODELS_OF: Readonly<Record<TonalitetParts, ResolvedEngineOptions['models']>> = {
  all: ['speech', 'vad', 'tonality'],
  transcript: ['speech', 'vad'],
  text: ['tonality'],
};

export interface ResolvedTonalitetOptions {
  readonly engine: ResolvedEngineOptions;
  readonly maxDurationS: number;
  readonly ffmpegPath: string;
}

/** Merges the defaults in, and checks. @throws RangeError or TypeError */
export function resolveTonalitetOptions(options: TonalitetOptions = {}): ResolvedTonalitetOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError(`expected options as an object, got ${String(options)}`);
  const maxDurationS = options.maxDurationS ?? defaultTonalitetOptions.maxDurationS;
  const ffmpegPath = options.ffmpegPath ?? defaultTonalitetOptions.ffmpegPath;
  const parts = options.parts ?? defaultTonalitetOptions.parts;
  if (!(Number.isFinite(maxDurationS) && maxDurationS > 0)) {
    throw new RangeError(`expected maxDurationS to be a finite number above 0, got ${String(maxDurationS)}`);
  }
  if (typeof ffmpegPath !== 'string' || ffmpegPath === '') throw new TypeError(`expected ffmpegPath to be a path or a name, got '${String(ffmpegPath)}'`);
  if (!Object.hasOwn(MODELS_OF, parts)) throw new RangeError(`expected parts to be all, transcript or text, got '${String(parts)}'`);
  const { modelsDir, threads, workers = defaultTonalitetOptions.workers, decoding, wordTimestamps, hints } = options;
  const engine = resolveEngineOptions({ modelsDir, threads, workers, models: MODELS_OF[parts], decoding, wordTimestamps, hints });
  return Object.freeze({ engine, maxDurationS, ffmpegPath });
}
