import type { CallEvent } from './protocol.js';

/** Subscribers of one call id: a screen, an archive, and room for a second of each. */
const MAX_SUBSCRIBERS = 4;

export type CallListener = (event: CallEvent) => void;

interface Subscriber {
  readonly owner: string;
  readonly listener: CallListener;
}

/**
 * Where the answers of a call can be followed from another connection, by its id: systems such as Twilio and Asterisk send
 * audio but take no text back. A call is seen by subscribers with the token of its caller; one that came without a token (there
 * are none, or it proved itself by signature) by every subscriber that was let in.
 */
export class CallBoard {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
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

  /** Follows a call that goes on, or that is yet to come. @returns how to stop; `undefined` if the id has all the subscribers it may have. */
  subscribe(owner: string, callId: string, listener: CallListener): (() => void) | undefined {
    const subscribers = this.#subscribers.get(callId) ?? new Set();
    if (subscribers.size >= MAX_SUBSCRIBERS) return undefined;
    const subscriber = { owner, listener };
    subscribers.add(subscriber);
    this.#subscribers.set(callId, subscribers);
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.#subscribers.get(callId) === subscribers) this.#subscribers.delete(callId);
    };
  }

  hasSubscribers(owner: string, callId: string): boolean {
    return this.#mayFollow(owner, callId).length > 0;
  }

  publish(owner: string, callId: string, event: CallEvent): void {
    for (const { listener } of this.#mayFollow(owner, callId)) listener(event);
  }

  #mayFollow(owner: string, callId: string): Subscriber[] {
    return [...(this.#subscribers.get(callId) ?? [])].filter((subscriber) => owner === '' || subscriber.owner === owner);
  }
}

/** Neither part can contain a line feed. */
function keyOf(owner: string, callId: string): string {
  return `${owner}\n${callId}`;
}
