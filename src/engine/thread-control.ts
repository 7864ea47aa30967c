/** Places in the shared memory, one 32-bit integer each. */
const STOPPED = 0;
const CANCELLED_BATCH = 1;
const BUSY = 2;
const LENGTH = 3;

/**
 * A few words of memory that a worker thread and its owner share. Messages do not reach a thread that is computing, and
 * a thread that is ended while native code runs takes the whole process with it (SIGABRT); through this memory the owner
 * can ask it to stop at the next safe point, and can see that it has.
 */
export class ThreadControl {
  /** To be handed to the thread. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** @param memory that of the owner's `ThreadControl`, inside the thread; left out by the owner. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LENGTH * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Owner: the thread is to stop what it does at the next safe point, and to take on nothing more. */
  stop(): void {
    Atomics.store(this.#words, STOPPED, 1);
  }

  /** Owner: nobody waits for this batch any longer. */
  cancel(batch: number): void {
    Atomics.store(this.#words, CANCELLED_BATCH, batch);
  }

  /** Owner: blocks until the thread is in no native code, at most for so long. */
  waitUntilIdle(timeoutMs: number): boolean {
    return Atomics.wait(this.#words, BUSY, 1, timeoutMs) !== 'timed-out';
  }

  /** Both: whether the thread may be in native code. */
  get busy(): boolean {
    return Atomics.load(this.#words, BUSY) === 1;
  }

  set busy(busy: boolean) {
    Atomics.store(this.#words, BUSY, busy ? 1 : 0);
    if (!busy) Atomics.notify(this.#words, BUSY);
  }

  /** Thread: asked between any two steps; cheap. */
  get stopped(): boolean {
    return Atomics.load(this.#words, STOPPED) === 1;
  }

  /** Thread: asked between any two steps of a batch; cheap. */
  shouldStop(batch: number): boolean {
    return this.stopped || Atomics.load(this.#words, CANCELLED_BATCH) === batch;
  }
}
