/**
 * Word error rate, with one normaliser for all: Unicode NFC, lower case; everything but letters, digits and the apostrophe or colon inside a
 * word becomes a space. Numbers are not spelled out and compounds not split: "2" for "två" is an error, on either side.
 */

export function normaliseWords(text) {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}':]+/gu, ' ')
    .replace(/(?<![\p{L}\p{N}])[':]+|[':]+(?![\p{L}\p{N}])/gu, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** The fewest insertions, deletions and substitutions that turn one list of words into the other. */
export function wordErrors(expected, got) {
  let row = Array.from({ length: got.length + 1 }, (_, j) => j);
  expected.forEach((word, i) => {
    const next = [i + 1];
    got.forEach((other, j) => {
      next.push(Math.min(row[j] + (word === other ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    });
    row = next;
  });
  return row[got.length];
}

/**
 * The rate over all recordings and its 95 % interval by bootstrap over recordings.
 *
 * @param {{ errors: number, words: number }[]} results
 */
export function errorRate(results, draws = 2_000) {
  const rate = (some) => some.reduce((sum, each) => sum + each.errors, 0) / some.reduce((sum, each) => sum + each.words, 0);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const rates = Array.from({ length: draws }, () => rate(results.map(() => results[Math.floor(random() * results.length)]))).sort((a, b) => a - b);
  return { rate: rate(results), low: rates[Math.floor(draws * 0.025)], high: rates[Math.floor(draws * 0.975)] };
}
