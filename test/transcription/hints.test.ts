import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GreedyDecoder } from '../../src/transcription/decoding.js';
import { BeamSearch } from '../../src/transcription/beam-search.js';
import { Hints } from '../../src/transcription/hints.js';
import type { HintPlace } from '../../src/transcription/hints.js';
import { tinyConfig } from './config.js';
import { toyLogits } from './toy-model.js';

const weights = { begin: 1, goOn: 2 };
const token = fc.integer({ min: 1, max: 5 });
const phrases = fc.array(fc.array(token, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
const plain = { timestamps: false, maxTokens: 12, noRepeat: 0 };

function walk(hints: Hints, tokens: readonly number[]): HintPlace {
  return tokens.reduce((place, each) => hints.after(place, each), hints.start);
}

/** The most that a text can earn by hints that do not overlap: worked out from behind, without a tree. */
function mostEarned(list: readonly (readonly number[])[], tokens: readonly number[]): number {
  const best = new Array<number>(tokens.length + 1).fill(0);
  for (let i = tokens.length - 1; i >= 0; i--) {
    best[i] = best[i + 1]!;
    for (const phrase of list) {
      if (!phrase.every((each, k) => tokens[i + k] === each)) continue;
      best[i] = Math.max(best[i]!, weights.begin + (phrase.length - 1) * weights.goOn + best[i + phrase.length]!);
    }
  }
  return best[0]!;
}

describe('Hints', () => {
  it('earn for each hint that a text holds whole, and for nothing else', () => {
    const hints = new Hints([[1, 2, 3], [4]], weights);
    expect(walk(hints, [1, 2, 3]).earned).toBe(5);
    expect(walk(hints, [1, 2]).earned).toBe(0);
    expect(walk(hints, [1, 2, 5, 4]).earned).toBe(1);
    expect(walk(hints, [5, 1, 2, 3, 4, 5]).earned).toBe(6);
  });

  it('are worth something while they are open, and lose it when the text turns away', () => {
    const hints = new Hints([[1, 2, 3]], weights);
    expect(hints.worth(walk(hints, [1]))).toBe(1);
    expect(hints.worth(walk(hints, [1, 2]))).toBe(3);
    expect(hints.worth(walk(hints, [1, 2, 4]))).toBe(0);
    expect(hints.worth(walk(hints, [1, 2, 3]))).toBe(5);
  });

  it('never earn twice for one hint, nor less than the worth says when they end', () => {
    fc.assert(
      fc.property(phrases, fc.array(token, { maxLength: 10 }), (list, tokens) => {
        const hints = new Hints(list, weights);
        const place = walk(hints, tokens);
        expect(place.earned).toBeLessThanOrEqual(mostEarned(list, tokens));
        expect(hints.worth(place)).toBeGreaterThanOrEqual(place.earned);
        const holds = list.some((phrase) => tokens.some((_, i) => phrase.every((each, k) => tokens[i + k] === each)));
        expect(place.earned > 0).toBe(holds);
      }),
    );
  });

  it('say which tokens go on', () => {
    const hints = new Hints([[1, 2], [3]], weights);
    expect([...hints.next(hints.start)]).toEqual([[1, 1], [3, 1]]);
    expect(hints.next(walk(hints, [1])).get(2)).toBe(2);
  });

  it('without any change nothing', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const run = (hints?: Hints): readonly number[] => {
          const decoder = new GreedyDecoder(tinyConfig, { ...plain, hints });
          while (decoder.endReason === undefined) decoder.next(toyLogits(seed, decoder.tokens));
          return decoder.tokens;
        };
        expect(run(new Hints([], weights))).toEqual(run());
      }),
      { numRuns: 30 },
    );
  });

  it('lift a hint above what is about as likely, not above what is far likelier', () => {
    const hints = new Hints([[1, 2]], weights);
    const first = (gap: number): number => new GreedyDecoder(tinyConfig, { ...plain, hints }).next(new Float32Array(tinyConfig.vocabularySize).fill(-9).fill(gap, 3, 4).fill(0, 1, 2));
    expect(first(0.9)).toBe(1);
    expect(first(1.1)).toBe(3);
  });

  it('never lift what is forbidden', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.array(fc.nat({ max: tinyConfig.vocabularySize - 1 }), { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (seed, list) => {
        const hints = new Hints(list, { begin: 50, goOn: 50 });
        const decoder = new GreedyDecoder(tinyConfig, { ...plain, hints });
        while (decoder.endReason === undefined) decoder.next(toyLogits(seed, decoder.tokens));
        for (const each of decoder.tokens) {
          expect(tinyConfig.suppress).not.toContain(each);
          expect(each).toBeLessThan(tinyConfig.tokens.timestampBegin);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('leave the probabilities as the model gives them', () => {
    const decoder = new GreedyDecoder(tinyConfig, { ...plain, hints: new Hints([[1]], { begin: 5, goOn: 5 }) });
    decoder.next(new Float32Array(tinyConfig.vocabularySize).fill(-Infinity).fill(Math.log(3), 3, 4).fill(0, 1, 2));
    expect(decoder.tokens).toEqual([1]);
    expect(decoder.probabilities[0]).toBeCloseTo(0.25, 6);
  });

  it('in a beam search decide between texts only by the hints that they hold whole', () => {
    // "1 4" is a little likelier than "1 2"; "1 2 3" would be a hint, but 3 cannot follow.
    const logits = (tokens: readonly number[]): Float32Array => {
      const values = new Float32Array(tinyConfig.vocabularySize).fill(-30);
      if (tokens.length === 0) return values.fill(0, 1, 2);
      if (tokens.length === 1) return values.fill(0.5, 4, 5).fill(0, 2, 3);
      return values.fill(9, tinyConfig.tokens.endOfText, tinyConfig.tokens.endOfText + 1);
    };
    const best = (list: readonly (readonly number[])[]): readonly number[] => {
      const beams = new BeamSearch(tinyConfig, { ...plain, beamSize: 3, hints: new Hints(list, weights) });
      let texts: number[][] = [[]];
      while (!beams.done) {
        const { parents, tokens } = beams.next(texts.map((text) => logits(text)));
        const before = texts;
        texts = tokens.map((each, i) => [...before[parents[i]!]!, each]);
      }
      return beams.best().tokens;
    };
    expect(best([])).toEqual([1, 4]);
    expect(best([[1, 2]])).toEqual([1, 2]);
    expect(best([[1, 2, 3]])).toEqual([1, 4]);
  });
});
