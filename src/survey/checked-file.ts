import { open } from 'node:fs/promises';
import { LineCounter, isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';

/** 1 MiB: a survey of eight questions takes about 4 kB. */
export const MAX_FILE_BYTES = 1_048_576;

/** One mistake often shows in many places; these are enough to see which one it was. */
const MAX_PROBLEMS_SHOWN = 20;

/** Repeated text by YAML's anchors is fine; a few bytes that unfold to gigabytes are not. */
const MAX_ALIASES = 50;

/** A fault in what a file holds: where it is, and what was expected there. */
export interface Fault {
  /** Keys and indices from the top; empty for the whole. */
  readonly path: readonly (string | number)[];
  /** True where it is the key at `path` that should not be there. */
  readonly unknownKey: boolean;
  readonly expected: string;
}

export type Checked<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'faults'; readonly faults: readonly [Fault, ...Fault[]] };

/** What a kind of file is called, and what tells whether it is as it should be. */
export interface FileKind<T> {
  /** As in "a survey file". */
  readonly noun: string;
  /** The code of the error for a file that is not as it should be. */
  readonly code: TonalitetErrorCode;
  readonly check: (value: unknown) => Checked<T>;
}

/** A fault and its place in the file. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type Reading<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Reads YAML, or JSON, which is YAML too. All problems are told, in the order of the file. */
export function parseChecked<T>(text: string, { check: checkValue }: FileKind<T>): Reading<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    return { kind: 'problems', problems: document.errors.map((error) => ({ ...place(error.pos[0]), message: `not YAML or JSON: ${error.message}` })) };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { kind: 'problems', problems: [{ line: 1, column: 1, message: `expected at most ${MAX_ALIASES} uses of YAML aliases, got more` }] };
  }
  const check = checkValue(value);
  if (check.kind === 'value') return check;
  const problems = check.faults.map((fault) => ({ ...place(offsetOf(document, fault)), message: describe(fault, value) }));
  problems.sort((first, second) => first.line - second.line || first.column - second.column);
  return { kind: 'problems', problems };
}

/**
 * Reads a file of YAML or JSON.
 *
 * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or the kind's own code, whose message has a line for each problem:
 *   `survey.yaml:12:5: questions[0].scale: expected …, got …`.
 */
export async function readChecked<T>(path: string, kind: FileKind<T>): Promise<T> {
  const reading = parseChecked(await readText(path, kind), kind);
  if (reading.kind === 'value') return reading.value;
  const shown = reading.problems.slice(0, MAX_PROBLEMS_SHOWN).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  const more = reading.problems.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  throw new TonalitetError(kind.code, shown.join('\n'));
}

async function readText(path: string, { noun, code }: { readonly noun: string; readonly code: TonalitetErrorCode }): Promise<string> {
  try {
    await using file = await open(path);
    const stat = await file.stat();
    if (!stat.isFile()) throw new TonalitetError('FILE_UNREADABLE', `Expected a regular file, got something else: ${path}`);
    const { size } = stat;
    if (size > MAX_FILE_BYTES) {
      throw new TonalitetError(code, `Expected ${noun} of at most ${MAX_FILE_BYTES} bytes, got ${size}: ${path}`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
  } catch (cause) {
    if (cause instanceof TonalitetError) throw cause;
    if (cause instanceof TypeError) {
      throw new TonalitetError(code, `Expected ${noun} in UTF-8, got other bytes: ${path}. Save it again as UTF-8.`, { cause });
    }
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TonalitetError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? `Expected ${noun}, found none: ${path}` : `Expected ${noun} that can be read, got ${String((cause as NodeJS.ErrnoException).code)}: ${path}`,
      { cause },
    );
  }
}

/** Where a fault's value begins; for one that is missing, where the mapping begins that should hold it. */
function offsetOf(document: Document.Parsed, { path, unknownKey }: Fault): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length > 0 ? document.getIn(path.slice(0, length - 1), true) : undefined;
    const key = path[length - 1];
    if (unknownKey && isMap(parent)) {
      const pair = parent.items.find((item) => keyText(item.key) === String(key));
      const range = rangeOf(pair?.key);
      if (range !== undefined) return range;
    }
    const start = rangeOf(length === 0 ? document.contents : document.getIn(path.slice(0, length), true));
    if (start !== undefined) return start;
  }
  return 0;
}

function keyText(key: unknown): string {
  return String(typeof key === 'object' && key !== null && 'value' in key ? key.value : key);
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const range = node.range as readonly [number, number, number] | null | undefined;
  return range?.[0];
}

function describe({ path, unknownKey, expected }: Fault, whole: unknown): string {
  const name = path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
  if (unknownKey) return `${name}: expected ${expected}, got another one. Correct its spelling or take it out`;
  return `${name === '' ? '' : `${name}: `}expected ${expected}, got ${describeValue(valueAt(whole, path))}`;
}

function valueAt(whole: unknown, path: readonly (string | number)[]): unknown {
  let value = whole;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return value;
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
  return JSON.stringify(value);
}
