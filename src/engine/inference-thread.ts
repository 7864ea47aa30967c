import { Worker } from 'node:worker_threads';
import { TonalitetError } from '../errors.js';
import { fromErrorMessage } from './error-message.js';
import { turnTelemetryOff } from './telemetry.js';
import type { ThreadControl } from './thread-control.js';
import type { LoadedModels } from './loaded-models.js';
import type { Batch, ThreadData, ThreadRequest, ThreadResponse, ThreadSettings } from './work.js';

/** What of a `Worker` is used; tests put one of their own in its place. */
export interface Thread {
  postMessage(request: ThreadRequest): void;
  on(event: 'message', listener: (response: ThreadResponse) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (exitCode: number) => void): unknown;
  ref(): void;
  unref(): void;
}
export type StartThread = (data: ThreadData) => Thread;

/** Starts the thread's program, which lies beside this file once it is built. */
export const startWorker: StartThread = (data) => {
  turnTelemetryOff();
  // Without the flags of this process: some of them, such as --input-type, keep a file from being run.
  return new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: 'tonalitet', execArgv: [] });
};

export interface ThreadStart {
  readonly settings: ThreadSettings;
  readonly startThread: StartThread;
  /** The thread's own; its owner keeps it for the end of the process. */
  readonly control: ThreadControl;
  /** Called when the thread is gone, for whatever reason. */
  readonly onExit: () => void;
}

/** What became of a batch. */
export type BatchOutcome =
  /** One result for each item, in order. */
  | { readonly kind: 'done'; readonly results: readonly unknown[] }
  | { readonly kind: 'failed'; readonly error: TonalitetError }
  /** The thread is gone. One that hangs has had its time: what it did is not worth another try. */
  | { readonly kind: 'lost'; readonly hung: boolean; readonly error: TonalitetError };

/**
 * Loading reads and hashes 100 MB and builds the graphs: about a second on two cores of 2020. Sixty times that is a machine
 * that will not get there.
 */
const LOAD_LIMIT_MS = 60_000;

interface Running {
  readonly batch: number;
  readonly finish: (outcome: BatchOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A thread with loaded models, as its owner sees it. It runs one batch at a time.
 *
 * A thread is never ended from outside while it may be in native code, since that would abort the process. One that hangs is
 * left alone instead: it ends by itself, if it ever comes back.
 */
export class InferenceThread {
  readonly models: LoadedModels;
  readonly #thread: Thread;
  readonly #control: ThreadControl;
  readonly #exited: Promise<void>;
  #batches = 0;
  #running: Running | undefined;
  #lost = false;

  private constructor(thread: Thread, control: ThreadControl, models: LoadedModels, exited: Promise<void>) {
    this.#thread = thread;
    this.#control = control;
    this.models = models;
    this.#exited = exited;
  }

  /**
   * Starts a thread and waits until its models are loaded.
   *
   * @param onLost called once if the thread ends without having been asked to.
   * @throws TonalitetError `MODEL_MISSING`, `MODEL_TAMPERED`, `MODEL_INVALID`, or `WORKER_CRASHED` if the thread ended or took too long.
   */
  static async start({ settings, startThread, control, onExit }: ThreadStart, onLost: (thread: InferenceThread) => void): Promise<InferenceThread> {
    control.busy = true;
    const thread = startThread({ ...settings, control: control.memory });
    let started: InferenceThread | undefined;
    let crash: unknown;
    let exit: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => {
      exit = resolve;
    });
    // Stays on: an error without a listener would end the process. The exit follows it.
    thread.on('error', (error) => {
      crash = error;
    });
    return new Promise<InferenceThread>((resolve, reject) => {
      const timer = setTimeout(() => {
        control.stop();
        thread.unref();
        reject(new TonalitetError('WORKER_CRASHED', `Expected the models to be loaded within ${LOAD_LIMIT_MS / 1_000} s. Check the disk, and try again.`));
      }, LOAD_LIMIT_MS);
      thread.on('message', (response) => {
        if (response.kind === 'ready') {
          clearTimeout(timer);
          started = new InferenceThread(thread, control, response.models, exited);
          thread.unref();
          resolve(started);
        } else if (response.kind === 'unusable') {
          clearTimeout(timer);
          reject(fromErrorMessage(response.error));
        } else if (started !== undefined) {
          started.#receive(response);
        }
      });
      thread.on('exit', (exitCode) => {
        clearTimeout(timer);
        control.busy = false;
        onExit();
        exit();
        const error = crashError(exitCode, crash);
        reject(error);
        if (started !== undefined && started.#lose({ kind: 'lost', hung: false, error })) onLost(started);
      });
    });
  }

  /** Whether a batch may be given to it. */
  get idle(): boolean {
    return !this.#lost && this.#running === undefined;
  }

  /**
   * Runs a batch. Never rejects. While it runs, the process stays alive for it.
   *
   * @param limitMs the time after which the thread is taken to hang.
   */
  async run(work: Batch, limitMs: number): Promise<BatchOutcome> {
    const batch = ++this.#batches;
    return new Promise<BatchOutcome>((resolve) => {
      const timer = setTimeout(() => this.#giveUp(limitMs), limitMs);
      this.#running = { batch, finish: resolve, timer };
      this.#thread.ref();
      this.#thread.postMessage({ kind: 'run', batch, work });
    });
  }

  /** Has the running batch stop at the next safe point. */
  cancel(): void {
    if (this.#running !== undefined) this.#control.cancel(this.#running.batch);
  }

  /** Has the thread end by itself, and waits for that. To be called when it is idle, or was lost. */
  async close(): Promise<void> {
    if (this.#lost) return;
    this.#lost = true;
    this.#thread.ref();
    this.#thread.postMessage({ kind: 'close' });
    await this.#exited;
  }

  #receive(response: Extract<ThreadResponse, { readonly batch: number }>): void {
    if (response.batch !== this.#running?.batch) return;
    this.#finish(response.kind === 'done' ? { kind: 'done', results: response.results } : { kind: 'failed', error: fromErrorMessage(response.error) });
  }

  #giveUp(limitMs: number): void {
    this.#control.stop();
    const error = new TonalitetError(
      'WORKER_CRASHED',
      `Expected an inference to take at most ${limitMs / 1_000} s, it did not end by then, and its thread was given up. ` +
        'Check that the machine is not overloaded; try again.',
    );
    this.#lose({ kind: 'lost', hung: true, error });
  }

  /** @returns false if it was lost before, or has been closed. */
  #lose(outcome: BatchOutcome): boolean {
    if (this.#lost) return false;
    this.#lost = true;
    this.#finish(outcome);
    return true;
  }

  #finish(outcome: BatchOutcome): void {
    const running = this.#running;
    this.#running = undefined;
    this.#thread.unref();
    clearTimeout(running?.timer);
    running?.finish(outcome);
  }
}

function crashError(exitCode: number, cause: unknown): TonalitetError {
  return new TonalitetError(
    'WORKER_CRASHED',
    `Expected an inference thread to stay, but it ended by itself with code ${exitCode}. Check that there is memory enough; try again.`,
    cause === undefined ? undefined : { cause },
  );
}
