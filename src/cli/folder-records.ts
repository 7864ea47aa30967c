import { relative, resolve, sep } from 'node:path';
import { typedRecord } from '../survey/csv-records.js';
import type { SourceRecord } from '../survey/import.js';
import { mapRecord } from '../survey/mapping.js';
import type { Mapping } from '../survey/mapping.js';
import { readName } from '../survey/name-pattern.js';
import type { NamePattern } from '../survey/name-pattern.js';
import { RejectedInput } from '../survey/response-input.js';
import { printable } from './recording-folder.js';
import type { RecordingFolder } from './recording-folder.js';

/** The responses that the names of a folder's recordings tell of: one for each file. */
export async function* namedRecords(
  folder: RecordingFolder,
  paths: readonly string[],
  pattern: NamePattern,
  mapping: Mapping | undefined,
): AsyncGenerator<SourceRecord, void, undefined> {
  for (const path of paths) {
    const fault = await folder.fault(path);
    yield { line: printable(path), value: fault === undefined ? namedRecord(folder, path, pattern, mapping) : new RejectedInput(fault) };
  }
}

function namedRecord(folder: RecordingFolder, path: string, pattern: NamePattern, mapping: Mapping | undefined): unknown {
  const named = readName(pattern, path);
  if (named === undefined) return new RejectedInput('expected a name of the pattern given with --name-pattern');
  const record = typedRecord(mapping === undefined ? named : mapRecord(named, mapping));
  return record instanceof RejectedInput ? record : { ...record, recording: folder.resolve(path) };
}

/**
 * The responses of a file beside a folder's recordings, which name them; then the recordings that none of them named.
 *
 * @param rows of the file: a row without a recording is one of a citizen who left none.
 * @param paths the files of the folder that are recordings.
 */
export async function* sidecarRecords(folder: RecordingFolder, paths: readonly string[], rows: AsyncIterable<SourceRecord>): AsyncGenerator<SourceRecord, void, undefined> {
  const named = new Set<string>();
  for await (const { line, value } of rows) {
    const recording = typeof value === 'object' && value !== null && 'recording' in value ? value.recording : undefined;
    if (typeof recording !== 'string' || recording.trim() === '') {
      yield { line, value };
      continue;
    }
    const whole = resolve(folder.root, recording.trim());
    const path = relative(folder.root, whole).split(sep).join('/');
    const fault = path === '..' || path.startsWith('../') ? 'recording: expected a path inside the folder of recordings' : await folder.fault(path);
    named.add(path);
    yield { line, value: fault === undefined ? { ...(value as object), recording: whole } : new RejectedInput(fault) };
  }
  for (const path of paths) {
    if (named.has(path)) continue;
    const fault = await folder.fault(path);
    yield { line: printable(path), value: new RejectedInput(fault ?? 'expected a row of the sidecar file that names this recording, found none') };
  }
}
