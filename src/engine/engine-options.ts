import { availableParallelism } from 'node:os';
import { resolveModelsDir } from '../inference/manifest.js';
import type { ModelKind } from '../inference/manifest.js';

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
}

export interface ResolvedEngineOptions {
  readonly modelsDir: string;
  readonly workers: number;
  readonly threads: number;
  readonly models: readonly ModelKind[];
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
  return Object.freeze({ modelsDir: resolveModelsDir(modelsDir), workers, threads, models: [...models] });
}

function checkInteger(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new RangeError(`expected ${name} to be an integer from 1 to ${max}, got ${String(value)}`);
}
