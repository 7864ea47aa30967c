import type { ServerResponse } from 'node:http';
import { FaultError } from '../fault.js';

/** How often the store is asked whether anything changed, while somebody looks. */
const LOOK_MS = 2_000;

/** The shortest time between two announcements: each makes every open view count again. */
const ANNOUNCE_MS = 10_000;

/** A comment line, so that proxies keep the connection and a client that is gone is noticed. */
const HEARTBEAT_MS = 15_000;

/** After so long a client is let go, and comes back by itself: a token or a session that ended is then noticed at the latest. */
const LONGEST_MS = 900_000;

/** A client that has so many bytes waiting reads nothing. An announcement has about 40. */
const MAX_WAITING_BYTES = 16_384;

interface Viewer {
  readonly response: ServerResponse;
  readonly openedMs: number;
  /** Whether it may still look. */
  readonly isWelcome: () => boolean;
}

export interface LiveUpdatesOptions {
  /** Changes whenever anything in the store does. */
  readonly revision: () => Promise<string>;
  /** Clients at the same time. */
  readonly maxViewers: () => number;
  readonly now: () => number;
  /** Told of a store that could not be asked; it is asked again at the next look. */
  readonly failed: (error: unknown) => void;
  /** @default the named constants */
  readonly lookMs?: number;
  readonly announceMs?: number;
  readonly heartbeatMs?: number;
}

/**
 * Tells open dashboards that there is something new, as server-sent events: `event: changed`, and a number that goes up as data. What is
 * new they fetch like any view, so that an event says nothing of anybody.
 */
export class LiveUpdates {
  readonly #options: LiveUpdatesOptions;
  readonly #viewers = new Set<Viewer>();
  #timers: NodeJS.Timeout[] = [];
  #known: string | undefined;
  #count = 0;
  #announcedMs = -Infinity;
  #isLooking = false;
  #closed = false;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Keeps a response open for announcements. @throws FaultError `overloaded` where there are as many as may be. */
  open(response: ServerResponse, isWelcome: () => boolean): void {
    const { maxViewers, now } = this.#options;
    if (this.#closed) throw new FaultError('stopping', 'The server is being stopped. Connect again in a moment.');
    if (this.#viewers.size >= maxViewers()) throw new FaultError('overloaded', 'The server keeps as many views up to date as it may. Load the page again by hand.');
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-accel-buffering': 'no' });
    // How long a browser waits before it comes back.
    response.write('retry: 5000\n\n');
    const viewer: Viewer = { response, openedMs: now(), isWelcome };
    this.#viewers.add(viewer);
    response.on('close', () => this.#leave(viewer));
    response.on('error', () => this.#leave(viewer));
    if (this.#timers.length === 0) this.#start();
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    for (const viewer of this.#viewers) viewer.response.end();
    this.#viewers.clear();
    this.#stop();
  }

  #start(): void {
    const { lookMs = LOOK_MS, heartbeatMs = HEARTBEAT_MS } = this.#options;
    void this.#look();
    this.#timers = [setInterval(() => void this.#look(), lookMs).unref(), setInterval(() => this.#beat(), heartbeatMs).unref()];
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#known = undefined;
  }

  async #look(): Promise<void> {
    const { revision, now, failed, announceMs = ANNOUNCE_MS } = this.#options;
    if (this.#isLooking || now() < this.#announcedMs + announceMs) return;
    this.#isLooking = true;
    try {
      const current = await revision();
      if (this.#known !== undefined && this.#known !== current) {
        this.#announcedMs = now();
        this.#send(`event: changed\ndata: ${++this.#count}\n\n`);
      }
      this.#known = this.#viewers.size === 0 ? undefined : current;
    } catch (error) {
      failed(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #beat(): void {
    const now = this.#options.now();
    for (const { response, openedMs, isWelcome } of this.#viewers) if (now > openedMs + LONGEST_MS || !isWelcome()) response.end();
    this.#send(': still here\n\n');
  }

  #send(text: string): void {
    for (const { response } of this.#viewers) {
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
      else if (!response.writableEnded) response.write(text);
    }
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#stop();
  }
}
