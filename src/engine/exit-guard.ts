import type { ThreadControl } from './thread-control.js';

/** The longest wait, at the end of the process, for the threads to come to a safe point. */
const EXIT_WAIT_MS = 10_000;

/**
 * Lets the process end at any time, also by `process.exit()` or an error that nobody caught: a thread that is ended in native
 * code would abort the process, therefore its end is held up until all threads are at a safe point.
 */
export class ExitGuard {
  /** Those of all threads that may be in native code. */
  readonly controls: Set<ThreadControl> = new Set();
  readonly #onExit = (): void => {
    const deadline = performance.now() + EXIT_WAIT_MS;
    for (const control of this.controls) control.stop();
    for (const control of this.controls) control.waitUntilIdle(Math.max(0, deadline - performance.now()));
  };

  constructor() {
    process.on('exit', this.#onExit);
  }

  /** When there are no threads any longer. */
  release(): void {
    process.off('exit', this.#onExit);
  }
}
