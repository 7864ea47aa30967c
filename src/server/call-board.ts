import type { CallEvent } from './protocol.js';

/** Subscribers of one call: a screen, an archive, and room for a second of each. */
const MAX_SUBSCRIBERS = 4;

export type CallListener = (event: CallEvent) => void;

/**
 * Where the answers of a call can be followed from another connection, by its id: systems such as Twilio and Asterisk send
 * audio but take no text back. A call is only seen by subscribers with the token of its caller.
 */
export class CallBoard {
  readonly #listeners = new Map<string, Set<CallListener>>();
  readonly #calls = new Set<string>();

  /** @returns false if a call of this id is going on; it must take another. */
  register(owner: string, callId: string): boolean {
    const key = keyOf(owner, callId);
    if (this.#calls.has(key)) return false;
    this.#calls.add(key);
    return true;
  }

  unregister(owner: string, callId: string): void {
    this.#calls.delete(keyOf(owner, callId));
  }

  /** Follows a call that goes on, or that is yet to come. @returns how to stop; `undefined` if it has all the subscribers it may have. */
  subscribe(owner: string, callId: string, listener: CallListener): (() => void) | undefined {
    const key = keyOf(owner, callId);
    const listeners = this.#listeners.get(key) ?? new Set();
    if (listeners.size >= MAX_SUBSCRIBERS) return undefined;
    listeners.add(listener);
    this.#listeners.set(key, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  hasSubscribers(owner: string, callId: string): boolean {
    return this.#listeners.has(keyOf(owner, callId));
  }

  publish(owner: string, callId: string, event: CallEvent): void {
    for (const listener of this.#listeners.get(keyOf(owner, callId)) ?? []) listener(event);
  }
}

/** Neither part can contain a line feed. */
function keyOf(owner: string, callId: string): string {
  return `${owner}\n${callId}`;
}
