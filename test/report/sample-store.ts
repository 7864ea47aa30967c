import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CallIds } from '../../src/survey/call-id.js';
import { importResponses } from '../../src/survey/import.js';
import type { SourceRecord } from '../../src/survey/import.js';
import { ResponseReader } from '../../src/survey/response-input.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { redacted } from '../survey/make-responses.js';

export const SAMPLE: URL = new URL('../../samples/medborgarpulsen.jsonl', import.meta.url);

/** A database with the responses of a JSONL file. */
export async function importedStore(path: string, file: URL = SAMPLE): Promise<SqliteStore> {
  const store = await SqliteStore.open(path, { create: true });
  const rejected: string[] = [];
  await importResponses(records(file), {
    store,
    reader: new ResponseReader(),
    callIds: new CallIds(new Uint8Array(32)),
    // The sample's texts name nobody.
    redact: redacted,
    onRejected: (line, reason) => void rejected.push(`${line}: ${reason}`),
  });
  if (rejected.length > 0) throw new Error(`rejected: ${rejected.slice(0, 5).join('; ')}`);
  return store;
}

async function* records(file: URL): AsyncGenerator<SourceRecord> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file) })) yield { line: ++line, value: JSON.parse(text) as unknown };
}
