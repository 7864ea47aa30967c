/** The longest search that is read, in characters. */
export const MAX_SEARCH_CHARACTERS = 200;

/** So many words and phrases make a search at most. */
export const MAX_SEARCH_TERMS = 12;

/** Words beside each other: a single word, or a phrase in its order. */
export type SearchTerm = readonly string[];

/** A word of a text, in lower case, and where it stands there (UTF-16, end exclusive). */
export interface PlacedWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Letters and digits; marks that stand by themselves belong to the letter before. */
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/** The words of a text. Both what is searched and what is searched for are cut by this. */
export function wordsOf(text: string): readonly PlacedWord[] {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word: word.normalize('NFC').toLowerCase(), start: index, end: index + word.length }));
}

/**
 * Reads a search: words, and phrases in double quotation marks, straight or curly. There is no other syntax: whatever else stands
 * there separates words, so that no database's own query language shows through.
 *
 * @throws RangeError where it holds no word, is longer than {@link MAX_SEARCH_CHARACTERS} or has more than {@link MAX_SEARCH_TERMS}
 *   terms. The search itself is not quoted: it may hold a name.
 */
export function parseSearch(search: string): readonly SearchTerm[] {
  if (search.length > MAX_SEARCH_CHARACTERS) throw new RangeError(`expected a search of at most ${MAX_SEARCH_CHARACTERS} characters, got ${search.length}`);
  // Every second part stood between quotation marks; a mark without another ends with the text.
  const terms = search.split(/["\u201c\u201d]/).flatMap((part, index): SearchTerm[] => {
    const words = wordsOf(part).map(({ word }) => word);
    return index % 2 === 1 ? [words] : words.map((word) => [word]);
  });
  const filled = terms.filter(({ length }) => length > 0);
  if (filled.length === 0) throw new RangeError('expected a search with at least one word, got none');
  if (filled.length > MAX_SEARCH_TERMS) throw new RangeError(`expected a search of at most ${MAX_SEARCH_TERMS} words and phrases, got ${filled.length}`);
  return filled;
}
