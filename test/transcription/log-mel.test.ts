import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogMel } from '../../src/transcription/log-mel.js';
import { makeMelFilters } from '../../src/transcription/mel-filters.js';
import { RealFft } from '../../src/transcription/real-fft.js';
import { sine } from '../audio/signals.js';

/** The squared magnitudes by the definition of the transform. */
function definition(samples: Float32Array): number[] {
  return Array.from({ length: samples.length / 2 + 1 }, (_, k) => {
    let re = 0;
    let im = 0;
    samples.forEach((sample, n) => {
      const angle = (2 * Math.PI * ((k * n) % samples.length)) / samples.length;
      re += sample * Math.cos(angle);
      im -= sample * Math.sin(angle);
    });
    return re * re + im * im;
  });
}

const samplesOf = (length: number): fc.Arbitrary<Float32Array> =>
  fc.float32Array({ minLength: length, maxLength: length, min: -1, max: 1, noNaN: true });

describe('RealFft', () => {
  it.each([2, 4, 8, 10, 16, 20, 40, 50, 80, 400, 512])('of length %i is what the definition says', (length) => {
    const fft = new RealFft(length);
    const ones = new Float64Array(length).fill(1);
    const power = new Float64Array(length / 2 + 1);
    fc.assert(
      fc.property(samplesOf(length), (samples) => {
        fft.power(samples, 0, ones, power);
        const expected = definition(samples);
        power.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-9 * length * length));
      }),
      { numRuns: 10 },
    );
  });

  it('reads from an offset, through a window', () => {
    const fft = new RealFft(20);
    const window = Float64Array.from({ length: 20 }, (_, i) => i / 20);
    const samples = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i * i));
    const power = new Float64Array(11);
    fft.power(samples, 7, window, power);
    definition(samples.slice(7, 27).map((sample, i) => sample * window[i]!)).forEach((value, k) => expect(power[k]).toBeCloseTo(value, 5));
  });

  it.each([0, 1, 3, 6, 14, 401])('does not take a length of %i', (length) => {
    expect(() => new RealFft(length)).toThrow(RangeError);
  });
});

describe('makeMelFilters', () => {
  it.each([80, 128])('covers the band with %i triangles of the same area', (count) => {
    const filters = makeMelFilters(count, 400, 16_000);
    expect(filters).toHaveLength(count);
    for (const { from, weights } of filters) {
      expect(from).toBeGreaterThanOrEqual(1);
      expect(from + weights.length).toBeLessThanOrEqual(201);
      expect(weights.every((weight) => weight >= 0)).toBe(true);
    }
    // Wide filters sum to one over their area; narrow ones are sampled too coarsely for that.
    const { weights } = filters[count - 1]!;
    expect(weights.reduce((sum, weight) => sum + weight, 0) * 40).toBeCloseTo(1, 1);
  });
});

describe('LogMel', () => {
  const logMel = new LogMel(80);

  function compute(samples: Float32Array, frames: number): Float32Array {
    const output = new Float32Array(80 * frames);
    logMel.compute(samples, frames, output);
    return output;
  }

  it('is loudest in the band of a tone', () => {
    const output = compute(sine(1_000, 16_000, 16_000), 100);
    const column = Array.from({ length: 80 }, (_, band) => output[band * 100 + 50]!);
    const filters = makeMelFilters(80, 400, 16_000);
    const { from, weights } = filters[column.indexOf(Math.max(...column))]!;
    expect(from * 40).toBeLessThanOrEqual(1_000);
    expect((from + weights.length) * 40).toBeGreaterThanOrEqual(1_000);
  });

  it('stays within two below its loudest place, whatever the samples', () => {
    fc.assert(
      fc.property(fc.float32Array({ min: -1, max: 1, noNaN: true, maxLength: 3_200 }), (samples) => {
        const output = compute(samples, 20);
        const loudest = output.reduce((most, value) => Math.max(most, value), -Infinity);
        expect(output.every((value) => Number.isFinite(value) && value >= loudest - 2 - 1e-6)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same, however much silence follows', () => {
    const samples = sine(440, 16_000, 8_000);
    const short = compute(samples, 100);
    const long = compute(samples, 300);
    for (let band = 0; band < 80; band++) {
      expect(long.slice(band * 300, band * 300 + 99)).toEqual(short.slice(band * 100, band * 100 + 99));
    }
  });

  it('does not remember the clip before', () => {
    const samples = sine(440, 16_000, 8_000);
    const before = compute(samples, 60);
    compute(sine(3_000, 16_000, 30_000), 200);
    expect(compute(samples, 60)).toEqual(before);
  });

  it("fills a batch's row up with the clip's silence", () => {
    const samples = sine(440, 16_000, 8_000);
    const output = new Float32Array(80 * 150).fill(9);
    logMel.compute(samples, 100, output, 150);
    const alone = compute(samples, 100);
    for (let band = 0; band < 80; band++) {
      expect(output.slice(band * 150, band * 150 + 100)).toEqual(alone.slice(band * 100, (band + 1) * 100));
      expect(output.slice(band * 150 + 100, (band + 1) * 150).every((value) => value === alone[99])).toBe(true);
    }
  });

  it('is flat for digital silence', () => {
    expect(compute(new Float32Array(1_600), 10).every((value) => value === -1.5)).toBe(true);
  });

  it('refuses samples that do not fit', () => {
    expect(() => compute(new Float32Array(1_601), 10)).toThrow(RangeError);
    expect(() => logMel.compute(new Float32Array(10), 1, new Float32Array(80))).toThrow(RangeError);
    expect(() => logMel.compute(new Float32Array(10), 10, new Float32Array(80 * 5), 5)).toThrow(RangeError);
  });
});
