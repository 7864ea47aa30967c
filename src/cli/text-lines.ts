import { TonalitetError } from '../errors.js';
import { MAX_LINE_BYTES, byteLines } from './byte-lines.js';
import type { ByteLine } from './byte-lines.js';

/** How lines hold texts: JSON objects with a field `text`, or the texts as they are. */
export type LineFormat = 'jsonl' | 'plain';

/** One comment, or why there is none. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** The object's field `id`, for whoever joins the results with something. */
  readonly id: string | number | undefined;
  readonly text: string | TonalitetError;
  /** The whole object; undefined for plain text, and where there is none. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** The characters of an `id` that are kept. */
const MAX_ID_LENGTH = 1_000;

const BYTE_ORDER_MARK = /^\uFEFF/;

/**
 * Reads comments, one a line, as they come. Empty lines between JSON objects are passed over; as plain text they are texts
 * without words, so that results stay beside their lines.
 *
 * @param format left out, it is JSON if a line in the first piece that comes begins with a brace.
 */
export async function* textLines(chunks: AsyncIterable<Uint8Array>, format: LineFormat | undefined): AsyncGenerator<TextLine, void, undefined> {
  let known = format;
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      known ??= /^\uFEFF?\s*\{/m.test(Buffer.from(chunk).toString('utf8')) ? 'jsonl' : 'plain';
      yield chunk;
    }
  }
  for await (const line of byteLines(watched())) {
    const parsed = parseLine(line, known ?? 'plain');
    if (parsed !== undefined) yield parsed;
  }
}

function parseLine({ number, bytes }: ByteLine, format: LineFormat): TextLine | undefined {
  if (bytes === undefined) {
    const error = new TonalitetError('TEXT_LIMIT', `Expected lines of at most ${MAX_LINE_BYTES} bytes, got a longer one. Cut it into comments.`);
    return { number, id: undefined, text: error, fields: undefined };
  }
  let line: string;
  try {
    line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(number === 1 ? BYTE_ORDER_MARK : '', '');
  } catch {
    return { number, id: undefined, text: invalid('UTF-8', 'other bytes'), fields: undefined };
  }
  if (format === 'plain') return { number, id: undefined, text: line, fields: undefined };
  return line.trim() === '' ? undefined : { number, ...parseObject(line) };
}

function parseObject(line: string): Omit<TextLine, 'number'> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Without the parser's own message: it quotes the line.
    return { id: undefined, text: invalid('a JSON object', 'no JSON'), fields: undefined };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: undefined, text: invalid('a JSON object', Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`), fields: undefined };
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const { text, id } = fields;
  const ownId = typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH) ? id : undefined;
  if (typeof text === 'string') return { id: ownId, text, fields };
  return { id: ownId, text: invalid("a field 'text' with a string", text === undefined ? 'none' : text === null ? 'null' : `a ${typeof text}`), fields };
}

function invalid(expected: string, got: string): TonalitetError {
  return new TonalitetError('TEXT_INVALID', `Expected ${expected}, got ${got}. Give one JSON object with the field 'text' a line, or plain text.`);
}
