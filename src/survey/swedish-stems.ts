import snowball from 'snowball-stemmers';
import { parseSearch, wordsOf } from './search-terms.js';
import type { PlacedWord } from './search-terms.js';

/** Words whose stem is kept: most of what is said is made of a few thousand. */
const MAX_KEPT_STEMS = 20_000;

const stemmer = snowball.newStemmer('swedish');
const kept = new Map<string, string>();

/** The Snowball stem of a Swedish word in lower case: `väntetider` and `väntetiden` both give `väntetid`. */
export function swedishStem(word: string): string {
  let stem = kept.get(word);
  if (stem === undefined) {
    stem = stemmer.stem(word);
    if (kept.size >= MAX_KEPT_STEMS) kept.clear();
    kept.set(word, stem);
  }
  return stem;
}

/** The stems of a text with a space between: what a search looks in. `''` for a text without words. */
export function stemsOf(text: string): string {
  return wordsOf(text)
    .map(({ word }) => swedishStem(word))
    .join(' ');
}

/**
 * Where a search is met in a text, in order and without overlap: for showing why it was found.
 *
 * @returns start and end of each stretch, in UTF-16, end exclusive.
 */
export function searchHits(text: string, search: string): readonly (readonly [start: number, end: number])[] {
  const terms = parseSearch(search).map((words) => words.map(swedishStem));
  const words = wordsOf(text).map((placed) => ({ ...placed, stem: swedishStem(placed.word) }));
  const hits: [number, number][] = [];
  for (let index = 0; index < words.length; ) {
    const met = terms.filter((term) => term.every((stem, offset) => words[index + offset]?.stem === stem)).map(({ length }) => length);
    const length = Math.max(0, ...met);
    if (length > 0) hits.push([words[index]!.start, (words[index + length - 1] as PlacedWord).end]);
    index += Math.max(1, length);
  }
  return hits;
}
