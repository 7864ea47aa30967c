import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import type { Verdict } from '../classification/verdict.js';
import { TonalitetError } from '../errors.js';
import type { ModelKind } from '../inference/manifest.js';
import { resolveEngineOptions } from './engine-options.js';
import type { SpeechEngineOptions } from './engine-options.js';
import { ExitGuard } from './exit-guard.js';
import { startWorker } from './inference-thread.js';
import type { StartThread } from './inference-thread.js';
import type { BatchRule, QueueLimits } from './job-queue.js';
import { PoolSpeechFinder } from './pool-speech-finder.js';
import { MAX_STRETCH_S, MAX_TEXT_CHARACTERS } from './speech-engine.js';
import type { LiveSpeechFinder, Recognition, RecogniseOptions, SpeechEngine } from './speech-engine.js';
import { WorkerPool } from './worker-pool.js';
import type { LoadedModels } from './loaded-models.js';
import type { WorkKind } from './work.js';

/** What waits for the threads, at most. An hour of audio takes 230 MB. */
export const queueLimits: QueueLimits = Object.freeze({
  maxJobs: 10_000,
  maxPartials: 64,
  maxAudioS: 3_600,
  // A partial text of what was said this long ago is none.
  maxPartialWaitMs: 3_000,
});

/** What is done together; see bench/ for the measurements. */
const RULES: Readonly<Record<WorkKind, BatchRule>> = {
  recognise: { maxItems: 8, maxLength: 80, minRatio: 0.7 },
  classify: { maxItems: 16, maxLength: MAX_TEXT_CHARACTERS, minRatio: 0 },
  listen: { maxItems: 64, maxLength: 64, minRatio: 0 },
};

/** The time after which a batch is taken to hang: what a very slow or overloaded machine may need for a small one, ... */
const BASE_LIMIT_MS = 30_000;
/** ... and for each second of audio (usually a tenth of a second), ... */
const LIMIT_MS_PER_S = 10_000;
/** ... and for each character (usually a tenth of a millisecond). */
const LIMIT_MS_PER_CHARACTER = 10;

/** Streams that speech is looked for in at a time. */
const MAX_FINDERS = 1_000;

/** A {@link SpeechEngine} on this machine, which also knows its models. */
export interface LocalSpeechEngine extends SpeechEngine, AsyncDisposable {
  readonly models: LoadedModels;
}

/**
 * Loads the models into threads of their own. Two kinds of thread: one that only listens for speech, so that live streams do
 * not wait behind recognition, and `workers` that recognise and classify.
 *
 * The process may end at any time, also by `process.exit()`: the engine then waits for its threads to come to a safe point.
 *
 * @throws TonalitetError `MODEL_MISSING`, `MODEL_TAMPERED`, `MODEL_INVALID`, `WORKER_CRASHED`. RangeError or TypeError for an option out of range.
 */
export async function createSpeechEngine(options: SpeechEngineOptions = {}, startThread: StartThread = startWorker): Promise<LocalSpeechEngine> {
  const { modelsDir, workers, threads, models, decoding, wordTimestamps, hints } = resolveEngineOptions(options);
  const speech = { ...decoding, words: wordTimestamps, hints };
  const guard = new ExitGuard();
  const start = async (count: number, threadCount: number, kinds: readonly ModelKind[]): Promise<WorkerPool | undefined> => {
    const own = kinds.filter((kind) => models.includes(kind));
    if (own.length === 0) return undefined;
    const settings = { modelsDir, models: own, threads: threadCount, speech };
    return WorkerPool.start({ workers: count, settings, rules: RULES, limits: queueLimits, timeLimitMs, startThread, controls: guard.controls });
  };
  const [thinking, listening] = await Promise.allSettled([start(workers, threads, ['speech', 'tonality']), start(1, 1, ['vad'])]);
  if (thinking.status === 'fulfilled' && listening.status === 'fulfilled') return new PooledEngine(thinking.value, listening.value, guard);
  guard.release();
  for (const part of [thinking, listening]) if (part.status === 'fulfilled') await part.value?.dispose();
  throw thinking.status === 'rejected' ? thinking.reason : (listening as PromiseRejectedResult).reason;
}

class PooledEngine implements LocalSpeechEngine {
  readonly models: LoadedModels;
  readonly #thinking: WorkerPool | undefined;
  readonly #listening: WorkerPool | undefined;
  readonly #guard: ExitGuard;
  #finders = 0;
  #lastStream = 0;

  constructor(thinking: WorkerPool | undefined, listening: WorkerPool | undefined, guard: ExitGuard) {
    this.#thinking = thinking;
    this.#listening = listening;
    this.#guard = guard;
    this.models = { ...thinking?.models, ...listening?.models };
  }

  async recognise(samples: Float32Array, { priority = 'final', signal, group }: RecogniseOptions = {}): Promise<Recognition> {
    if (!(samples instanceof Float32Array)) throw new TypeError(`expected samples as a Float32Array, got ${typeof samples}`);
    if (samples.length > MAX_STRETCH_S * MODEL_SAMPLE_RATE_HZ) {
      throw new RangeError(`expected at most ${MAX_STRETCH_S} s of speech, got ${samples.length / MODEL_SAMPLE_RATE_HZ} s`);
    }
    const bad = samples.findIndex((sample) => !Number.isFinite(sample));
    if (bad >= 0) throw new RangeError(`expected finite samples, got ${samples[bad]} at index ${bad}`);
    const length = samples.length / MODEL_SAMPLE_RATE_HZ;
    return needed(this.#thinking, 'speech', this.models).submit('recognise', { samples: shared(samples), draft: priority === 'partial' }, { priority, length, signal, group });
  }

  async classify(texts: readonly string[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly Verdict[]> {
    for (const text of texts) {
      if (typeof text !== 'string') throw new TypeError(`expected texts as strings, got ${typeof text}`);
      if (text.length > MAX_TEXT_CHARACTERS) {
        throw new TonalitetError('TEXT_LIMIT', `Expected texts of at most ${MAX_TEXT_CHARACTERS} characters, got ${text.length}. Cut it into parts.`);
      }
    }
    const pool = needed(this.#thinking, 'tonality', this.models);
    // The first failure is the answer; the rest need not be done then.
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    try {
      return await Promise.all(texts.map(async (text) => pool.submit('classify', text, { priority: 'final', length: text.length, signal: either })));
    } catch (error) {
      failed.abort();
      throw error;
    }
  }

  async openSpeechFinder(): Promise<LiveSpeechFinder> {
    const pool = needed(this.#listening, 'vad', this.models);
    if (this.#finders >= MAX_FINDERS) {
      throw new TonalitetError('QUEUE_FULL', `Expected at most ${MAX_FINDERS} streams at a time, got more. Close some first.`);
    }
    this.#finders++;
    return new PoolSpeechFinder(pool, ++this.#lastStream, () => this.#finders--);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#thinking?.dispose(), this.#listening?.dispose()]);
    this.#guard.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function needed(pool: WorkerPool | undefined, kind: ModelKind, models: LoadedModels): WorkerPool {
  if (pool !== undefined && models[kind] !== undefined) return pool;
  throw new TypeError(`expected an engine with the ${kind} model; name it in the option models`);
}

/**
 * A copy in memory that all threads see: it reaches the thread without another copy, and is still here if the thread is lost
 * and the work has to be done again.
 */
function shared(samples: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

function timeLimitMs(kind: WorkKind, totalLength: number): number {
  return BASE_LIMIT_MS + totalLength * (kind === 'classify' ? LIMIT_MS_PER_CHARACTER : LIMIT_MS_PER_S);
}
