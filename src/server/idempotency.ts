import { FaultError } from './fault.js';

/** How long an answer is kept for a request that is sent again; clients retry within seconds. It holds what was said, so not longer. */
const KEPT_MS = 600_000;

/** Answers that are kept at most; the oldest give way. */
const MAX_KEPT = 256;

/** The longest key: a UUID with a prefix, and more. */
const MAX_KEY_CHARACTERS = 128;

interface Kept<T> {
  readonly digest: string;
  readonly answer: T;
  readonly atMs: number;
}

/**
 * Requests that carry an `Idempotency-Key` are done once: the same body under the same key gets the first answer again, another
 * body is a conflict, and so is a second request while the first is being worked on. Answers are kept in memory only.
 */
export class Idempotency<T> {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #running = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param key the header; `undefined` does the work without any of this.
   * @param scope whose key it is, and of which route.
   * @param digest of the body; awaited only where the key is known.
   * @param work does what is asked for, and gives the body's digest beside the answer.
   */
  async once(
    key: string | undefined,
    scope: string,
    digest: () => Promise<string>,
    work: () => Promise<{ readonly answer: T; readonly digest: string }>,
  ): Promise<{ readonly answer: T; readonly replayed: boolean }> {
    if (key === undefined) return { answer: (await work()).answer, replayed: false };
    if (key.length === 0 || key.length > MAX_KEY_CHARACTERS) {
      throw new FaultError('bad_message', `Expected an Idempotency-Key of 1 to ${MAX_KEY_CHARACTERS} characters, got another length.`);
    }
    const name = `${scope}\n${key}`;
    this.#forgetOld();
    if (this.#running.has(name)) throw new FaultError('conflict', 'Expected one request at a time under an Idempotency-Key, got a second. Wait for the first.');
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      if ((await digest()) !== kept.digest) throw new FaultError('conflict', 'Expected the same body under the same Idempotency-Key, got another. Take a new key.');
      return { answer: kept.answer, replayed: true };
    }
    this.#running.add(name);
    try {
      const done = await work();
      this.#kept.set(name, { ...done, atMs: this.#now() });
      return { answer: done.answer, replayed: false };
    } finally {
      this.#running.delete(name);
    }
  }

  #forgetOld(): void {
    for (const [name, { atMs }] of this.#kept) {
      if (this.#now() - atMs < KEPT_MS && this.#kept.size < MAX_KEPT) break;
      this.#kept.delete(name);
    }
  }
}
