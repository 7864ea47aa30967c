import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignTokens, cheapestStarts, medians } from '../../src/transcription/alignment.js';
import { SoundLevel } from '../../src/transcription/sound-level.js';
import { splitWords } from '../../src/transcription/words.js';

describe('alignTokens', () => {
  it('finds where each token looks, with noise around it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 8, max: 30 }), { minLength: 2, maxLength: 12 }), fc.integer({ min: 1, max: 1_000 }), (lengths, seed) => {
        const prompt = 3;
        const frames = lengths.reduce((sum, length) => sum + length, 0);
        const tokens = prompt + lengths.length;
        let state = seed;
        const noise = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 2 ** 31;
        const scores = Float32Array.from({ length: 2 * tokens * frames }, () => noise());
        const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
        for (const head of [0, 1]) {
          lengths.forEach((length, i) => {
            for (let frame = starts[i]!; frame < starts[i]! + length; frame++) scores[(head * tokens + prompt + i) * frames + frame]! += 6;
          });
        }
        const found = alignTokens(scores, { heads: 2, tokens, frames }, prompt);
        found.forEach((start, i) => expect(Math.abs(start - starts[i]!)).toBeLessThanOrEqual(3));
      }),
      { numRuns: 40 },
    );
  });

  it('never goes back, for any scores', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.float({ noNaN: true, min: -50, max: 50 })), (rows, frames, values) => {
        const tokens = rows + 2;
        const scores = Float32Array.from({ length: tokens * frames }, () => values.next().value as number);
        const starts = alignTokens(scores, { heads: 1, tokens, frames }, 2);
        expect(starts).toHaveLength(rows);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        starts.forEach((start) => expect(start >= 0 && start < frames).toBe(true));
      }),
    );
  });
});

describe('cheapestStarts', () => {
  it('is the best of all ways', () => {
    const best = (gains: Float32Array, rows: number, frames: number, row = 0, frame = 0): number => {
      const here = gains[row * frames + frame]!;
      if (row === rows - 1 && frame === frames - 1) return here;
      const ways: number[] = [];
      if (row + 1 < rows && frame + 1 < frames) ways.push(best(gains, rows, frames, row + 1, frame + 1));
      if (row + 1 < rows) ways.push(best(gains, rows, frames, row + 1, frame));
      if (frame + 1 < frames) ways.push(best(gains, rows, frames, row, frame + 1));
      return here + Math.max(...ways);
    };
    // The best of the ways that enter the rows where they were said to be entered: each row is left in the frame of the next start or before it.
    const through = (gains: Float32Array, rows: number, frames: number, starts: readonly number[]): number => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        const next = row + 1 < rows ? starts[row + 1]! : frames;
        for (let frame = starts[row]!; frame < next; frame++) sum += gains[row * frames + frame]!;
        if (row + 1 < rows) sum += next === starts[row]! ? gains[row * frames + next]! : Math.max(0, gains[row * frames + next]!);
      }
      return sum;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.integer({ min: -9, max: 9 })), (rows, frames, values) => {
        const gains = Float32Array.from({ length: rows * frames }, () => values.next().value as number);
        const starts = cheapestStarts(gains, rows, frames);
        expect(through(gains, rows, frames, starts)).toBe(best(gains, rows, frames));
      }),
    );
  });

  it('takes the obvious way', () => {
    const gains = Float32Array.from([1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1]);
    expect(cheapestStarts(gains, 3, 5)).toEqual([0, 2, 4]);
  });
});

describe('medians', () => {
  it('take the middle one, and mirror the ends', () => {
    expect([...medians(Float32Array.of(1, 9, 2, 8, 3), 3)]).toEqual([9, 2, 8, 3, 8]);
    expect([...medians(Float32Array.of(4, 1), 7)]).toEqual([4, 1]);
  });
});

describe('SoundLevel', () => {
  const silence = (seconds: number): number[] => new Array<number>(Math.round(seconds * 16_000)).fill(0);
  const tone = (seconds: number, gain = 0.3): number[] => Array.from({ length: Math.round(seconds * 16_000) }, (_, i) => gain * Math.sin(i / 5));

  it('tells where a word ends and the next begins, from a border in the pause or beside it', () => {
    const level = new SoundLevel(Float32Array.from([...tone(0.5), ...silence(0.6), ...tone(0.4)]));
    for (const border of [0.42, 0.5, 0.8, 1.1, 1.19]) {
      const { before, after } = level.around(border);
      expect(before).toBeCloseTo(0.5, 1);
      expect(after).toBeCloseTo(1.1, 1);
    }
  });

  it('leaves a border where there is no pause near it', () => {
    const level = new SoundLevel(Float32Array.from([...tone(0.5), ...silence(0.04), ...tone(0.5), ...silence(0.3)]));
    for (const border of [0.2, 0.52, 0.8]) expect(level.around(border)).toEqual({ before: border, after: border });
  });

  it('never moves a border out of reach, nor turns it around', () => {
    const level = new SoundLevel(Float32Array.from([...silence(0.3), ...tone(0.3), ...silence(0.3), ...tone(0.2, 0.001), ...silence(0.2)]));
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1.3, noNaN: true }), (border) => {
        const { before, after } = level.around(border);
        expect(before).toBeLessThanOrEqual(after);
        expect(before).toBeLessThanOrEqual(border + 0.131);
        expect(after).toBeGreaterThanOrEqual(border - 0.131);
      }),
    );
  });

  it('takes nothing, and no sound at all', () => {
    expect(new SoundLevel(new Float32Array(0)).around(0)).toEqual({ before: 0, after: 0 });
    expect(new SoundLevel(new Float32Array(16_000)).around(0.2)).toEqual({ before: 0.2, after: 0.2 });
  });
});

describe('splitWords', () => {
  const split = (...pieces: string[]): string[] => splitWords({ decode: (tokens) => tokens.map((token) => pieces[token]).join('') }, pieces.map((_, i) => i)).map(({ text }) => text);

  it('splits at spaces, and keeps punctuation with its word', () => {
    expect(split(' Hej', ',', ' sop', 'orna', '.')).toEqual(['Hej,', 'soporna.']);
    expect(split(' "', 'Ja', '"', ' –', ' sa', ' hon')).toEqual(['"Ja" –', 'sa', 'hon']);
    expect(split('Vi', ' ', 'var', ' …')).toEqual(['Vi', 'var …']);
  });

  it('puts characters of several tokens together', () => {
    const bytes = Buffer.from(' åäö');
    const decode = (tokens: readonly number[]): string => Buffer.from(tokens.map((token) => bytes[token]!)).toString('utf8');
    expect(splitWords({ decode }, Array.from(bytes, (_, i) => i))).toEqual([{ text: 'åäö', from: 0, to: bytes.length }]);
  });

  it('joined gives the text, and takes each token once', () => {
    const piece = fc.stringMatching(/^ ?[a-zåäö,.!–-]{1,4}$/);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const words = splitWords({ decode: (tokens) => tokens.map((token) => pieces[token]).join('') }, pieces.map((_, i) => i));
        expect(words.map(({ text }) => text).join(' ')).toBe(pieces.join('').replace(/\s+/g, ' ').trim());
        words.forEach(({ from, to }, i) => {
          expect(from).toBe(words[i - 1]?.to ?? 0);
          expect(to).toBeGreaterThan(from);
        });
      }),
    );
  });
});
