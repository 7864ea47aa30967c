import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowedTextEncoder } from '../../src/classification/text-encoder.js';
import type { Tokenizer } from '../../src/inference/tokenizer.js';

const START = 0;
const END = 2;

/** One token for each piece of up to four letters of a word, as a unigram tokenizer would on average. */
const vocabulary: string[] = ['<s>', '<pad>', '</s>'];
const ids = new Map<string, number>();
function idOf(piece: string): number {
  if (!ids.has(piece)) ids.set(piece, vocabulary.push(piece) - 1);
  return ids.get(piece)!;
}
const encodePlain = (text: string): number[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => [...`▁${word}`].reduce<string[]>((pieces, c, i) => (i % 4 === 0 ? [...pieces, c] : [...pieces.slice(0, -1), pieces.at(-1)! + c]), []))
    .map(idOf);
const tokenizer: Tokenizer = {
  encode: (text) => [START, ...encodePlain(text), END],
  encodePlain,
  decode: (tokens) => tokens.filter((token) => token > END).map((token) => vocabulary[token]).join('').replaceAll('▁', ' ').trim(),
  idOf: () => undefined,
};

const encoder = new WindowedTextEncoder(tokenizer, { prefix: 'query: ', maxTokens: 40 });
const decoded = (text: string): string[] => encoder.encode(text).map(({ tokens }) => tokenizer.decode(tokens));

describe('a text that fits', () => {
  it('is one window, with the prefix and the special tokens', () => {
    const [window, ...others] = encoder.encode('Hon var snäll.');
    expect(others).toEqual([]);
    expect(window!.tokens.at(0)).toBe(START);
    expect(window!.tokens.at(-1)).toBe(END);
    expect(tokenizer.decode(window!.tokens)).toBe('query: Hon var snäll.');
  });

  it('is cleaned of what only looks different', () => {
    expect(decoded('  Hon\n\tva\u0308ntade ')).toEqual(['query: Hon väntade']);
    expect(decoded('a\uD800b')).toEqual(['query: a\uFFFDb']);
  });
});

describe('a text that is too long', () => {
  it('is cut between sentences, into windows of about the same length', () => {
    const sentences = Array.from({ length: 12 }, (_, i) => `Mening nummer ${i} är här.`);
    const windows = decoded(sentences.join(' ')).map((window) => window.replace('query: ', ''));
    expect(windows.join(' ')).toBe(sentences.join(' '));
    for (const window of windows) expect(window).toMatch(/^Mening .*här\.$/);
    const lengths = windows.map((window) => window.length);
    expect(Math.max(...lengths)).toBeLessThan(1.7 * Math.min(...lengths));
  });

  it('is cut between words where there are no sentences, and inside words where there are none', () => {
    const words = Array.from({ length: 60 }, (_, i) => `ord${i}`).join(' ');
    expect(decoded(words).map((window) => window.replace('query: ', '')).join(' ')).toBe(words);
    const one = 'åäö'.repeat(200);
    expect(decoded(one).map((window) => window.replace('query: ', '')).join('')).toBe(one);
  });

  it('loses nothing and never exceeds the window, whatever it is', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'å', '.', '!', 'x', '1'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 80 }), (words) => {
        const text = words.join(' ');
        const windows = encoder.encode(text);
        for (const { tokens } of windows) expect(tokens.length).toBeLessThanOrEqual(40);
        const joined = windows.map(({ tokens }) => tokenizer.decode(tokens).replace(/^query: ?/, '')).join(' ');
        expect(joined.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  it('takes bounded time: 20,000 characters', () => {
    const startMs = performance.now();
    expect(encoder.encode('lorem ipsum dolor sit amet. '.repeat(715)).length).toBeGreaterThan(100);
    expect(encoder.encode('x'.repeat(20_000)).length).toBeGreaterThan(100);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});
