import { setTimeout as sleep } from 'node:timers/promises';
import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';
import type { Redact } from '../redaction/redacted-text.js';
import { pause } from '../survey/bell.js';
import { classifyWaiting } from '../survey/classify-waiting.js';
import type { ClassifyWaitingCounts, CommentJudge } from '../survey/classify-waiting.js';
import type { ResponseStore } from '../survey/store.js';

export interface WorkerLoopOptions {
  readonly store: ResponseStore;
  readonly judge: CommentJudge;
  readonly redact: Redact;
  /** How many comments are worked on at a time. */
  readonly jobs: number;
  /** How long comments that are being worked on may still take after `stop`. */
  readonly drainMs: number;
  readonly stop: AbortSignal;
  /** Told what keeps the work from going on, each time; it is tried again. */
  readonly onTrouble: (error: TonalitetError) => void;
  /** How long one waits before the first new try, and from when on no longer; in milliseconds, for tests. */
  readonly patience?: WorkerPatience;
}

export interface WorkerPatience {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** After this long without any success the worker ends: whoever started it should know. */
  readonly giveUpMs: number;
}

const PATIENCE: WorkerPatience = { firstWaitMs: 1_000, longestWaitMs: 30_000, giveUpMs: 1_800_000 };

/** What passes: a server that is restarted, a share that is mounted again. Everything else wants a person. */
const PASSING = new Set<TonalitetErrorCode>(['STORE_UNREACHABLE', 'STORE_BUSY', 'STORE_FAILED', 'RECORDINGS_UNAVAILABLE']);

/** What a worker is at. */
export type WorkerState = 'working' | 'idle' | 'in_trouble' | 'draining';

/** Takes comments that wait, and classifies them, until it is told to stop. */
export class WorkerLoop {
  readonly #options: WorkerLoopOptions;
  readonly #patience: WorkerPatience;
  #done: ClassifyWaitingCounts = { classified: 0, postponed: 0, failed: 0 };
  #inHand = 0;
  #inTrouble = false;

  constructor(options: WorkerLoopOptions) {
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** What was done since the start. */
  get counts(): ClassifyWaitingCounts {
    return this.#done;
  }

  /** Comments that are being worked on. */
  get inHand(): number {
    return this.#inHand;
  }

  get state(): WorkerState {
    if (this.#options.stop.aborted) return 'draining';
    if (this.#inTrouble) return 'in_trouble';
    return this.#inHand > 0 ? 'working' : 'idle';
  }

  /**
   * Works until it is told to stop, and then until what is in hand is done. What takes longer than that is given back untried.
   *
   * @throws TonalitetError for what does not pass, or did not in time.
   */
  async run(): Promise<void> {
    const { stop, drainMs } = this.#options;
    const abort = new AbortController();
    const onStop = (): void => {
      drained = setTimeout(() => abort.abort(new Error('the time to drain is up')), drainMs);
    };
    let drained: NodeJS.Timeout | undefined;
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    try {
      await this.#runUntilStopped(abort.signal);
    } catch (error) {
      // What was broken off by the end of the time is back in the backlog.
      if (!(abort.signal.aborted && error instanceof TonalitetError && error.code === 'ABORTED')) throw error;
    } finally {
      clearTimeout(drained);
      stop.removeEventListener('abort', onStop);
    }
  }

  async #runUntilStopped(signal: AbortSignal): Promise<void> {
    const { stop, onTrouble } = this.#options;
    const { firstWaitMs, longestWaitMs, giveUpMs } = this.#patience;
    let failingSince: number | undefined;
    let waitMs = firstWaitMs;
    while (!stop.aborted) {
      const before = this.#done;
      const begun = performance.now();
      try {
        await this.#runOnce(signal);
      } catch (error) {
        if (!(error instanceof TonalitetError && PASSING.has(error.code))) throw error;
        const now = performance.now();
        // Something was done, or nothing went wrong for a while: it is another trouble than the last one.
        if (this.#done !== before || now - begun > longestWaitMs) failingSince = undefined;
        if (failingSince === undefined) waitMs = firstWaitMs;
        failingSince ??= now;
        if (now - failingSince > giveUpMs) throw error;
        this.#inTrouble = true;
        onTrouble(error);
        await pause(waitMs * (0.5 + Math.random() / 2), stop);
        waitMs = Math.min(waitMs * 2, longestWaitMs);
        this.#inTrouble = false;
      }
    }
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const { store, redact, jobs, stop } = this.#options;
    const before = this.#done;
    await using bell = await store.listen();
    await classifyWaiting({
      store,
      judge: this.#counted(),
      redact,
      concurrency: jobs,
      bell,
      stop,
      signal,
      onProgress: ({ classified, postponed, failed }) => {
        this.#done = { classified: before.classified + classified, postponed: before.postponed + postponed, failed: before.failed + failed };
      },
    });
  }

  /** The judge, counting what it has in hand. */
  #counted(): CommentJudge {
    const { judge } = this.#options;
    const count = async <T>(work: Promise<T>): Promise<T> => {
      this.#inHand++;
      try {
        return await work;
      } finally {
        this.#inHand--;
      }
    };
    return {
      judgeText: async (text, signal) => count(judge.judgeText(text, signal)),
      judgeRecording: async (path, signal) => count(judge.judgeRecording(path, signal)),
    };
  }
}

/** Does something now and then until it is told to stop. Work that goes wrong ends it. */
export async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await work();
  }
}
