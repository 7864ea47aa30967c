import { untilAborted } from './abort.js';
import { TonalitetError } from './errors.js';

/**
 * Lets in a few recordings at a time, so that any number of them can be asked for at once: each one that is open holds a file
 * or stream, perhaps an ffmpeg, and a minute or two of audio.
 */
export class RecordingGate {
  readonly #places: number;
  readonly #maxWaiting: number;
  #taken = 0;
  /** Those that wait, in order; called when it is their turn. */
  readonly #waiting = new Set<() => void>();

  /** @param places how many are let in at a time. */
  constructor(places: number, maxWaiting: number) {
    this.#places = places;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a place. Whoever gets one calls {@link leave} once when done.
   *
   * @throws TonalitetError `QUEUE_FULL`, `ABORTED`.
   */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    if (this.#taken < this.#places) {
      this.#taken++;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new TonalitetError('QUEUE_FULL', `Expected at most ${this.#maxWaiting} recordings to wait at a time, got more. Wait for earlier ones first.`);
    }
    let goIn: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      goIn = resolve;
    });
    this.#waiting.add(goIn);
    try {
      await untilAborted(turn, signal);
    } catch (error) {
      // Its turn may have come in the same moment: the place then goes to the next.
      if (!this.#waiting.delete(goIn)) this.leave();
      throw error;
    }
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
