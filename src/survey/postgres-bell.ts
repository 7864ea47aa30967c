import { TonalitetError } from '../errors.js';
import { pause } from './bell.js';
import type { Bell } from './bell.js';
import { WAITING_CHANNEL } from './postgres-backlog.js';
import type { PostgresDatabase, PostgresListener } from './postgres-database.js';

/** How long one waits before one tries to listen again. The bell rings meanwhile, so that nothing is missed for longer. */
const LISTEN_AGAIN_MS = 5_000;

/**
 * Rings as soon as another process, on whichever machine, has committed comments that wait. It is only there to spare time: the
 * backlog alone says what waits.
 */
export class PostgresBell implements Bell {
  readonly #database: PostgresDatabase;
  #listener: PostgresListener | undefined;
  /** Whether it rang since the last wait. */
  #rung = false;
  #wake: AbortController | undefined;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    if (this.#listener === undefined) {
      await this.#listen();
      // What came before one listened is not told. And where one cannot listen, one has to look.
      if (this.#listener === undefined) await pause(Math.min(ms, LISTEN_AGAIN_MS), signal);
      return;
    }
    if (!this.#rung) {
      this.#wake = new AbortController();
      await pause(ms, signal === undefined ? this.#wake.signal : AbortSignal.any([signal, this.#wake.signal]));
      this.#wake = undefined;
    }
    this.#rung = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  async #listen(): Promise<void> {
    try {
      this.#listener = await this.#database.listen(
        WAITING_CHANNEL,
        () => this.#ring(),
        () => {
          this.#listener = undefined;
          this.#ring();
        },
      );
    } catch (error) {
      // Whoever looks at the backlog next is told as well, and by then it may be over.
      if (!(error instanceof TonalitetError) || error.code === 'DISPOSED') throw error;
    }
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.abort();
  }
}
