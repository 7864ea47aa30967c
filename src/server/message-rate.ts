/** Audio messages from this size on are not counted: 10 ms of G.711, the smallest frame in use. Audio is bounded by its backlog. */
export const SMALL_MESSAGE_BYTES = 80;

/** Seconds' worth of small messages that may come at once. */
const BURST_S = 4;

/** How many small messages a connection may still send: each costs as much work as a large one, and carries nothing. */
export class MessageRate {
  readonly #perSecond: number;
  #left: number;
  #updatedMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_S;
    this.#updatedMs = nowMs;
  }

  /** Counts one. @returns false if it is one too many. */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#perSecond * BURST_S, this.#left + ((nowMs - this.#updatedMs) / 1000) * this.#perSecond);
    this.#updatedMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
