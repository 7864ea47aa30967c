import { setTimeout as sleep } from 'node:timers/promises';

/** Tells those who have nothing to do that comments may have come to wait. */
export interface Bell extends AsyncDisposable {
  /**
   * Waits until comments may have come: since the last wait, or now. It may end for nothing, and does at the latest when the time
   * is up or the signal fires.
   */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How often one looks where nothing tells. */
const LOOK_MS = 1_000;

/** A bell for a database that tells nothing: it rings every second. */
export class PollingBell implements Bell {
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await pause(Math.min(ms, LOOK_MS), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held.
  }
}

/** Waits; a signal that fires ends the wait, and nothing else. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
