import { newResponse } from './new-response.js';
import type { Intake } from './new-response.js';
import { RejectedInput } from './response-input.js';
import type { ResponseReader } from './response-input.js';
import type { NewResponse, ResponseStore } from './store.js';

/** A record of an imported file. */
export interface SourceRecord {
  /** Where it begins: the line, from 1; in a folder of recordings, the file's path. */
  readonly line: number | string;
  /** What it holds, or why that cannot be told. */
  readonly value: unknown;
}

export interface ImportOptions extends Intake {
  readonly store: ResponseStore;
  readonly reader: ResponseReader;
  /** Told of each record that was not taken, in the order of the file, before `progress` counts it. */
  readonly onRejected?: (line: number | string, reason: string) => Promise<void> | void;
  /** Told after each batch: what it counts is kept for good. */
  readonly onProgress?: (progress: ImportCounts) => void;
  /** Stops after the batch that is being written. */
  readonly signal?: AbortSignal | undefined;
}

export interface ImportCounts {
  /** Records done: the sum of the others but `toClassify`. */
  readonly records: number;
  readonly added: number;
  /** The same as one that was there already. */
  readonly duplicates: number;
  readonly rejected: number;
  /** Those added whose comment is still to be classified. */
  readonly toClassify: number;
}

/** Records that are written in one transaction. Five times as many were not faster, and everything else in the process waits for them. */
const BATCH_RECORDS = 2_000;

/** A source that comes slowly, such as a pipe from a running system, is written after this long. */
const BATCH_MS = 1_000;

/**
 * Takes responses from outside into a store. What was counted is kept; an import that was broken off is done again from the
 * beginning of its file, and passes over what is there already.
 */
export async function importResponses(records: AsyncIterable<SourceRecord>, options: ImportOptions): Promise<ImportCounts> {
  const { reader, signal } = options;
  const counts = { records: 0, added: 0, duplicates: 0, rejected: 0, toClassify: 0 };
  let batch: (SourceRecord & { readonly response: NewResponse | RejectedInput })[] = [];
  let begun = performance.now();
  const write = async (): Promise<void> => {
    const responses = batch.flatMap(({ response }) => (response instanceof RejectedInput ? [] : [response]));
    const outcomes = (await options.store.add(responses))[Symbol.iterator]();
    for (const { line, response } of batch) {
      const reason = response instanceof RejectedInput ? response.message : ANOTHER_WITH_ID;
      const outcome = response instanceof RejectedInput ? 'rejected' : outcomes.next().value;
      counts.records++;
      if (outcome === 'added') counts.added++;
      else if (outcome === 'duplicate') counts.duplicates++;
      else {
        counts.rejected++;
        await options.onRejected?.(line, reason);
      }
      if (outcome === 'added' && !(response instanceof RejectedInput) && response.comment?.state === 'pending') counts.toClassify++;
    }
    batch = [];
    options.onProgress?.({ ...counts });
    begun = performance.now();
  };
  for await (const record of records) {
    batch.push({ ...record, response: take(record.value, reader, options) });
    if (batch.length < BATCH_RECORDS && performance.now() - begun < BATCH_MS) continue;
    await write();
    if (signal?.aborted === true) return counts;
  }
  if (batch.length > 0) await write();
  return counts;
}

const ANOTHER_WITH_ID = 'id: expected an id of its own, but another response with it is there already; that one was left as it is';

function take(value: unknown, reader: ResponseReader, intake: Intake): NewResponse | RejectedInput {
  if (value instanceof RejectedInput) return value;
  try {
    return newResponse(reader.read(value), intake);
  } catch (error) {
    if (error instanceof RejectedInput) return error;
    throw error;
  }
}
