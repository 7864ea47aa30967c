import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_SAMPLES, Segmenter } from '../../src/vad/segmenter.js';
import type { SegmenterEvent, SegmenterOptions } from '../../src/vad/segmenter.js';

/** Frames: 3 of speech, 10 of pause, 2 before and after, at most 100. */
const options: SegmenterOptions = {
  onThreshold: 0.5,
  offThreshold: 0.35,
  minSpeechMs: 96,
  minSilenceMs: 320,
  padBeforeMs: 64,
  padAfterMs: 64,
  maxStretchMs: 3_200,
};

function frames(...runs: readonly (readonly [count: number, probability: number])[]): number[] {
  return runs.flatMap(([count, probability]) => Array<number>(count).fill(probability));
}

function segment(probabilities: readonly number[], flushed = true, over: Partial<SegmenterOptions> = {}): SegmenterEvent[] {
  const segmenter = new Segmenter({ ...options, ...over });
  const events = probabilities.flatMap((probability) => segmenter.push(probability));
  return flushed ? [...events, ...segmenter.flush(probabilities.length * FRAME_SAMPLES)] : events;
}

/** Stretches in frames. */
function stretches(events: readonly SegmenterEvent[]): [number, number][] {
  return events.flatMap<[number, number]>((event) => (event.kind === 'end' ? [[event.start / FRAME_SAMPLES, event.end / FRAME_SAMPLES]] : []));
}

describe('a stretch', () => {
  it('is the speech with its padding', () => {
    expect(stretches(segment(frames([20, 0], [10, 0.9], [20, 0])))).toEqual([[18, 32]]);
  });

  it('is announced once it is sure, and ended once the pause is long enough', () => {
    const segmenter = new Segmenter(options);
    const seen = frames([20, 0], [10, 0.9], [20, 0]).map((probability) => segmenter.push(probability));
    expect(seen.findIndex((events) => events.some((event) => event.kind === 'start'))).toBe(22);
    expect(seen.findIndex((events) => events.some((event) => event.kind === 'end'))).toBe(39);
  });

  it('begins at the beginning of the stream, and ends at its end', () => {
    expect(stretches(segment(frames([5, 0.9])))).toEqual([[0, 5]]);
  });

  it('goes on over pauses that are shorter than the least silence', () => {
    expect(stretches(segment(frames([5, 0.9], [9, 0], [5, 0.9], [20, 0])))).toEqual([[0, 21]]);
    expect(stretches(segment(frames([5, 0.9], [10, 0], [5, 0.9], [20, 0])))).toEqual([
      [0, 7],
      [13, 22],
    ]);
  });

  it('does not pause while the probability is between the thresholds', () => {
    expect(stretches(segment(frames([5, 0.9], [30, 0.4], [5, 0.9], [20, 0])))).toEqual([[0, 42]]);
  });

  it('does not begin below the upper threshold', () => {
    expect(segment(frames([200, 0.49]))).toEqual([]);
  });

  it.each([1, 2])('is not made of %i frames of speech', (count) => {
    expect(segment(frames([10, 0], [count, 1], [30, 0]))).toEqual([]);
  });

  it('may gather its first frames over short pauses', () => {
    expect(stretches(segment(frames([10, 0], [1, 1], [5, 0], [1, 1], [5, 0], [1, 1], [30, 0])))).toEqual([[8, 25]]);
  });

  it('shares no sample with the one before, however long the padding', () => {
    const pads = { padBeforeMs: 960, padAfterMs: 320 };
    expect(stretches(segment(frames([20, 0], [5, 1], [12, 0], [5, 1], [30, 0]), true, pads))).toEqual([
      [0, 35],
      [35, 52],
    ]);
  });
});

describe('a stretch that grows too long', () => {
  it('is cut at the quietest place of its last third', () => {
    const probabilities = frames([10, 0.9], [3, 0.6], [67, 0.9], [3, 0.7], [67, 0.9]);
    expect(stretches(segment(probabilities))).toEqual([
      [0, 81],
      [81, 150],
    ]);
  });

  it('goes on without a gap', () => {
    const found = stretches(segment(frames([1_000, 1])));
    expect(found[0]![0]).toBe(0);
    expect(found.at(-1)![1]).toBe(1_000);
    for (let i = 1; i < found.length; i++) expect(found[i]![0]).toBe(found[i - 1]![1]);
  });

  it('ends in the pause, if it has come to one', () => {
    expect(stretches(segment(frames([95, 1], [50, 0])))).toEqual([[0, 97]]);
  });

  it('is not made of what stays between the thresholds', () => {
    expect(segment(frames([1, 1], [500, 0.4]))).toEqual([]);
  });
});

describe('flushing', () => {
  it('ends the open stretch at the last sample, also inside a frame', () => {
    const segmenter = new Segmenter(options);
    for (const probability of frames([5, 0.9])) segmenter.push(probability);
    expect(segmenter.flush(5 * FRAME_SAMPLES + 100)).toEqual([{ kind: 'end', start: 0, end: 5 * FRAME_SAMPLES + 100 }]);
  });

  it('gives nothing in silence, nor for an onset that is not sure', () => {
    expect(segment(frames([5, 0]))).toEqual([]);
    expect(segment(frames([5, 0], [2, 1]))).toEqual([]);
  });

  it('lets the stream go on, without giving a sample twice', () => {
    const segmenter = new Segmenter(options);
    for (const probability of frames([5, 0.9])) segmenter.push(probability);
    segmenter.flush(5 * FRAME_SAMPLES + 100);
    const events = frames([5, 0.9], [20, 0]).flatMap((probability) => segmenter.push(probability));
    expect(stretches(events)).toEqual([[6, 12]]);
  });
});

describe('for any probabilities', () => {
  const someOptions = fc.record({
    onThreshold: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
    offThreshold: fc.double({ min: 0, max: 0.3, noNaN: true }),
    minSpeechMs: fc.integer({ min: 32, max: 300 }),
    minSilenceMs: fc.integer({ min: 300, max: 1_000 }),
    padBeforeMs: fc.integer({ min: 0, max: 500 }),
    padAfterMs: fc.integer({ min: 0, max: 300 }),
    maxStretchMs: fc.integer({ min: 3_000, max: 5_000 }),
  });
  const run = fc.tuple(fc.integer({ min: 1, max: 120 }), fc.constantFrom(0, 0.2, 0.32, 0.45, 0.7, 1));
  const runs = fc.array(run, { maxLength: 25 });
  const flushes = fc.array(fc.nat({ max: 1_500 }), { maxLength: 3 });

  it('stretches are announced, ordered, disjoint, in range and not too long, and what is needed is kept', () => {
    fc.assert(
      fc.property(someOptions, runs, flushes, fc.nat({ max: FRAME_SAMPLES - 1 }), (over, pattern, flushAt, rest) => {
        const segmenter = new Segmenter(over);
        const probabilities = frames(...pattern);
        let settled = 0;
        let announced: number | undefined;
        const take = (events: readonly SegmenterEvent[], keepFrom: number, limit: number): void => {
          for (const event of events) {
            if (event.kind === 'start') {
              expect(announced).toBeUndefined();
              expect(event.at).toBeGreaterThanOrEqual(settled);
              expect(event.at).toBeGreaterThanOrEqual(keepFrom);
              announced = event.at;
            } else {
              expect(event.start).toBe(announced);
              expect(event.end).toBeGreaterThan(event.start);
              expect(event.end).toBeLessThanOrEqual(limit);
              expect(event.end - event.start).toBeLessThanOrEqual(over.maxStretchMs * 16 + FRAME_SAMPLES);
              settled = event.end;
              announced = undefined;
            }
          }
        };
        probabilities.forEach((probability, i) => {
          const keepFrom = segmenter.keepFrom;
          take(segmenter.push(probability), keepFrom, (i + 1) * FRAME_SAMPLES);
          expect(segmenter.openStart).toBe(announced);
          if (flushAt.includes(i)) take(segmenter.flush((i + 1) * FRAME_SAMPLES + rest), segmenter.keepFrom, (i + 1) * FRAME_SAMPLES + rest);
        });
        take(segmenter.flush(probabilities.length * FRAME_SAMPLES + rest), segmenter.keepFrom, probabilities.length * FRAME_SAMPLES + rest);
        expect(announced).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('every long run of speech is inside the stretches', () => {
    fc.assert(
      fc.property(someOptions, runs, (over, pattern) => {
        const probabilities = frames(...pattern);
        const found = stretches(segment(probabilities, true, over));
        let at = 0;
        for (const [count, probability] of pattern) {
          const from = at;
          at += count;
          if (probability < over.onThreshold || count < 10) continue;
          for (let frame = from; frame < at; frame++) {
            expect(found.some(([start, end]) => start <= frame && frame < end), `frame ${frame}`).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('options', () => {
  it.each([
    { onThreshold: 0 },
    { onThreshold: 1.1 },
    { offThreshold: 0.6 },
    { minSpeechMs: 0 },
    { minSilenceMs: Number.NaN },
    { padAfterMs: 900 },
    { padBeforeMs: -1 },
    { maxStretchMs: 30_001 },
    { maxStretchMs: 100 },
  ])('%o is refused with what was expected', (over) => {
    expect(() => new Segmenter(over)).toThrow(RangeError);
    expect(() => new Segmenter(over)).toThrow(Object.keys(over)[0]);
  });
});
