import { open } from 'node:fs/promises';
import { LineCounter, isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { TonalitetError } from '../errors.js';
import { checkSurvey } from './survey.js';
import type { Survey, SurveyFault } from './survey.js';

/** 1 MiB: a survey of eight questions takes about 4 kB. */
export const MAX_SURVEY_BYTES = 1_048_576;

/** One mistake often shows in many places; these are enough to see which one it was. */
const MAX_PROBLEMS_SHOWN = 20;

/** Repeated text by YAML's anchors is fine; a few bytes that unfold to gigabytes are not. */
const MAX_ALIASES = 50;

/** A fault and its place in the file. Lines and columns count from 1. */
export interface SurveyProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type SurveyReading =
  | { readonly kind: 'survey'; readonly survey: Survey }
  | { readonly kind: 'problems'; readonly problems: readonly SurveyProblem[] };

/** Reads a survey from YAML or JSON, which is YAML too. All problems are told, in the order of the file. */
export function parseSurvey(text: string): SurveyReading {
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
  const check = checkSurvey(value);
  if (check.kind === 'survey') return check;
  const problems = check.faults.map((fault) => ({ ...place(offsetOf(document, fault)), message: describe(fault, value) }));
  problems.sort((first, second) => first.line - second.line || first.column - second.column);
  return { kind: 'problems', problems };
}

/**
 * Reads a survey file.
 *
 * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or `SURVEY_INVALID` whose message has a line for each problem:
 *   `survey.yaml:12:5: questions[0].scale: expected …, got …`.
 */
export async function readSurveyFile(path: string): Promise<Survey> {
  const reading = parseSurvey(await readText(path));
  if (reading.kind === 'survey') return reading.survey;
  const shown = reading.problems.slice(0, MAX_PROBLEMS_SHOWN).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  const more = reading.problems.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  throw new TonalitetError('SURVEY_INVALID', shown.join('\n'));
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const stat = await file.stat();
    if (!stat.isFile()) throw new TonalitetError('FILE_UNREADABLE', `Expected a regular file, got something else: ${path}`);
    const { size } = stat;
    if (size > MAX_SURVEY_BYTES) {
      throw new TonalitetError('SURVEY_INVALID', `Expected a survey file of at most ${MAX_SURVEY_BYTES} bytes, got ${size}: ${path}`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
  } catch (cause) {
    if (cause instanceof TonalitetError) throw cause;
    if (cause instanceof TypeError) {
      throw new TonalitetError('SURVEY_INVALID', `Expected a survey file in UTF-8, got other bytes: ${path}. Save it again as UTF-8.`, { cause });
    }
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TonalitetError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? `Expected a survey file, found none: ${path}` : `Expected a survey file that can be read, got ${String((cause as NodeJS.ErrnoException).code)}: ${path}`,
      { cause },
    );
  }
}

/** Where a fault's value begins; for one that is missing, where the mapping begins that should hold it. */
function offsetOf(document: Document.Parsed, { path, unknownKey }: SurveyFault): number {
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

function describe({ path, unknownKey, expected }: SurveyFault, whole: unknown): string {
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
