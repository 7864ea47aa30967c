/**
 * Whose partial text is made next, over all calls. Finals come first: while any is being made, no partial begins. Partials
 * are made one after another, the longest waiting first, so that a talkative call cannot crowd out a quiet one. Under load
 * each simply comes round less often: a call has at most one waiting, made of the audio that is there when its turn comes.
 */
export class PartialTurns {
  readonly #maxRunning: number;
  readonly #waiting = new Set<() => Promise<void>>();
  #running = 0;
  #finals = 0;

  /** @param maxRunning partials made at the same time. One keeps the wait of a final short: work that runs is not stopped. */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get finalsRunning(): number {
    return this.#finals;
  }

  /**
   * Asks for a turn.
   *
   * @param make makes the partial; must not reject.
   * @returns takes the request back if it still waits.
   */
  request(make: () => Promise<void>): () => void {
    this.#waiting.add(make);
    this.#next();
    return () => void this.#waiting.delete(make);
  }

  /** Counts a final in while it is made. */
  async final<T>(work: () => Promise<T>): Promise<T> {
    this.#finals++;
    try {
      return await work();
    } finally {
      this.#finals--;
      this.#next();
    }
  }

  #next(): void {
    while (this.#finals === 0 && this.#running < this.#maxRunning) {
      const [make] = this.#waiting;
      if (make === undefined) return;
      this.#waiting.delete(make);
      this.#running++;
      void make().finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }
}
