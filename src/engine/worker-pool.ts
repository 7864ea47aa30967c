import { abortedError, throwIfAborted } from '../abort.js';
import { TonalitetError } from '../errors.js';
import { InferenceThread } from './inference-thread.js';
import type { StartThread } from './inference-thread.js';
import { JobQueue } from './job-queue.js';
import type { BatchRule, Job, QueueLimits } from './job-queue.js';
import { ThreadControl } from './thread-control.js';
import type { RecognitionPriority } from './speech-engine.js';
import type { LoadedModels } from './loaded-models.js';
import type { Batch, ThreadSettings, WorkItems, WorkKind, WorkResults } from './work.js';

export interface PoolOptions {
  /** How many threads. */
  readonly workers: number;
  readonly settings: ThreadSettings;
  readonly rules: Readonly<Record<WorkKind, BatchRule>>;
  readonly limits: QueueLimits;
  /** The time after which a batch is taken to hang, in milliseconds; `totalLength` as in the jobs. */
  readonly timeLimitMs: (kind: WorkKind, totalLength: number) => number;
  readonly startThread: StartThread;
  /** Filled by the pool with those of all threads that may still be in native code: loading, ready or given up. */
  readonly controls: Set<ThreadControl>;
}

export interface SubmitOptions {
  readonly priority: RecognitionPriority;
  /** Seconds of audio, or characters of text. */
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  /** See `RecogniseOptions`. */
  readonly group?: object | undefined;
}

/** Threads that were lost one after the other, without any work done in between, until the pool gives up. */
const MAX_LOSSES_IN_A_ROW = 4;

/** A job that has begun, or waits. */
interface PoolJob extends Job {
  /** Nobody waits for it any longer. */
  settled: boolean;
}

/**
 * Threads with the same models, and one queue before them. A thread that is lost is replaced, and what it did is done once
 * more, each piece by itself. A finite queue keeps what waits within bounds.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #queue: JobQueue<PoolJob>;
  readonly #threads = new Set<InferenceThread>();
  readonly #running = new Map<InferenceThread, readonly PoolJob[]>();
  /** Work and thread starts that are under way. */
  readonly #tasks = new Set<Promise<void>>();
  #pumpPlanned = false;
  #lossesInARow = 0;
  #failure: TonalitetError | undefined;
  #disposed = false;
  #models: LoadedModels = {};

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#queue = new JobQueue(options.rules, options.limits);
  }

  /**
   * Starts the threads and waits until all have loaded their models.
   *
   * @throws TonalitetError `MODEL_MISSING`, `MODEL_TAMPERED`, `MODEL_INVALID`, `WORKER_CRASHED`.
   */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const starts = await Promise.allSettled(Array.from({ length: options.workers }, async () => pool.#startThread()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) {
      await pool.dispose();
      throw failed.reason;
    }
    return pool;
  }

  get models(): LoadedModels {
    return this.#models;
  }

  /** Jobs that wait. */
  get queued(): number {
    return this.#queue.size;
  }

  /**
   * Has one item of work done.
   *
   * @throws TonalitetError what the work throws, or `QUEUE_FULL`, `ABORTED`, `WORKER_CRASHED`, `DISPOSED`.
   */
  async submit<K extends WorkKind>(kind: K, item: WorkItems[K], { priority, length, signal, group }: SubmitOptions): Promise<WorkResults[K]> {
    throwIfAborted(signal);
    if (this.#disposed) throw disposedError();
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise<WorkResults[K]>((resolve, reject) => {
      const onAbort = (): void => {
        job.reject(abortedError(signal!));
        this.#forget(job);
      };
      const settle = (act: () => void): void => {
        if (job.settled) return;
        job.settled = true;
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const job: PoolJob = {
        kind,
        item,
        priority,
        group,
        length,
        queuedAt: performance.now(),
        retried: false,
        settled: false,
        resolve: (result) => settle(() => resolve(result as WorkResults[K])),
        reject: (error) => settle(() => reject(error)),
      };
      this.#queue.add(job);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#planPump();
    });
  }

  /** Takes no new work, drops what waits (`DISPOSED`), waits for what runs, and ends the threads. Idempotent. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const job of this.#queue.clear()) job.reject(disposedError());
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    await Promise.all([...this.#threads].map(async (thread) => thread.close()));
    this.#threads.clear();
  }

  /** Waits for the turn of the event loop to end, so that what is given in the same turn can be done together. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const thread of this.#threads) {
      if (!thread.idle) continue;
      const jobs = this.#queue.next(performance.now());
      if (jobs.length === 0) return;
      this.#track(this.#run(thread, jobs));
    }
  }

  async #run(thread: InferenceThread, jobs: readonly PoolJob[]): Promise<void> {
    this.#running.set(thread, jobs);
    const { kind } = jobs[0]!;
    const limitMs = this.#options.timeLimitMs(kind, jobs.reduce((sum, job) => sum + job.length, 0));
    const outcome = await thread.run({ kind, items: jobs.map((job) => job.item) } as Batch, limitMs);
    this.#running.delete(thread);
    if (outcome.kind === 'done') {
      this.#lossesInARow = 0;
      jobs.forEach((job, i) => job.resolve(outcome.results[i] as WorkResults[WorkKind]));
    } else if (outcome.kind === 'lost') {
      this.#settleLost(jobs, outcome.hung, outcome.error);
      this.#replace(thread, outcome.error);
    } else if (jobs.length > 1) {
      // One item may be the cause; the others are not to suffer for it.
      this.#retry(jobs);
    } else {
      jobs[0]!.reject(outcome.error);
    }
    this.#planPump();
  }

  #settleLost(jobs: readonly PoolJob[], hung: boolean, error: TonalitetError): void {
    const again = hung || this.#disposed ? [] : jobs.filter((job) => !job.retried);
    for (const job of jobs) if (!again.includes(job)) job.reject(error);
    this.#retry(again);
  }

  #retry(jobs: readonly PoolJob[]): void {
    const open = jobs.filter((job) => !job.settled);
    if (this.#disposed) for (const job of open) job.reject(disposedError());
    else this.#queue.putBack(open.map((job) => Object.assign(job, { retried: true })));
  }

  #forget(job: PoolJob): void {
    this.#queue.remove(job);
    for (const [thread, jobs] of this.#running) if (jobs.includes(job) && jobs.every(({ settled }) => settled)) thread.cancel();
  }

  #replace(thread: InferenceThread, error: TonalitetError): void {
    if (!this.#threads.delete(thread) || this.#disposed) return;
    if (++this.#lossesInARow < MAX_LOSSES_IN_A_ROW) {
      this.#track(this.#startThread().catch((cause: unknown) => this.#fail(cause)));
    } else {
      this.#fail(error);
    }
  }

  /** Without a thread for what waits: says so to all, now and from now on. */
  #fail(cause: unknown): void {
    if (this.#threads.size > 0) return;
    this.#failure =
      cause instanceof TonalitetError
        ? cause
        : new TonalitetError('WORKER_CRASHED', 'Expected an inference thread to start again, but it did not. Start the program again.', { cause });
    for (const job of this.#queue.clear()) job.reject(this.#failure);
  }

  async #startThread(): Promise<void> {
    const { settings, startThread, controls } = this.#options;
    const control = new ThreadControl();
    controls.add(control);
    const onExit = (): void => void controls.delete(control);
    const thread = await InferenceThread.start({ settings, startThread, control, onExit }, (lost) => {
      // During a batch, the batch's outcome says the same.
      if (!this.#running.has(lost)) this.#replace(lost, lostWhileIdle());
    });
    this.#models = thread.models;
    this.#threads.add(thread);
    this.#planPump();
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

function disposedError(): TonalitetError {
  return new TonalitetError('DISPOSED', 'Expected an engine that is in use, but dispose() was called. Make a new one.');
}

function lostWhileIdle(): TonalitetError {
  return new TonalitetError('WORKER_CRASHED', 'Expected the inference threads to stay, but they ended again and again. Check that there is memory enough.');
}
