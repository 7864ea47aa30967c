import type { Tokenizer } from '../inference/tokenizer.js';
import { hasWords } from './hallucination.js';

/** A word of a text in tokens. */
export interface TokenWord {
  /** Without white space at the ends, with the punctuation that belongs to it. */
  readonly text: string;
  /** Its tokens: from this place, ... */
  readonly from: number;
  /** ... up to this one, which is the next word's. */
  readonly to: number;
}

/** What stands for a character whose bytes are not all there. */
const REPLACEMENT = '\ufffd';

/** A character has at most four bytes, and a token at least one. */
const MAX_CHARACTER_TOKENS = 4;

/**
 * The words of a text, split where white space is. A token that holds only a part of a character goes with those that complete it;
 * punctuation that stands alone goes with the word before it, or at the beginning with the one after.
 *
 * @param tokens without timestamps.
 */
export function splitWords(tokenizer: Pick<Tokenizer, 'decode'>, tokens: readonly number[]): TokenWord[] {
  const words: { text: string; from: number; to: number }[] = [];
  let from = 0;
  while (from < tokens.length) {
    let to = from + 1;
    let text = tokenizer.decode(tokens.slice(from, to));
    while (text.includes(REPLACEMENT) && to < tokens.length && to - from < MAX_CHARACTER_TOKENS) text = tokenizer.decode(tokens.slice(from, ++to));
    text = text.replaceAll(REPLACEMENT, '');
    const last = words.at(-1);
    const isPunctuation = text.trim() !== '' && !hasWords(text);
    const joins = last !== undefined && (!/^\s/u.test(text) || isPunctuation || !hasWords(last.text));
    if (joins) {
      last.text += text;
      last.to = to;
    } else {
      words.push({ text, from, to });
    }
    from = to;
  }
  return words.map((word) => ({ ...word, text: word.text.replace(/\s+/gu, ' ').trim() })).filter((word) => word.text !== '');
}
