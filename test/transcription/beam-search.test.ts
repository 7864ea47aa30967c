import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BeamSearch } from '../../src/transcription/beam-search.js';
import type { BeamSearchOptions } from '../../src/transcription/beam-search.js';
import { GreedyDecoder } from '../../src/transcription/decoding.js';
import type { DecodedText } from '../../src/transcription/decoding.js';
import { TokenRules } from '../../src/transcription/token-rules.js';
import { tinyConfig } from './config.js';
import { toyLogits } from './toy-model.js';

const END = tinyConfig.tokens.endOfText;
const plain = { timestamps: false, maxTokens: 12, noRepeat: 0 };

/** Runs a search as the transcriber does, and checks what every step must keep to. */
function search(seed: number, options: BeamSearchOptions, logits = toyLogits): DecodedText {
  const beams = new BeamSearch(tinyConfig, options);
  let texts: number[][] = [[]];
  for (let step = 0; !beams.done; step++) {
    expect(step).toBeLessThanOrEqual(options.maxTokens);
    const { parents, tokens } = beams.next(texts.map((text) => logits(seed, text)));
    expect(tokens.length).toBe(parents.length);
    expect(tokens.length).toBeLessThanOrEqual(options.beamSize);
    const before = texts;
    texts = tokens.map((token, i) => [...before[parents[i]!]!, token]);
    expect(new Set(texts.map((text) => text.join())).size).toBe(texts.length);
  }
  return beams.best();
}

function greedy(seed: number): DecodedText {
  const decoder = new GreedyDecoder(tinyConfig, plain);
  while (decoder.endReason === undefined) decoder.next(toyLogits(seed, decoder.tokens));
  return decoder;
}

describe('BeamSearch', () => {
  it('with one text is greedy', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const one = search(seed, { ...plain, beamSize: 1 });
        const other = greedy(seed);
        expect(one.tokens).toEqual(other.tokens);
        expect(one.endReason).toBe(other.endReason);
        expect(one.meanLogProbability).toBeCloseTo(other.meanLogProbability, 5);
        one.probabilities.forEach((probability, i) => expect(probability).toBeCloseTo(other.probabilities[i]!, 6));
      }),
      { numRuns: 60 },
    );
  });

  it('wide enough finds the best of all texts', () => {
    // Words 1 and 2 and the end: 1 + 2 + 4 + 8 texts of at most three words.
    const few = (seed: number, tokens: readonly number[]): Float32Array => toyLogits(seed, tokens).map((value, i) => (i === 1 || i === 2 || i === END ? value : -Infinity));
    const all = (depth: number): number[][] => (depth === 0 ? [[]] : [[], ...[1, 2].flatMap((word) => all(depth - 1).map((rest) => [word, ...rest]))]);
    const score = (seed: number, text: readonly number[]): number => {
      let sum = 0;
      [...text, END].forEach((token, i) => {
        const logits = few(seed, text.slice(0, i));
        new TokenRules(tinyConfig, plain).apply(text.slice(0, i), logits);
        sum += logits[token]! - Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
      });
      return sum / Math.max(1, text.length);
    };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const found = search(seed, { ...plain, maxTokens: 4, beamSize: 200 }, few);
        const best = all(3).filter((text) => text.length > 0).toSorted((a, b) => score(seed, b) - score(seed, a))[0];
        expect(found.tokens).toEqual(best);
      }),
      { numRuns: 40 },
    );
  });

  it('finds what a greedy choice misses', () => {
    const trap = (_seed: number, tokens: readonly number[]): Float32Array => {
      const logits = new Float32Array(tinyConfig.vocabularySize).fill(-10);
      const [first] = tokens;
      if (first === undefined) return logits.fill(1, 1, 2).fill(0.8, 2, 3);
      if (tokens.length >= 2) return logits.fill(5, END, END + 1);
      // After the more probable beginning everything is a guess; after the other one, nothing is.
      return first === 1 ? logits.fill(0, 3, 7) : logits.fill(5, 6, 7);
    };
    expect(search(0, { ...plain, beamSize: 1 }, trap).tokens[0]).toBe(1);
    expect(search(0, { ...plain, beamSize: 5 }, trap).tokens).toEqual([2, 6]);
  });

  it('keeps to the rules, for any logits', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), fc.boolean(), (seed, beamSize, timestamps) => {
        const { tokens } = search(seed, { ...plain, timestamps, noRepeat: 3, beamSize });
        tokens.forEach((token) => expect(tinyConfig.suppress).not.toContain(token));
        const times = tokens.filter((token) => token >= tinyConfig.tokens.timestampBegin);
        expect(times).toEqual(timestamps ? [...times].sort((a, b) => a - b) : []);
        const runs = tokens.slice(2).map((_, i) => tokens.slice(i, i + 3).join());
        expect(new Set(runs).size).toBe(runs.length);
      }),
      { numRuns: 60 },
    );
  });

  it('favours longer texts with a length penalty', () => {
    // "1" ends at once or goes on with words that are almost sure.
    const logits = (_seed: number, tokens: readonly number[]): Float32Array => {
      const values = new Float32Array(tinyConfig.vocabularySize).fill(-20);
      if (tokens.length === 0) return values.fill(1, 1, 2);
      if (tokens.length === 1) return values.fill(1, END, END + 1).fill(0.5, 2, 3);
      return tokens.length < 6 ? values.fill(9, tokens.length + 1, tokens.length + 2) : values.fill(9, END, END + 1);
    };
    expect(search(0, { ...plain, beamSize: 3, lengthPenalty: 0 }, logits).tokens).toEqual([1]);
    expect(search(0, { ...plain, beamSize: 3 }, logits).tokens.length).toBe(6);
  });

  it('ends loops', () => {
    const loop = (_seed: number, tokens: readonly number[]): Float32Array => new Float32Array(tinyConfig.vocabularySize).fill(-9).fill(9, 1 + (tokens.length % 3), 2 + (tokens.length % 3));
    const found = search(0, { ...plain, maxTokens: 100, beamSize: 2 }, loop);
    expect(found.endReason).not.toBe('length');
    expect(found.tokens.length).toBeLessThan(20);
  });

  it('fails on logits that are no numbers', () => {
    expect(() => new BeamSearch(tinyConfig, { ...plain, beamSize: 2 }).next([new Float32Array(tinyConfig.vocabularySize).fill(Number.NaN)])).toThrow(/not finite/);
  });

  it.each([{ beamSize: 0 }, { beamSize: 1.5 }, { beamSize: 2, lengthPenalty: 2 }])('does not take %o', (options) => {
    expect(() => new BeamSearch(tinyConfig, { ...plain, ...options })).toThrow(RangeError);
  });
});
