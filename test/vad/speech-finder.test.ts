import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_SAMPLES } from '../../src/vad/segmenter.js';
import { SpeechFinder } from '../../src/vad/speech-finder.js';
import type { FoundSpeech, FrameClassifier } from '../../src/vad/speech-finder.js';
import { cutAt } from '../audio/signals.js';

/** Calls a frame speech if its mean square is above a threshold. */
const loudness: FrameClassifier = {
  push: (samples) => {
    const probabilities = new Float32Array(samples.length / FRAME_SAMPLES);
    for (let i = 0; i < probabilities.length; i++) {
      let power = 0;
      for (let k = i * FRAME_SAMPLES; k < (i + 1) * FRAME_SAMPLES; k += 16) power += samples[k]! ** 2;
      probabilities[i] = power / 32 > 0.01 ? 1 : 0;
    }
    return Promise.resolve(probabilities);
  },
};

/** Pieces of silence and of something loud in turn; every sample differs from its neighbours. */
function recording(lengths: readonly number[]): Float32Array {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const samples = new Float32Array(total);
  let at = 0;
  lengths.forEach((length, i) => {
    for (const end = at + length; at < end; at++) samples[at] = (i % 2 === 0 ? 0.001 : 0.5) * Math.sin(at * at * 0.37);
  });
  return samples;
}

/** Comparing large arrays element by element takes seconds. */
function expectSamples(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  expect(Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength))).toBe(true);
}

function expectSame(got: readonly FoundSpeech[], expected: readonly FoundSpeech[]): void {
  expect(got.map((event) => ({ ...event, samples: undefined }))).toEqual(expected.map((event) => ({ ...event, samples: undefined })));
  got.forEach((event, i) => {
    const other = expected[i]!;
    if (event.kind === 'end' && other.kind === 'end') expectSamples(event.samples, other.samples);
  });
}

async function findAll(pieces: readonly Float32Array[]): Promise<FoundSpeech[]> {
  const finder = new SpeechFinder(loudness);
  const found: FoundSpeech[] = [];
  for (const piece of pieces) found.push(...(await finder.push(piece)));
  return [...found, ...finder.flush()];
}

describe('SpeechFinder', () => {
  it('gives the samples of each stretch', async () => {
    const samples = recording([20_000, 16_000, 30_000, 16_000, 5_000]);
    const found = await findAll([samples]);
    expect(found.map((event) => event.kind)).toEqual(['start', 'end', 'start', 'end']);
    for (const event of found) {
      if (event.kind === 'end') expectSamples(event.samples, samples.subarray(event.start, event.end));
    }
  });

  it('gives the same for any chunking', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.array(fc.nat(), { maxLength: 12 }), async (pieces, cuts) => {
        const samples = recording(pieces);
        expectSame(await findAll(cutAt(samples, cuts)), await findAll([samples]));
      }),
      { numRuns: 40 },
    );
  });

  it('cuts speech that does not end, and loses nothing of it', async () => {
    const samples = recording([0, 16_000 * 100 + 77]);
    const ends = (await findAll([samples])).filter((event) => event.kind === 'end');
    expect(ends.length).toBeGreaterThanOrEqual(4);
    expect(ends[0]!.start).toBe(0);
    expect(ends.at(-1)!.end).toBe(samples.length);
    ends.forEach((event, i) => {
      expect(event.samples.length).toBeLessThanOrEqual(30 * 16_000);
      expectSamples(event.samples, samples.subarray(event.start, event.end));
      if (i > 0) expect(event.start).toBe(ends[i - 1]!.end);
    });
  });

  it('shows the speech that is open, without ending it', async () => {
    const samples = recording([20_000, 20_000]);
    const finder = new SpeechFinder(loudness);
    await finder.push(samples.subarray(0, 18_000));
    expect(finder.open()).toBeUndefined();
    const found = await finder.push(samples.subarray(18_000, 30_000));
    const start = found[0]!.kind === 'start' ? found[0]!.at : -1;
    expect(finder.open()!.start).toBe(start);
    expectSamples(finder.open()!.samples, samples.subarray(start, 30_000));
    await finder.push(samples.subarray(30_000));
    expectSamples(finder.open()!.samples, samples.subarray(start));
  });

  it('goes on after a flush in the middle of speech, and gives no sample twice', async () => {
    const samples = recording([1_000, 60_000]);
    const finder = new SpeechFinder(loudness);
    await finder.push(samples.subarray(0, 30_100));
    const first = finder.flush();
    expect(first).toHaveLength(1);
    const rest = [...(await finder.push(samples.subarray(30_100))), ...finder.flush()].filter((event) => event.kind === 'end');
    expect(first[0]!.kind === 'end' && first[0]!.end).toBe(30_100);
    expect(rest).toHaveLength(1);
    expect(rest[0]!.start).toBeGreaterThanOrEqual(30_100);
    expectSamples(rest[0]!.samples, samples.subarray(rest[0]!.start, rest[0]!.end));
  });

  it('gives nothing for nothing', async () => {
    expect(await findAll([])).toEqual([]);
    expect(await findAll([new Float32Array(0)])).toEqual([]);
    expect(await findAll([new Float32Array(100)])).toEqual([]);
  });

  it('takes eight hours of silence in constant memory', async () => {
    const finder = new SpeechFinder(loudness);
    const silence = new Float32Array(16_000);
    const before = process.memoryUsage().arrayBuffers;
    let found = 0;
    for (let second = 0; second < 8 * 3_600; second++) found += (await finder.push(silence)).length;
    expect(found).toBe(0);
    expect(finder.samplesIn).toBe(8 * 3_600 * 16_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  }, 60_000);
});
