import type { WriteStream } from 'node:tty';

/** Erases the line and goes back to its beginning (ECMA-48). */
const CLEAR = '\r\u001B[K';

/** Where a terminal does not tell its width. */
const DEFAULT_COLUMNS = 80;

const BAR_CHARACTERS = 24;

/** How far a work is whose end is known: `[######------------------] 25 %`. */
export function progressBar(done: number, all: number): string {
  const share = all === 0 ? 1 : Math.min(1, done / all);
  const filled = Math.floor(share * BAR_CHARACTERS);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARACTERS - filled)}] ${Math.floor(100 * share)} %`;
}

/** One line at the bottom of a terminal that says how far the work is. On anything but a terminal it says nothing. */
export class ProgressLine {
  readonly #terminal: WriteStream | undefined;
  #shown = false;

  /** @param stream stderr, so that results and progress do not mix. */
  constructor(stream: NodeJS.WritableStream) {
    this.#terminal = 'isTTY' in stream && stream.isTTY === true ? (stream as WriteStream) : undefined;
  }

  show(text: string): void {
    if (this.#terminal === undefined) return;
    this.#terminal.write(CLEAR + text.slice(0, Math.max(0, (this.#terminal.columns || DEFAULT_COLUMNS) - 1)));
    this.#shown = true;
  }

  /** To be called before anything else is written. */
  clear(): void {
    if (!this.#shown) return;
    this.#terminal?.write(CLEAR);
    this.#shown = false;
  }
}
