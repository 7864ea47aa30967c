import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { TonalitetError } from '../errors.js';
import type { SourceRecord } from './import.js';
import { mapRecord } from './mapping.js';
import type { Mapping } from './mapping.js';
import { RejectedInput } from './response-input.js';

/** The longest record that is taken, in characters (1 Mi), as of a line of JSONL. */
const MAX_RECORD_CHARACTERS = 1_048_576;
/** The most columns: the fields there are, and a question each for many surveys. */
const MAX_COLUMNS = 300;

/** In this order: a semicolon is what Excel writes in Sweden, and such a file has commas inside its texts. */
const DELIMITERS = [';', '\t', ','] as const;

/** Fields whose text is a number, with a point or a comma. */
const NUMBER_FIELD = /^(?:rating\..+|probability\..+|confidence|survey_version)$/;
const FLAG_FIELDS = new Set(['consent', 'uncertain']);
const FLAGS: ReadonlyMap<string, boolean> = new Map([['true', true], ['1', true], ['ja', true], ['false', false], ['0', false], ['nej', false]]);

/**
 * Reads the records of a CSV file (UTF-8; semicolons, tabs or commas; names of fields in the first line) as they come, as objects
 * like those of JSONL.
 *
 * @throws TonalitetError `TEXT_INVALID` for a file that is not in UTF-8, or whose first line is no header.
 */
export async function* csvRecords(chunks: AsyncIterable<Uint8Array>, mapping?: Mapping): AsyncGenerator<SourceRecord, void, undefined> {
  const text = decoded(chunks);
  const head = await readHead(text);
  const [firstLine = ''] = head.split(/\r?\n/, 1);
  const delimiter = DELIMITERS.find((one) => firstLine.includes(one)) ?? ',';
  const skipped: SourceRecord[] = [];
  let lastSkipped = -1;
  const parser = parse({
    delimiter,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    skip_records_with_error: true,
    // Not the parser's own words: they quote the field.
    on_skip: (error) => {
      // A record with two faults is told of twice.
      const line = lineOf(error);
      if (line !== lastSkipped) skipped.push({ line, value: new RejectedInput(`not CSV: ${error?.code ?? 'unreadable'}`) });
      lastSkipped = line;
      return undefined;
    },
  });
  const source = Readable.from(withHead(head, text));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield* skipped.splice(0);
      if (header === undefined) header = readHeader(record);
      else yield { line: info.lines, value: readRecord(record, header, mapping) };
    }
    yield* skipped.splice(0);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield* skipped.splice(0);
    yield { line: lineOf(error), value: new RejectedInput(`not CSV: ${error.code}; nothing after it was read`) };
  } finally {
    source.destroy();
  }
}

function lineOf(error: CsvError | undefined): number {
  const lines: unknown = error?.['lines'];
  return typeof lines === 'number' ? lines : 0;
}

async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TonalitetError('TEXT_INVALID', "Expected a file in UTF-8, got other bytes. Save it again; in Excel as 'CSV UTF-8'.", { cause });
  }
}

/** The text up to the end of the first line, and what came with it. */
async function readHead(text: AsyncGenerator<string, void, undefined>): Promise<string> {
  let head = '';
  while (!head.includes('\n') && head.length <= MAX_RECORD_CHARACTERS) {
    const next = await text.next();
    if (next.done === true) break;
    head += next.value;
  }
  return head;
}

async function* withHead(head: string, rest: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield head;
  yield* rest;
}

function readHeader(names: readonly string[]): readonly string[] {
  const trimmed = names.map((name) => name.trim());
  if (trimmed.length > MAX_COLUMNS) throw new TonalitetError('TEXT_INVALID', `Expected at most ${MAX_COLUMNS} columns, got ${trimmed.length}.`);
  const index = trimmed.findIndex((name, position) => name === '' || trimmed.indexOf(name) !== position);
  if (index >= 0) {
    const got = trimmed[index] === '' ? 'an empty name' : 'a name that another column has';
    throw new TonalitetError('TEXT_INVALID', `Expected the names of the fields in the first line, each once, got ${got} in column ${index + 1}.`);
  }
  return trimmed;
}

function readRecord(record: readonly string[], header: readonly string[], mapping: Mapping | undefined): unknown {
  if (record.length > header.length) return new RejectedInput(`expected ${header.length} fields as in the first line, got ${record.length}`);
  const named = Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  return typedRecord(mapping === undefined ? named : mapRecord(named, mapping));
}

/** Makes of fields that are all texts, as in CSV, what JSONL has in their place. */
export function typedRecord(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | RejectedInput {
  try {
    return typed(fields);
  } catch (error) {
    if (error instanceof RejectedInput) return error;
    throw error;
  }
}

/** Texts become what JSONL has in their place; an empty one is a field that is not there. */
function typed(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  const groups: Record<'rating' | 'probability', Record<string, unknown>> = { rating: {}, probability: {} };
  for (const [name, value] of Object.entries(fields)) {
    if (value === '') continue;
    const [group, key] = name.split('.', 2);
    const read = typeof value === 'string' ? typedValue(name, value.trim()) : value;
    if ((group === 'rating' || group === 'probability') && key !== undefined) groups[group][key] = read;
    else made[name] = read;
  }
  if (Object.keys(groups.rating).length > 0) made['ratings'] = groups.rating;
  if (Object.keys(groups.probability).length > 0) made['probabilities'] = groups.probability;
  return made;
}

function typedValue(name: string, value: string): unknown {
  if (NUMBER_FIELD.test(name)) return /^-?\d+(?:[.,]\d+)?$/.test(value) ? Number(value.replace(',', '.')) : value;
  if (FLAG_FIELDS.has(name)) return FLAGS.get(value.toLowerCase()) ?? value;
  if (name === 'tonality') return value === 'none' ? null : value;
  if (name === 'services') return splitList(value);
  if (name === 'areas') {
    return splitList(value).map((item) => {
      const [area, tonality, ...more] = item.split(/[=:]/);
      if (more.length > 0) throw new RejectedInput("areas: expected a list like 'tid=negativ, helhet=positiv'");
      return { area, tonality };
    });
  }
  return value;
}

function splitList(value: string): readonly string[] {
  return value.split(/[\s,;|]+/).filter((item) => item !== '');
}
