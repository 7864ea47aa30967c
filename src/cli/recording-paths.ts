import { dirname, resolve, sep } from 'node:path';
import type { SourceRecord } from '../survey/import.js';
import { RejectedInput } from '../survey/response-input.js';

/**
 * Makes the paths of recordings whole, and refuses those that lead out of the folder: a row must not be able to name any file of the
 * machine.
 *
 * @param folder by default the one that the imported file lies in.
 */
export async function* withinFolder(records: AsyncIterable<SourceRecord>, file: string, folder: string | undefined): AsyncGenerator<SourceRecord, void, undefined> {
  const root = resolve(folder ?? dirname(file));
  const inside = root.endsWith(sep) ? root : root + sep;
  for await (const record of records) {
    const { line, value } = record;
    const recording = typeof value === 'object' && value !== null && 'recording' in value ? value.recording : undefined;
    if (typeof recording !== 'string' || recording.trim() === '') {
      yield record;
    } else {
      const path = resolve(root, recording.trim());
      yield { line, value: path.startsWith(inside) ? { ...value as object, recording: path } : new RejectedInput('recording: expected a path inside the folder of recordings') };
    }
  }
}
