import { availableParallelism } from 'node:os';
import { resolveModelsDir } from '../inference/manifest.js';
import type { ModelKind } from '../inference/manifest.js';
import { MAX_HINTS, MAX_HINT_CHARACTERS } from '../transcription/hints.js';
import { MAX_BEAM_SIZE } from '../transcription/transcriber.js';

export interface SpeechEngineOptions {
  /**
   * The folder with `manifest.json` and the models.
   *
   * @default the environment variable TONALITET_MODELS, otherwise the models that came with the package
   */
  readonly modelsDir?: string | undefined;
  /**
   * Threads that recognise and classify side by side, each with its own copy of the models: an integer from 1 to 16. More
   * of them serve more recordings at a time; one recording is not done faster.
   *
   * @default 1
   */
  readonly workers?: number | undefined;
  /**
   * Threads that one inference uses: an integer from 1 to 64.
   *
   * @default the number of cores divided by `workers`, at least 1 and at most 4
   */
  readonly threads?: number | undefined;
  /**
   * The models that are needed; what the others are for cannot be asked of the engine then.
   *
   * @default all: 'speech', 'vad' and 'tonality'
   */
  readonly models?: readonly ModelKind[] | undefined;
  /** How speech is turned into text. */
  readonly decoding?: DecodingChoice | undefined;
  /**
   * Words with their places on each segment.
   *
   * @default false
   */
  readonly wordTimestamps?: boolean | undefined;
  /**
   * Names that are likelier to be said than the model knows, such as those of a municipality's places and services: at most 200, of at
   * most 60 characters each.
   *
   * @default none
   */
  readonly hints?: readonly string[] | undefined;
}

export interface DecodingChoice {
  /**
   * Texts that are followed side by side, an integer from 1 to 16. 1 is several times as fast as 5; a text that looks wrong is
   * decoded again with more of them in any case.
   *
   * @default 1
   */
  readonly beamSize?: number | undefined;
  /**
   * How much longer texts are favoured, from 0 to 1; see Wu et al. 2016.
   *
   * @default a text's log-probability is divided by its tokens, as in Whisper's own implementation
   */
  readonly lengthPenalty?: number | undefined;
}

/** All values are there. It may be resolved again, and stays what it is. */
export interface ResolvedEngineOptions {
  readonly modelsDir: string;
  readonly workers: number;
  readonly threads: number;
  readonly models: readonly ModelKind[];
  readonly decoding: { readonly beamSize: number; readonly lengthPenalty: number | undefined };
  readonly wordTimestamps: boolean;
  readonly hints: readonly string[];
}

const ALL_MODELS: readonly ModelKind[] = ['speech', 'vad', 'tonality'];

/** Each worker holds its own copy of the models, some hundred megabytes. */
const MAX_WORKERS = 16;
const MAX_THREADS = 64;

/** More threads than this gain nothing on graphs of this size. */
const MAX_DEFAULT_THREADS = 4;

/** @throws RangeError or TypeError for an option out of range. */
export function resolveEngineOptions(options: SpeechEngineOptions = {}): ResolvedEngineOptions {
  const workers = options.workers ?? 1;
  checkInteger('workers', workers, MAX_WORKERS);
  const threads = options.threads ?? Math.max(1, Math.min(MAX_DEFAULT_THREADS, Math.floor(availableParallelism() / workers)));
  checkInteger('threads', threads, MAX_THREADS);
  const { modelsDir } = options;
  if (modelsDir !== undefined && (typeof modelsDir !== 'string' || modelsDir === '')) {
    throw new TypeError(`expected modelsDir to be the path of a folder, got ${typeof modelsDir}`);
  }
  const models = options.models ?? ALL_MODELS;
  const unknown = models.find((kind) => !ALL_MODELS.includes(kind));
  if (unknown !== undefined || models.length === 0) {
    throw new RangeError(`expected models to be some of ${ALL_MODELS.join(', ')}, got ${unknown === undefined ? 'none' : `'${String(unknown)}'`}`);
  }
  return Object.freeze({ modelsDir: resolveModelsDir(modelsDir), workers, threads, models: [...models], ...resolveSpeech(options) });
}

function resolveSpeech({ decoding = {}, wordTimestamps = false, hints = [] }: SpeechEngineOptions): Pick<ResolvedEngineOptions, 'decoding' | 'wordTimestamps' | 'hints'> {
  const { beamSize = 1, lengthPenalty } = decoding;
  checkInteger('decoding.beamSize', beamSize, MAX_BEAM_SIZE);
  if (lengthPenalty !== undefined && !(lengthPenalty >= 0 && lengthPenalty <= 1)) {
    throw new RangeError(`expected decoding.lengthPenalty to be a number from 0 to 1, got ${String(lengthPenalty)}`);
  }
  if (typeof wordTimestamps !== 'boolean') throw new TypeError(`expected wordTimestamps to be true or false, got ${typeof wordTimestamps}`);
  if (!Array.isArray(hints) || hints.length > MAX_HINTS) {
    throw new RangeError(`expected hints to be a list of at most ${MAX_HINTS} names, got ${Array.isArray(hints) ? hints.length : typeof hints}`);
  }
  hints.forEach((hint: unknown, i) => {
    if (typeof hint === 'string' && hint.trim() !== '' && hint.length <= MAX_HINT_CHARACTERS && !/\p{Cc}/u.test(hint)) return;
    throw new RangeError(`expected each hint to be a name of 1 to ${MAX_HINT_CHARACTERS} characters, got something else as number ${i + 1}`);
  });
  return { decoding: { beamSize, lengthPenalty }, wordTimestamps, hints: hints.map((hint: string) => hint.trim()) };
}

function checkInteger(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new RangeError(`expected ${name} to be an integer from 1 to ${max}, got ${String(value)}`);
}
