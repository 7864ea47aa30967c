import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GreedyDecoder, noSpeechProbability, promptTokens } from '../../src/transcription/decoding.js';
import type { DecodingOptions } from '../../src/transcription/decoding.js';
import { loopPeriod } from '../../src/transcription/loops.js';
import { timestampSeconds } from '../../src/transcription/token-rules.js';
import { tinyConfig } from './config.js';

const END = tinyConfig.tokens.endOfText;
const TIME = tinyConfig.tokens.timestampBegin;

const plain: DecodingOptions = { timestamps: false, maxTokens: 100, noRepeat: 0 };

/** Logits with the given values, and `rest` for all others. */
function logits(values: Readonly<Record<number, number>>, rest = -5): Float32Array {
  const all = new Float32Array(tinyConfig.vocabularySize).fill(rest);
  for (const [id, value] of Object.entries(values)) all[Number(id)] = value;
  return all;
}

/** Has the decoder see each token as the most probable one in turn. */
function feed(decoder: GreedyDecoder, tokens: readonly number[]): number[] {
  return tokens.map((token) => decoder.next(logits({ [token]: 10 })));
}

/** Any number of rows of logits, from a seed. */
function* rows(seed: number): Generator<Float32Array, never> {
  let state = seed >>> 0;
  for (;;) {
    yield Float32Array.from({ length: tinyConfig.vocabularySize }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state / 2 ** 32) * 18 - 9;
    });
  }
}

describe('the prompt', () => {
  it('asks for Swedish, with or without timestamps', () => {
    expect(promptTokens(tinyConfig, false)).toEqual([21, 22, 23, 26]);
    expect(promptTokens(tinyConfig, true)).toEqual([21, 22, 23]);
  });
});

describe('without timestamps', () => {
  it('takes the most probable token until the end', () => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    expect(feed(decoder, [3, 4, 0, END])).toEqual([3, 4, 0, END]);
    expect(decoder.tokens).toEqual([3, 4, 0]);
    expect(decoder.endReason).toBe('end');
  });

  it('gives each token its probability, and the mean of the logarithms with that of the end', () => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    decoder.next(logits({ 3: Math.log(3), 4: 0 }, -Infinity));
    decoder.next(logits({ [END]: 0, 5: 0 }, -Infinity));
    expect(decoder.probabilities[0]).toBeCloseTo(0.75, 6);
    expect(decoder.meanLogProbability).toBeCloseTo((Math.log(0.75) + Math.log(0.5)) / 2, 6);
  });

  it('never takes what is suppressed, nor a timestamp', () => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    expect(decoder.next(logits({ 7: 10, 25: 9, [TIME]: 8, [TIME + 3]: 8, 5: 1 }))).toBe(5);
  });

  it('does not begin with what is suppressed there, but takes it later', () => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    expect(decoder.next(logits({ 0: 10, [END]: 9, 5: 1 }))).toBe(5);
    expect(decoder.next(logits({ 0: 10 }))).toBe(0);
  });

  it('ends at the most tokens allowed', () => {
    const decoder = new GreedyDecoder(tinyConfig, { ...plain, maxTokens: 3 });
    expect(feed(decoder, [1, 2, 3, 4])).toEqual([1, 2, END, END]);
    expect(decoder.tokens).toEqual([1, 2, 3]);
    expect(decoder.endReason).toBe('length');
  });

  it('fails on logits that are no numbers, instead of writing something', () => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    expect(() => decoder.next(logits({}, Number.NaN))).toThrow(/not finite/);
  });
});

describe('loops', () => {
  it.each([
    [[1, 2, 3], [4, 5], 8],
    [[], [6], 20],
    [[1], [1, 2, 3, 4, 5, 6], 4],
  ])('after %o, %o over and over is cut to its first coming', (start, phrase, times) => {
    const decoder = new GreedyDecoder(tinyConfig, plain);
    feed(decoder, [...start, ...Array.from({ length: times }, () => phrase).flat()]);
    expect(decoder.endReason).toBe('loop');
    expect(decoder.tokens).toEqual([...start, ...phrase]);
    expect(decoder.probabilities).toHaveLength(decoder.tokens.length);
  });

  it('leave what people say alone: "nej, nej, nej, nej" is none', () => {
    expect(loopPeriod([9, 1, 2, 1, 2, 1, 2, 1, 2])).toBe(0);
    expect(loopPeriod([1, 1, 1, 1, 1, 1])).toBe(0);
  });

  it('are found for any phrase and any beginning', () => {
    const token = fc.nat({ max: 19 });
    fc.assert(
      fc.property(fc.array(token, { maxLength: 20 }), fc.array(token, { minLength: 1, maxLength: 40 }), (start, phrase) => {
        const repeats = Math.max(4, Math.ceil(16 / phrase.length));
        const tokens = [...start, ...Array.from({ length: repeats }, () => phrase).flat()];
        expect(phrase.length % loopPeriod(tokens)).toBe(0);
      }),
    );
  });

  it('are not found where every phrase differs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 100 }), (tokens) => {
        expect(loopPeriod(tokens)).toBe(0);
      }),
    );
  });

  it('can be forbidden: no run of tokens comes twice', () => {
    const decoder = new GreedyDecoder(tinyConfig, { ...plain, noRepeat: 3 });
    feed(decoder, [1, 2, 3, 1, 2]);
    expect(decoder.next(logits({ 3: 10, 4: 5 }))).toBe(4);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const free = new GreedyDecoder(tinyConfig, { ...plain, noRepeat: 3, maxTokens: 30 });
        const random = rows(seed);
        while (free.endReason === undefined) free.next(random.next().value);
        const runs = free.tokens.slice(2).map((_, i) => free.tokens.slice(i, i + 3).join());
        expect(new Set(runs).size).toBe(runs.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('with timestamps', () => {
  const timed: DecodingOptions = { ...plain, timestamps: true };

  it('begins with a timestamp, whatever is more probable', () => {
    const decoder = new GreedyDecoder(tinyConfig, timed);
    expect(decoder.next(logits({ 3: 10, [TIME + 2]: 0 }))).toBe(TIME + 2);
  });

  it('has timestamps in pairs: words after the second, no word after the first of an end', () => {
    const decoder = new GreedyDecoder(tinyConfig, timed);
    feed(decoder, [TIME]);
    expect(decoder.next(logits({ [TIME + 1]: 10, 3: 0 }))).toBe(3);
    feed(decoder, [TIME + 4]);
    expect(decoder.next(logits({ 3: 10, [TIME + 4]: 0 }))).toBe(TIME + 4);
    expect(decoder.next(logits({ [TIME + 5]: 10, 3: 0 }))).toBe(3);
  });

  it('does not go back in time', () => {
    const decoder = new GreedyDecoder(tinyConfig, timed);
    feed(decoder, [TIME, 3, TIME + 5, TIME + 5, 4]);
    expect(decoder.next(logits({ [TIME + 2]: 10, [TIME + 6]: 9 }))).toBe(TIME + 6);
  });

  it('takes a timestamp where all of them together outweigh the best word', () => {
    const decoder = new GreedyDecoder(tinyConfig, timed);
    feed(decoder, [TIME, 3]);
    const split = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [TIME + 2 + i, 0]));
    expect(decoder.next(logits({ 4: 1, ...split }))).toBeGreaterThan(TIME);
    const other = new GreedyDecoder(tinyConfig, timed);
    feed(other, [TIME, 3]);
    expect(other.next(logits({ 4: 3, ...split }))).toBe(4);
  });

  it('keeps to these rules for any logits', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const decoder = new GreedyDecoder(tinyConfig, { ...timed, maxTokens: 30 });
        const random = rows(seed);
        while (decoder.endReason === undefined) decoder.next(random.next().value);
        const { tokens } = decoder;
        const times = tokens.filter((token) => token >= TIME);
        expect(tokens.length === 0 || tokens[0]! >= TIME).toBe(true);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        tokens.forEach((token, i) => {
          expect(tinyConfig.suppress).not.toContain(token);
          if (token >= TIME && tokens[i + 1]! >= TIME) expect(tokens[i + 2] === undefined || tokens[i + 2]! < END).toBe(true);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('finds a loop at whatever times, and keeps the time at which the phrase first ended', () => {
    const decoder = new GreedyDecoder(tinyConfig, timed);
    const phrase = (i: number): number[] => [TIME + i, 1, 2, 3, 4, TIME + i + 1];
    feed(decoder, Array.from({ length: 10 }, (_, i) => phrase(i)).flat());
    expect(decoder.endReason).toBe('loop');
    expect(decoder.tokens).toEqual(phrase(0));
    expect(decoder.probabilities).toHaveLength(6);
  });

  it('says seconds', () => {
    expect(timestampSeconds(tinyConfig, TIME + 50)).toBeCloseTo(1, 9);
  });
});

describe('noSpeechProbability', () => {
  it('is that of its token among all', () => {
    expect(noSpeechProbability(tinyConfig, logits({ 25: 0, 3: 0, 4: 0, 5: 0 }, -Infinity))).toBeCloseTo(0.25, 6);
    expect(noSpeechProbability(tinyConfig, logits({ 3: 1_000 }, 0))).toBe(0);
  });
});
