import { readNumberWord } from './number-words.js';
import type { Token } from './token.js';

/** One group of a run: digits as written, or one spoken number. */
export interface DigitGroup {
  /** The digits, or, where speech leaves it open ("åttio fem": 85 or 80 5), each reading, the likelier first. */
  readonly readings: readonly string[];
  /** The first and the last token that it is made of. */
  readonly firstToken: number;
  readonly lastToken: number;
  /** The marks between the group before and this one, such as `-` or `/`; empty for white space. */
  readonly separator: string;
  readonly spoken: boolean;
}

/** Digit groups that stand beside each other. */
export type DigitRun = readonly DigitGroup[];

/** What may stand between two groups of one number. */
const SEPARATORS: ReadonlySet<string> = new Set(['-', '–', '—', '‑', '/', ',', '.', '(', ')']);
const SPOKEN_SEPARATORS: Readonly<Record<string, string>> = { streck: '-', bindestreck: '-', minus: '-', snedstreck: '/', slash: '/' };
/** Hesitations, which a speaker puts inside a number. */
const FILLERS: ReadonlySet<string> = new Set(['eh', 'öh', 'äh', 'ehm', 'öhm', 'hm', 'hmm', 'mm']);
/** Marks and hesitations between two groups, at most. */
const MAX_BETWEEN = 3;

/** Finds all runs of digits, written or spoken, in order. */
export function findDigitRuns(tokens: readonly Token[]): readonly DigitRun[] {
  const runs: DigitGroup[][] = [];
  let run: DigitGroup[] = [];
  let separator = '';
  let between = 0;
  let i = 0;
  const close = (): void => {
    const trimmed = trimArticles(run, tokens);
    if (trimmed.length > 0) runs.push(trimmed);
    run = [];
    separator = '';
    between = 0;
  };
  while (i < tokens.length) {
    const group = readGroup(tokens, i, separator);
    if (group !== undefined) {
      run.push(group);
      separator = '';
      between = 0;
      i = group.lastToken + 1;
      continue;
    }
    const joint = run.length > 0 && between < MAX_BETWEEN ? readJoint(tokens, i) : undefined;
    if (joint === undefined) close();
    else {
      separator += joint;
      between += 1;
    }
    i += 1;
  }
  close();
  return runs;
}

/** What joins two groups at this token; `undefined` where a number ends. */
function readJoint(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  if (token.kind === 'word') return SPOKEN_SEPARATORS[token.lower] ?? (FILLERS.has(token.lower) ? '' : undefined);
  // A personnummer's joint in the year of the hundredth birthday; with a space before, it begins a telephone number.
  if (token.text === '+') return token.spaceBefore ? undefined : '+';
  if (token.kind !== 'mark' || !SEPARATORS.has(token.text)) return undefined;
  // A full stop with a space after it ends a sentence.
  if (token.text === '.' && tokens[index + 1]?.spaceBefore !== false) return undefined;
  return token.text === '–' || token.text === '—' || token.text === '‑' ? '-' : token.text;
}

function readGroup(tokens: readonly Token[], index: number, separator: string): DigitGroup | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  if (token.kind === 'digits') {
    return { readings: [token.text], firstToken: index, lastToken: index, separator, spoken: false };
  }
  if (token.kind !== 'word') return undefined;
  const number = readNumberWord(token.lower);
  if (number === undefined) return undefined;
  const made = (readings: readonly string[], lastToken: number): DigitGroup => ({ readings, firstToken: index, lastToken, separator, spoken: true });
  const next = spokenAt(tokens, index + 1);
  if (next?.kind === 'hundred' || next?.kind === 'thousand') return readLarge(tokens, index, separator);
  if (number.kind === 'tens' && next?.kind === 'unit' && next.digits !== '0') {
    return made([String(Number(number.digits) + Number(next.digits)), number.digits + next.digits], index + 1);
  }
  return made([number.digits], index);
}

/** "tre hundra tjugo två", "två tusen tjugo tre", "nitton hundra åttio fem": one number over several words. */
function readLarge(tokens: readonly Token[], index: number, separator: string): DigitGroup {
  let total = 0;
  let part = 0;
  let at = index;
  for (; ; at++) {
    const number = spokenAt(tokens, at);
    if (number === undefined) break;
    const value = Number(number.digits);
    if (number.kind === 'thousand') {
      if (total > 0 || part > 99) break;
      total = Math.max(part, 1) * 1000;
      part = 0;
    } else if (number.kind === 'hundred') {
      if (part > 99) break;
      part = Math.max(part, 1) * 100;
    } else if (part === 0) part = value;
    else if (part % 100 === 0 && value < 100 && value > 0) part += value;
    else if (part % 100 >= 20 && part % 10 === 0 && value < 10 && value > 0) part += value;
    else break;
  }
  return { readings: [String(total + part)], firstToken: index, lastToken: at - 1, separator, spoken: true };
}

function spokenAt(tokens: readonly Token[], index: number): ReturnType<typeof readNumberWord> {
  const token = tokens[index];
  return token?.kind === 'word' ? readNumberWord(token.lower) : undefined;
}

/** "en" and "ett" at a run's ends are articles more often than digits ("… sju ett ärende"). */
function trimArticles(run: readonly DigitGroup[], tokens: readonly Token[]): DigitGroup[] {
  const isArticle = (group: DigitGroup | undefined): boolean =>
    group !== undefined && group.firstToken === group.lastToken && tokens[group.firstToken]?.lower === 'en';
  let first = 0;
  let last = run.length;
  while (first < last && isArticle(run[first])) first += 1;
  while (last > first && isArticle(run[last - 1])) last -= 1;
  return run.slice(first, last);
}
