import { TextDecoder } from 'node:util';
import type { SourceRecord } from '../survey/import.js';
import { mapRecord } from '../survey/mapping.js';
import type { Mapping } from '../survey/mapping.js';
import { RejectedInput } from '../survey/response-input.js';
import { MAX_LINE_BYTES, byteLines } from './byte-lines.js';

/** Reads the objects of a JSONL file as they come; empty lines are passed over. */
export async function* jsonlRecords(chunks: AsyncIterable<Uint8Array>, mapping?: Mapping): AsyncGenerator<SourceRecord, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const { number, bytes } of byteLines(chunks)) {
    if (bytes === undefined) {
      yield { line: number, value: new RejectedInput(`expected a line of at most ${MAX_LINE_BYTES} bytes`) };
    } else if (bytes.length > 0) {
      const value = parseLine(decoder, bytes);
      yield { line: number, value: mapping === undefined || !isObject(value) ? value : mapRecord(value, mapping) };
    }
  }
}

function parseLine(decoder: TextDecoder, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    // Without the parser's own message: it quotes the line.
    return new RejectedInput(error instanceof SyntaxError ? 'expected a JSON object' : 'expected UTF-8');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RejectedInput);
}
