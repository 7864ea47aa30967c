import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { endedJson } from './call-json.js';
import type { CallEnded } from './protocol.js';

/** Appends each ended call as one line of JSON. Only its owner may read it: it holds what was said. */
export class ResultsFile {
  readonly #file: FileHandle;
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, failed: (error: unknown) => void) {
    this.#file = file;
    this.#failed = failed;
  }

  /** @param failed hears of lines that could not be written, such as on a full disk. */
  static async open(path: string, failed: (error: unknown) => void): Promise<ResultsFile> {
    return new ResultsFile(await open(path, 'a', 0o600), failed);
  }

  append(ended: CallEnded): void {
    const line = `${JSON.stringify({ ended_at: new Date().toISOString(), ...endedJson(ended) })}\n`;
    // One after another: lines that are written side by side could be torn.
    this.#last = this.#last.then(async () => void (await this.#file.write(line))).catch(this.#failed);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}
