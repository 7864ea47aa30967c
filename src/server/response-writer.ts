import { setTimeout as sleep } from 'node:timers/promises';
import { TonalitetError } from '../errors.js';
import type { ResponseSpool } from '../survey/response-spool.js';
import type { AddOutcome, NewResponse, ResponseStore } from '../survey/store.js';
import { errorField } from './logger.js';
import type { Logger } from './logger.js';

/** Waits between tries to write to a store that is busy; one that is so for longer than their sum, 7 s, has failed. The call's client waits as long. */
const WRITE_BACK_OFF_MS = [100, 400, 1_500, 5_000] as const;

/** How often the store is tried again while responses wait for it. */
const DRAIN_MS = 5_000;

/** `waiting`: on the disk beside the store, which could not take it, and tried again until it can. */
export type WriteOutcome = AddOutcome | 'waiting';

export interface ResponseWriterOptions {
  readonly store: Pick<ResponseStore, 'add'>;
  /** `undefined`: what the store does not take is told, and is the sender's to send again. */
  readonly spool: ResponseSpool | undefined;
  readonly log: Logger;
  /** Called when responses that waited are in the store. */
  readonly onDrained: () => void;
}

/**
 * Writes responses to their store, or beside it where it fails; either way they are on the disk when `write` resolves. What is on the
 * disk is never given up, and what is not is told by an error.
 */
export class ResponseWriter {
  readonly #options: ResponseWriterOptions;
  readonly #stop = new AbortController();
  readonly #writing = new Set<Promise<unknown>>();
  #draining: Promise<void> | undefined;

  constructor(options: ResponseWriterOptions) {
    this.#options = options;
  }

  /** Responses that wait beside their store. */
  get waiting(): number {
    return this.#options.spool?.waiting ?? 0;
  }

  /** @throws TonalitetError `STORE_…` where they are nowhere on the disk. */
  async write(responses: readonly NewResponse[]): Promise<readonly WriteOutcome[]> {
    if (responses.length === 0) return [];
    const written = this.#write(responses);
    this.#writing.add(written);
    try {
      return await written;
    } finally {
      this.#writing.delete(written);
    }
  }

  /** Begins to try what waits again, and goes on until {@link stop}. */
  start(): void {
    this.#draining ??= this.#drain();
  }

  /** Ends what is being written, without further waits for a busy store. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([...this.#writing, this.#draining]);
  }

  async #write(responses: readonly NewResponse[]): Promise<readonly WriteOutcome[]> {
    const { store, spool, log } = this.#options;
    for (let tries = 0; ; tries++) {
      try {
        return await store.add(responses);
      } catch (error) {
        if (!(error instanceof TonalitetError && error.code.startsWith('STORE_'))) throw error;
        const waitMs = error.code === 'STORE_BUSY' ? WRITE_BACK_OFF_MS[tries] : undefined;
        if (waitMs !== undefined && (await this.#pause(waitMs))) {
          log.warn('store busy', { error: errorField(error) });
          continue;
        }
        if (spool === undefined) throw error;
        await spool.add(responses);
        log.error('responses wait for the store', { error: errorField(error), count: spool.waiting });
        return responses.map(() => 'waiting');
      }
    }
  }

  async #drain(): Promise<void> {
    const { store, spool, log, onDrained } = this.#options;
    if (spool === undefined) return;
    do {
      try {
        const { kept, conflicts, damaged } = await spool.drain(store);
        if (kept > 0) log.info('responses that waited are in the store', { count: kept });
        if (conflicts + damaged > 0) log.error('responses that waited are left as files', { count: conflicts + damaged });
        if (kept > 0) onDrained();
      } catch (error) {
        log.error('responses wait for the store', { error: errorField(error), count: spool.waiting });
      }
    } while (await this.#pause(DRAIN_MS));
  }

  /** @returns false where the writer is stopped meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stop;
    return sleep(ms, true, { signal, ref: false }).catch(() => false);
  }
}
