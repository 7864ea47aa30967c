/** A word, a group of digits, one other character, or a stretch that was already taken out. */
export interface Token {
  readonly kind: 'word' | 'digits' | 'mark' | 'redacted';
  /** As written. */
  readonly text: string;
  /** In lower case. */
  readonly lower: string;
  /** Where it starts in the text, in UTF-16 code units. */
  readonly start: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  /** Whether white space, or the text's beginning, is before it. */
  readonly spaceBefore: boolean;
}

/** Stands for each character of a stretch that was taken out: a private-use code point, which no transcript holds. */
export const REDACTED_MARK = '\uE000';

const TOKEN = new RegExp(`(${REDACTED_MARK}+)|([0-9]+)|([\\p{L}\\p{M}]+)|[^\\s]`, 'gu');

/** Cuts a text into tokens. White space only separates. */
export function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let previousEnd = -1;
  for (const match of text.matchAll(TOKEN)) {
    const [found, redacted, digits, word] = match;
    const kind = redacted !== undefined ? 'redacted' : digits !== undefined ? 'digits' : word !== undefined ? 'word' : 'mark';
    const start = match.index;
    const end = start + found.length;
    tokens.push({ kind, text: found, lower: found.toLowerCase(), start, end, spaceBefore: start !== previousEnd });
    previousEnd = end;
  }
  return tokens;
}

/** Whether a word begins with a capital letter. */
export function isCapitalised(token: Token): boolean {
  return token.kind === 'word' && token.text.charAt(0) !== token.lower.charAt(0);
}

/** Whether one of the `reach` words before the token at `index` is in the set. A full stop, question or exclamation mark ends the look. */
export function hasContextBefore(tokens: readonly Token[], index: number, reach: number, words: ReadonlySet<string>): boolean {
  let seen = 0;
  for (let i = index - 1; i >= 0 && seen < reach; i--) {
    const token = tokens[i];
    if (token === undefined || token.text === '!' || token.text === '?') return false;
    if (token.text === '.' && tokens[i + 1]?.spaceBefore === true) return false;
    if (token.kind === 'mark') continue;
    if (words.has(token.lower)) return true;
    seen += 1;
  }
  return false;
}
