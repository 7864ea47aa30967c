import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';
import type { Redact } from '../redaction/redacted-text.js';
import { pause } from './bell.js';
import type { Bell } from './bell.js';
import type { StoredVerdict } from './response.js';
import type { ResponseStore, WaitingComment } from './store.js';

/** Judges comments; what stands between the store and the models. */
export interface CommentJudge {
  /** @throws TonalitetError */
  judgeText(text: string, signal?: AbortSignal): Promise<StoredVerdict>;
  /** @throws TonalitetError */
  judgeRecording(path: string, signal?: AbortSignal): Promise<{ readonly text: string; readonly verdict: StoredVerdict }>;
}

export interface ClassifyWaitingOptions {
  readonly store: ResponseStore;
  readonly judge: CommentJudge;
  readonly redact: Redact;
  /** How many comments are worked on at a time. */
  readonly concurrency: number;
  /** Where it is given, the work does not end when nothing waits: it goes on when the bell rings. */
  readonly bell?: Bell;
  /** Ends the work without breaking anything off: no further comment is taken. */
  readonly stop?: AbortSignal;
  /** Told after each comment. */
  readonly onProgress?: (counts: ClassifyWaitingCounts) => void;
  /** Breaks off what is being done, and gives it back untried. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClassifyWaitingCounts {
  readonly classified: number;
  /** Tries that failed and are made again. */
  readonly postponed: number;
  /** Given up. */
  readonly failed: number;
}

/** A comment is tried this often. What still fails then wants a person's eye. */
export const MAX_ATTEMPTS = 4;

/** The wait before the second try; each further one is eight times as long: 1 s, 8 s, 64 s. A hung worker is replaced by then. */
const FIRST_BACK_OFF_MS = 1_000;
const BACK_OFF_FACTOR = 8;

/** A comment that was taken by a process that died is free again after this long; one that still works renews it in time. */
const CLAIM_MS = 120_000;
const RENEWAL_MS = 30_000;

/** Trying again does not mend these. */
const PERMANENT = new Set<TonalitetErrorCode>([
  'AUDIO_EMPTY', 'AUDIO_INVALID', 'AUDIO_UNSUPPORTED', 'AUDIO_TRUNCATED', 'AUDIO_NOT_FINITE', 'AUDIO_LIMIT', 'FILE_NOT_FOUND', 'FILE_UNREADABLE',
  'TEXT_INVALID', 'TEXT_LIMIT', 'FFMPEG_MISSING', 'FFMPEG_FAILED',
]);

/** With these it is not the comment that is at fault: nothing more can be classified. */
const ENDING = new Set<TonalitetErrorCode>([
  'ABORTED', 'DISPOSED', 'MODEL_MISSING', 'MODEL_TAMPERED', 'MODEL_INVALID', 'STORE_INVALID', 'STORE_FAILED', 'STORE_BUSY',
  'STORE_UNREACHABLE', 'STORE_DENIED', 'RECORDINGS_UNAVAILABLE',
]);

/** Where a bell is listened for, one looks at least this often all the same: another process's claim may have run out. */
const LOOK_MS = 30_000;

/**
 * Classifies what waits in a store until nothing does, or, with a bell, until it is told to stop: the text that is there, or what is
 * heard in the recording. A failure is tried again after a while, at most {@link MAX_ATTEMPTS} times, and is then a dead letter with
 * the error's code as its reason. A comment that was being worked on when the process died is taken up again by another one, or by
 * the next run.
 *
 * @throws TonalitetError where nothing more can be classified: `ABORTED` by the signal, and the `MODEL_` and `STORE_` codes.
 */
export async function classifyWaiting(options: ClassifyWaitingOptions): Promise<ClassifyWaitingCounts> {
  const { store, concurrency, signal, stop, bell } = options;
  const counts = { classified: 0, postponed: 0, failed: 0 };
  const working = new Map<string, Promise<void>>();
  let ending: Error | undefined;
  const renewal = setInterval(() => {
    // Where that fails, another process may do the same comment again: `classify` takes the first one's labels.
    if (working.size > 0) store.extendClaim([...working.keys()], fromNow(store, CLAIM_MS)).catch(() => undefined);
  }, RENEWAL_MS);
  const work = async (comment: WaitingComment): Promise<void> => {
    try {
      counts[await workOn(comment, options)]++;
      options.onProgress?.({ ...counts });
    } catch (error) {
      ending ??= error instanceof Error ? error : new Error('expected an Error to be thrown', { cause: error });
    } finally {
      working.delete(comment.id);
    }
  };
  try {
    while (ending === undefined && stop?.aborted !== true) {
      if (signal?.aborted === true) throw new TonalitetError('ABORTED', 'Stopped before everything that waits was classified.', { cause: signal.reason });
      if (working.size < concurrency) {
        const comments = await store.claim(concurrency - working.size, store.now(), fromNow(store, CLAIM_MS));
        for (const comment of comments) working.set(comment.id, work(comment));
      }
      if (working.size >= concurrency || (working.size > 0 && bell === undefined)) await Promise.race(working.values());
      else if (!(await waitBesideWork(options, [...working.values()]))) break;
    }
    await Promise.all(working.values());
  } finally {
    clearInterval(renewal);
    await Promise.all(working.values());
  }
  if (ending !== undefined) throw ending;
  return counts;
}

async function workOn(comment: WaitingComment, { store, judge, redact, signal }: ClassifyWaitingOptions): Promise<keyof ClassifyWaitingCounts> {
  const { id, attempts } = comment;
  try {
    if (attempts > MAX_ATTEMPTS) throw new TonalitetError('WORKER_CRASHED', `Expected a verdict, but the process ended at each of ${MAX_ATTEMPTS} tries.`);
    if (comment.text !== null) {
      await store.classify(id, await judge.judgeText(comment.text, signal));
    } else if (comment.recording !== null) {
      const { text, verdict } = await judge.judgeRecording(comment.recording, signal);
      await store.classify(id, verdict, redact(text));
    } else {
      throw new TonalitetError('TEXT_INVALID', 'Expected a comment with a text or a recording, got one with neither.');
    }
    return 'classified';
  } catch (error) {
    const code = error instanceof TonalitetError ? error.code : undefined;
    if (code === undefined || ENDING.has(code)) {
      // Where that fails too, the comment is free again when the time of its claim is up.
      await store.release([id], store.now()).catch(() => undefined);
      throw error;
    }
    const givenUp = PERMANENT.has(code) || attempts >= MAX_ATTEMPTS;
    await store.postpone(id, code, givenUp ? null : fromNow(store, FIRST_BACK_OFF_MS * BACK_OFF_FACTOR ** (attempts - 1)));
    return givenUp ? 'failed' : 'postponed';
  }
}

/** Waits as `waitForNext`, but no longer than until some work is done. */
async function waitBesideWork(options: ClassifyWaitingOptions, working: readonly Promise<void>[]): Promise<boolean> {
  const over = new AbortController();
  const next = waitForNext(options, over.signal);
  try {
    return await Promise.race([next, ...working.map(async (work) => work.then(() => true))]);
  } finally {
    over.abort();
    // One waits for the bell at a time. What went wrong here goes wrong again where it matters.
    await next.catch(() => undefined);
  }
}

/** Waits until something is due, or may be. @returns false where nothing waits and no bell can ring. */
async function waitForNext({ store, bell, signal, stop }: ClassifyWaitingOptions, over: AbortSignal): Promise<boolean> {
  const { nextDue } = await store.backlog();
  if (nextDue === null && bell === undefined) return false;
  const untilDueMs = nextDue === null ? LOOK_MS : Math.max(nextDue.getTime() - store.now().getTime(), 0);
  const either = AbortSignal.any([over, signal, stop].filter((one) => one !== undefined));
  if (bell === undefined) await pause(Math.min(untilDueMs, CLAIM_MS), either);
  else await bell.wait(Math.min(untilDueMs, LOOK_MS), either);
  return true;
}

function fromNow(store: ResponseStore, ms: number): Date {
  return new Date(store.now().getTime() + ms);
}
