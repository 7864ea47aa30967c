import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTMF_DELAY_S, DtmfFilter } from '../../src/audio/dtmf-filter.js';
import { DtmfDetector, toDigit } from '../../src/audio/dtmf.js';
import type { DtmfDigit } from '../../src/audio/dtmf.js';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../src/audio/g711.js';
import { Resampler } from '../../src/audio/resample.js';
import { ALL_DIGITS, pressedKeys } from './dtmf-tones.js';
import { join, rms, sine } from './signals.js';

const RATE = 16_000;

function detect(samples: Float32Array): DtmfDigit[] {
  const detector = new DtmfDetector();
  return [...detector.push(samples), ...detector.flush()].map(toDigit);
}

const digitsOf = (found: readonly DtmfDigit[]): string => found.map(({ digit }) => digit).join('');

/** Through a telephone: 8 kHz samples in eight bits each, and back to 16 kHz. */
function telephone(samples: Float32Array, code: (samples: Float32Array) => Float32Array = (each) => decodeMuLaw(encodeMuLaw(each))): Float32Array {
  const resampler = new Resampler(8_000);
  return join([resampler.push(code(samples)), resampler.end()]);
}

function noise(length: number, level: number, seed = 1): Float32Array {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1;
  return Float32Array.from({ length }, () => level * Math.sqrt(3) * random());
}

const plus = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + (b[i] ?? 0));

describe('the keys of a telephone', () => {
  it('are all told, with 40 ms of tone and 40 ms of silence, wherever they begin', () => {
    for (let shift = 0; shift < 102; shift += 7) {
      const samples = join([new Float32Array(1_000 + shift), pressedKeys(ALL_DIGITS, { rateHz: RATE, onS: 0.04, offS: 0.04 }), new Float32Array(1_000)]);
      expect(digitsOf(detect(samples))).toBe(ALL_DIGITS);
    }
  });

  it.each([
    ['µ-law', (samples: Float32Array) => decodeMuLaw(encodeMuLaw(samples))],
    ['A-law', (samples: Float32Array) => decodeALaw(encodeALaw(samples))],
  ])('are all told at 8 kHz in %s', (_name, code) => {
    expect(digitsOf(detect(telephone(pressedKeys(ALL_DIGITS, { rateHz: 8_000, onS: 0.04, offS: 0.04 }), code)))).toBe(ALL_DIGITS);
  });

  it('have their time', () => {
    const samples = join([new Float32Array(RATE), pressedKeys('5', { rateHz: RATE, onS: 0.25, offS: 0.1 }), pressedKeys('#', { rateHz: RATE, onS: 0.05, offS: 0.2 })]);
    const [five, hash] = detect(samples);
    expect(five).toMatchObject({ digit: '5' });
    expect(five!.startS).toBeCloseTo(1, 1.5);
    expect(five!.durationS).toBeCloseTo(0.25, 1.4);
    expect(hash!.startS).toBeCloseTo(1.35, 1.5);
    expect(hash!.durationS).toBeCloseTo(0.05, 1.4);
  });

  it('are told twice when they are pressed twice', () => {
    expect(digitsOf(detect(pressedKeys('0046700', { rateHz: RATE, onS: 0.06, offS: 0.045 })))).toBe('0046700');
  });

  it.each([-3, -9, -20, -30, -34])('are told at %d dB each', (db) => {
    expect(digitsOf(detect(telephone(pressedKeys(ALL_DIGITS, { rateHz: 8_000, onS: 0.05, offS: 0.05, rowDb: db - 3, columnDb: db - 3 }))))).toBe(ALL_DIGITS);
  });

  it.each([
    [4, 0],
    [0, 8],
  ])('are told with a column %d dB or a row %d dB stronger', (column, row) => {
    expect(digitsOf(detect(pressedKeys(ALL_DIGITS, { rateHz: RATE, onS: 0.05, offS: 0.05, rowDb: -20 + row, columnDb: -20 + column })))).toBe(ALL_DIGITS);
  });

  it.each([-0.015, 0.015])('are told with frequencies off by %d', (detuned) => {
    expect(digitsOf(detect(pressedKeys(ALL_DIGITS, { rateHz: RATE, onS: 0.045, offS: 0.045, detuned })))).toBe(ALL_DIGITS);
  });

  it.each([-0.035, 0.035])('are no keys with frequencies off by %d', (detuned) => {
    expect(detect(pressedKeys(ALL_DIGITS, { rateHz: RATE, onS: 0.1, offS: 0.1, detuned }))).toEqual([]);
  });

  it('are told in noise that is 15 dB weaker', () => {
    const keys = pressedKeys(ALL_DIGITS, { rateHz: RATE, onS: 0.05, offS: 0.05, rowDb: -18, columnDb: -18 });
    for (const seed of [1, 2, 3]) expect(digitsOf(detect(plus(keys, noise(keys.length, 10 ** (-30 / 20), seed))))).toBe(ALL_DIGITS);
  });

  it('are one key with a break of 8 ms in it', () => {
    const tone = pressedKeys('7', { rateHz: RATE, onS: 0.2, offS: 0 });
    tone.fill(0, 1_600, 1_600 + 128);
    expect(digitsOf(detect(tone))).toBe('7');
  });

  it.each([0.01, 0.02, 0.023])('are no keys when they last %d s', (onS) => {
    expect(detect(pressedKeys(ALL_DIGITS, { rateHz: RATE, onS, offS: 0.1 }))).toEqual([]);
  });
});

describe('what is no key', () => {
  it.each([
    ['silence', new Float32Array(RATE)],
    ['noise', noise(RATE * 5, 0.2)],
    ['one tone', sine(770, RATE, RATE)],
    ['the dial tone', sine(425, RATE, RATE)],
    ['two tones of one group', plus(sine(697, RATE, RATE, 0.3), sine(852, RATE, RATE, 0.3))],
    ['a key with a third tone as strong', plus(plus(sine(697, RATE, RATE, 0.3), sine(1_209, RATE, RATE, 0.3)), sine(1_000, RATE, RATE, 0.4))],
    ['a very weak one', plus(sine(697, RATE, RATE, 0.003), sine(1_209, RATE, RATE, 0.003))],
    ['one tone far stronger than the other', plus(sine(697, RATE, RATE, 0.03), sine(1_209, RATE, RATE, 0.3))],
  ])('%s', (_name, samples) => {
    expect(detect(samples)).toEqual([]);
  });

  it('a voice: harmonics that glide', () => {
    let phase = 0;
    const voice = Float32Array.from({ length: RATE * 20 }, (_, i) => {
      phase += (2 * Math.PI * (130 + 60 * Math.sin(i / 9_000) + 20 * Math.sin(i / 1_700))) / RATE;
      return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].reduce((sum, harmonic) => sum + (0.15 / harmonic ** 0.3) * Math.sin(phase * harmonic), 0);
    });
    expect(detect(voice)).toEqual([]);
  });
});

describe('any cutting of the stream', () => {
  const stream = join([noise(3_000, 0.01), pressedKeys('12#A', { rateHz: RATE, onS: 0.07, offS: 0.05 }), noise(2_000, 0.05), pressedKeys('9', { rateHz: RATE, onS: 0.3, offS: 0 })]);
  const cuts = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 40 });

  /** The stream in pieces of these lengths, and the rest at the end. */
  function pieces(lengths: readonly number[]): Float32Array[] {
    let from = 0;
    const all = lengths.map((length) => stream.subarray(from, (from += length)));
    return [...all, stream.subarray(from)];
  }

  it('gives the same digits', () => {
    const whole = detect(stream);
    expect(digitsOf(whole)).toBe('12#A9');
    fc.assert(
      fc.property(cuts, (lengths) => {
        const detector = new DtmfDetector();
        expect([...pieces(lengths).flatMap((piece) => detector.push(piece)), ...detector.flush()].map(toDigit)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same filtered sound, of the same length', () => {
    const filter = (lengths: readonly number[]): Float32Array => {
      const dtmf = new DtmfFilter();
      return join([...pieces(lengths).map((piece) => dtmf.push(piece).samples), dtmf.flush().samples]);
    };
    const whole = filter([]);
    expect(whole).toHaveLength(stream.length);
    fc.assert(
      fc.property(cuts, (lengths) => {
        expect(filter(lengths)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the filter', () => {
  it('silences keys and leaves the rest as it was', () => {
    const before = sine(300, RATE, 8_000, 0.2);
    const stream = join([before, pressedKeys('4', { rateHz: RATE, onS: 0.1, offS: 0 }), before]);
    const filter = new DtmfFilter();
    const { samples, digits } = filter.push(stream);
    const all = join([samples, filter.flush().samples]);
    expect(digits.map(({ digit }) => digit)).toEqual(['4']);
    expect(rms(all.subarray(8_000, 9_600))).toBeLessThan(0.001);
    expect(all.subarray(0, 7_800)).toEqual(stream.subarray(0, 7_800));
    expect(all.subarray(9_900)).toEqual(stream.subarray(9_900));
  });

  it('changes nothing where there is no key', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 20_000 }), (seed, length) => {
        const stream = noise(length, 0.1, seed);
        const filter = new DtmfFilter();
        expect(join([filter.push(stream).samples, filter.flush().samples])).toEqual(stream);
      }),
      { numRuns: 20 },
    );
  });

  it('holds back no more than it says', () => {
    const filter = new DtmfFilter();
    const given = filter.push(noise(RATE, 0.1)).samples.length;
    expect(RATE - given).toBeLessThanOrEqual(DTMF_DELAY_S * RATE);
  });

  it('silences a key that lasts for as long as the stream does', () => {
    const filter = new DtmfFilter();
    const tone = pressedKeys('D', { rateHz: RATE, onS: 5, offS: 0 });
    const parts = Array.from({ length: 50 }, (_, i) => filter.push(tone.subarray(i * 1_600, (i + 1) * 1_600)));
    const end = filter.flush();
    expect(rms(join([...parts.map(({ samples }) => samples), end.samples]))).toBe(0);
    expect([...parts.flatMap(({ digits }) => digits), ...end.digits]).toHaveLength(1);
  });
});
