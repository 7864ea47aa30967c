import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { polyphaseFilter } from '../../src/audio/polyphase-filter.js';
import { Resampler } from '../../src/audio/resample.js';
import { cutAt, decibels, fitTone, join, middle, rms, sine } from './signals.js';

function resample(samples: Float32Array, sampleRateHz: number): Float32Array {
  const resampler = new Resampler(sampleRateHz);
  return join([resampler.push(samples), resampler.end()]);
}

/** A few times the filter's length, so that the middle half is free of both edges. */
function toneLength(sampleRateHz: number): number {
  return Math.max(1_000, Math.round(sampleRateHz / 10));
}

describe('the stop-band', () => {
  // Just above 8 kHz, in the middle, and at the top of what the rate can carry. All of the output is alias.
  it.each([
    [11_025 * 2, [8_000, 8_300, 11_000]],
    [44_100, [8_000, 8_050, 8_500, 12_000, 15_999, 22_000]],
    [44_101, [8_000, 8_050, 8_500, 12_000, 15_999, 22_000]],
    [48_000, [8_000, 8_050, 8_500, 12_000, 16_000, 23_900]],
    [96_000, [8_001, 24_000, 47_000]],
    [383_999, [8_100, 100_000]],
  ])('keeps aliases more than 80 dB down from %i Hz', (sampleRateHz, tones) => {
    for (const tone of tones) {
      const input = sine(tone, sampleRateHz, toneLength(sampleRateHz));
      const alias = decibels(rms(middle(resample(input, sampleRateHz))) / rms(input));
      expect(alias, `${tone} Hz`).toBeLessThan(-90);
    }
  });

  it.each([
    [8_000, [300, 1_000, 2_000, 3_400, 3_600]],
    [11_025, [440, 4_900]],
    [12_345, [440, 5_500]],
    [1_000, [100, 450]],
  ])('keeps images more than 80 dB down from %i Hz', (sampleRateHz, tones) => {
    for (const tone of tones) {
      const output = middle(resample(sine(tone, sampleRateHz, toneLength(sampleRateHz)), sampleRateHz));
      const { amplitude, residualRms } = fitTone(output, tone, 16_000);
      expect(decibels(residualRms / (amplitude / Math.SQRT2)), `${tone} Hz`).toBeLessThan(-90);
    }
  });
});

describe('the pass-band', () => {
  it.each([1_000, 8_000, 11_025, 12_345, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000, 384_000])(
    'from %i Hz is flat to 0.001 dB up to 0.9 of the lower Nyquist frequency',
    (sampleRateHz) => {
      const nyquist = Math.min(sampleRateHz, 16_000) / 2;
      for (const share of [0.02, 0.3, 0.6, 0.8, 0.9]) {
        const tone = nyquist * share;
        const output = middle(resample(sine(tone, sampleRateHz, toneLength(sampleRateHz)), sampleRateHz));
        const gain = decibels(fitTone(output, tone, 16_000).amplitude / 0.5);
        expect(Math.abs(gain), `${tone} Hz`).toBeLessThan(0.001);
      }
    },
  );

  it.each([8_000, 11_025, 44_100, 44_101, 48_000])('has no delay: a sine from %i Hz stays in place', (sampleRateHz) => {
    const tone = 1_000;
    const output = resample(sine(tone, sampleRateHz, toneLength(sampleRateHz)), sampleRateHz);
    const expected = sine(tone, 16_000, output.length);
    const difference = middle(output.map((sample, i) => sample - expected[i]!));
    expect(decibels(rms(difference) / rms(expected))).toBeLessThan(-80);
  });

  it('keeps a constant constant', () => {
    const output = middle(resample(new Float32Array(4_000).fill(0.25), 44_101));
    expect(Math.max(...output.map((sample) => Math.abs(sample - 0.25)))).toBeLessThan(1e-6);
  });
});

describe('streaming', () => {
  const rate = fc.oneof(
    fc.constantFrom(1_000, 8_000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000, 384_000),
    fc.integer({ min: 1_000, max: 384_000 }),
  );

  it('gives the same bits for any chunking', () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 20_000 }), fc.array(fc.nat(), { maxLength: 8 }), (sampleRateHz, length, cuts) => {
        const input = Float32Array.from({ length }, (_, i) => Math.sin(i * i * 0.001) * 0.7);
        const resampler = new Resampler(sampleRateHz);
        const chunked = join([...cutAt(input, cuts).map((piece) => resampler.push(piece).slice()), resampler.end()]);
        expect(Buffer.from(chunked.buffer).equals(Buffer.from(resample(input, sampleRateHz).buffer))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the length of the input in time', () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 9_000 }), (sampleRateHz, length) => {
        expect(resample(new Float32Array(length), sampleRateHz).length).toBe(Math.round((length * 16_000) / sampleRateHz));
      }),
      { numRuns: 100 },
    );
  });

  it('gives finite samples for any finite samples', () => {
    fc.assert(
      fc.property(rate, fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30), maxLength: 200 }), (sampleRateHz, input) => {
        expect(resample(input, sampleRateHz).every((sample) => Number.isFinite(sample))).toBe(true);
      }),
    );
  });

  it('passes 16 kHz through untouched', () => {
    const input = sine(440, 16_000, 1_000);
    const resampler = new Resampler(16_000);
    expect(resampler.push(input)).toBe(input);
    expect(resampler.end()).toHaveLength(0);
  });

  it('takes nothing after its end', () => {
    const resampler = new Resampler(8_000);
    resampler.end();
    expect(() => resampler.push(new Float32Array(1))).toThrow(/has ended/);
    expect(() => resampler.end()).toThrow(/has ended/);
  });
});

describe('the table', () => {
  it('stays within about 1 MiB for any rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 384_000 }), (sampleRateHz) => {
        const divisor = gcd(sampleRateHz, 16_000);
        const { coefficients } = polyphaseFilter(16_000 / divisor, sampleRateHz / divisor);
        expect(coefficients.byteLength).toBeLessThanOrEqual(1.05 * 2 ** 20);
      }),
      { numRuns: 30 },
    );
  });

  it('is made once for a ratio, and shared', () => {
    expect(polyphaseFilter(160, 441)).toBe(polyphaseFilter(160, 441));
  });

  it.each([999, 384_001, 0, -8_000, 8_000.5, Number.NaN, Infinity])('refuses a rate of %d Hz', (sampleRateHz) => {
    expect(() => new Resampler(sampleRateHz)).toThrow(RangeError);
  });
});

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
