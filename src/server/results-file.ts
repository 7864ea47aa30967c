import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { redact } from '../redaction/redact.js';
import { endedJson } from './call-json.js';
import type { CallEnded } from './protocol.js';

/** Appends each ended call as one line of JSON, personal identifiers taken out of the texts. Only its owner may read it. */
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
    const line = `${JSON.stringify({ ended_at: new Date().toISOString(), ...endedJson(redacted(ended)) })}\n`;
    // One after another: lines that are written side by side could be torn.
    this.#last = this.#last.then(async () => void (await this.#file.write(line))).catch(this.#failed);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}

/**
 * What was said without personal identifiers. The segments keep their times and lose their words: an identifier may begin in one and
 * end in the next, where neither would be known for one.
 */
function redacted(ended: CallEnded): CallEnded {
  const comments = ended.comments.map((comment) => ({
    ...comment,
    text: redact(comment.text),
    segments: comment.segments.length === 1 ? comment.segments.map((segment) => ({ ...segment, text: redact(segment.text) })) : comment.segments.map((segment) => ({ ...segment, text: '' })),
  }));
  return { ...ended, comments };
}
