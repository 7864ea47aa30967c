import type { Writable } from 'node:stream';
import { TonalitetError } from '../errors.js';

/** Lines to a stream that may be slower than we are, or go away. */
export class Output {
  readonly #stream: Writable;
  #closed: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: Error) => {
      this.#closed ??= error;
      this.#wake();
    });
    stream.on('drain', () => this.#wake());
  }

  /**
   * Writes a line, or several, and waits while the reader is behind.
   *
   * @throws TonalitetError `OUTPUT_CLOSED`.
   */
  async line(text: string): Promise<void> {
    this.#check();
    if (!this.#stream.write(`${text}\n`)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    // A closed pipe is told in a later turn.
    await new Promise(setImmediate);
    this.#check();
  }

  #check(): void {
    if (this.#closed === undefined) return;
    throw new TonalitetError('OUTPUT_CLOSED', 'Expected the output to be read to its end, but its reader went away; the rest was not done.', {
      cause: this.#closed,
    });
  }
}
