import { EXIT_CODES } from './exit-codes.js';

/** How long running work may take to come to a safe point after Ctrl-C. One encoder run on a slow machine takes a second. */
const GRACE_MS = 2_000;

/**
 * Ctrl-C and SIGTERM: the first asks all work to stop, and the program then ends by itself. If it does not within
 * {@link GRACE_MS}, or at a second Ctrl-C, the signal does what it does without us, which ends the process at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;
  #graceMs = GRACE_MS;

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  /** Fires when the work is to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the work that is to stop more time than {@link GRACE_MS}, such as to let calls end. */
  allowTime(ms: number): void {
    this.#graceMs = Math.max(GRACE_MS, ms);
  }

  /** The exit code of the interruption, if there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (this.#exitCode !== undefined) return endBySignal(name);
    this.#exitCode = name === 'SIGTERM' ? EXIT_CODES.terminated : EXIT_CODES.interrupted;
    setTimeout(() => endBySignal(name), this.#graceMs).unref();
    this.#controller.abort(new Error(name));
  };
}

/** Not `process.exit()`: that would end threads in native code, which aborts the process. */
function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
