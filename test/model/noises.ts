import { decodeMuLaw, encodeMuLaw } from '../../src/audio/g711.js';
import { Resampler } from '../../src/audio/resample.js';
import { join } from '../audio/signals.js';

/** A recording without a word in it, mono at 16 kHz. */
export interface Noise {
  readonly name: string;
  readonly samples: Float32Array;
}

const RATE = 16_000;

/** Numbers from -1 to 1 from a seed, evenly spread: the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

function make(seconds: number, at: (i: number) => number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, i) => at(i));
}

/** Sets the mean power of a signal, in decibels below full scale. */
function level(samples: Float32Array, decibels: number): Float32Array {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const gain = 10 ** (decibels / 20) / Math.sqrt(power);
  return samples.map((sample) => Math.max(-1, Math.min(1, sample * gain)));
}

function white(seconds: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  return make(seconds, random);
}

/** Noise that falls by 3 dB an octave, by five first-order low-passes. */
function pink(seconds: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  const poles = [0.997, 0.985, 0.95, 0.85, 0.5];
  const states = poles.map(() => 0);
  return make(seconds, () => {
    const input = random();
    return poles.reduce((sum, pole, i) => sum + (states[i] = pole * states[i]! + (1 - pole) * input) / Math.sqrt(1 - pole), 0);
  });
}

/** Noise that falls by 6 dB an octave: wind, traffic far away. */
function brown(seconds: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  let state = 0;
  return make(seconds, () => (state = 0.995 * state + 0.1 * random()));
}

/** Through a telephone: 8 kHz µ-law and back. */
function telephone(samples: Float32Array): Float32Array {
  const down = makeHalf(samples);
  const up = new Resampler(8_000);
  return join([up.push(decodeMuLaw(encodeMuLaw(down))), up.end()]);
}

/** Every second sample of the means of two: rough, but a telephone is too. */
function makeHalf(samples: Float32Array): Float32Array {
  return Float32Array.from({ length: samples.length >> 1 }, (_, i) => (samples[2 * i]! + samples[2 * i + 1]!) / 2);
}

function tones(frequencies: readonly number[], i: number): number {
  return frequencies.reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * i) / RATE), 0) / frequencies.length;
}

/** Tones that are switched on and off: on and off in seconds. */
function cadence(seconds: number, frequencies: readonly number[], on: number, off: number): Float32Array {
  return make(seconds, (i) => ((i / RATE) % (on + off) < on ? tones(frequencies, i) : 0));
}

const DTMF: Readonly<Record<string, readonly [number, number]>> = { '1': [697, 1209], '2': [697, 1336], '5': [770, 1336], '0': [941, 1336], '#': [941, 1477] };

function dtmf(digits: string, on: number, off: number): Float32Array {
  return make(digits.length * (on + off), (i) => {
    const digit = digits[Math.floor(i / RATE / (on + off))] ?? '0';
    return (i / RATE) % (on + off) < on ? tones(DTMF[digit]!, i) : 0;
  });
}

/** Plucked notes over a chord: music while waiting. */
function music(seconds: number, beat: number, notes: readonly number[]): Float32Array {
  return make(seconds, (i) => {
    const time = i / RATE;
    const step = Math.floor(time / beat);
    const age = time - step * beat;
    const note = 220 * 2 ** (notes[step % notes.length]! / 12);
    const chord = [0, 4, 7].map((semitone) => 110 * 2 ** ((semitone + (Math.floor(step / 4) % 2) * 5) / 12));
    const melody = [1, 2, 3, 4].reduce((sum, harmonic) => sum + Math.sin(2 * Math.PI * note * harmonic * time) / harmonic ** 2, 0);
    return melody * Math.exp(-3 * age) + 0.3 * tones(chord, i);
  });
}

/** Noise that comes and goes four times a second, as syllables do. */
function syllables(samples: Float32Array): Float32Array {
  return samples.map((sample, i) => sample * Math.max(0, Math.sin((2 * Math.PI * 4 * i) / RATE)));
}

function clicks(seconds: number, seed: number, each: number): Float32Array {
  const random = randomNumbers(seed);
  let left = 0;
  return make(seconds, (i) => {
    if (i % Math.round(each * RATE) === 0) left = 40;
    return left-- > 0 ? random() : 0;
  });
}

/** 64 recordings of what a telephone line carries beside speech, at several levels. */
export function wordlessRecordings(): Noise[] {
  const noises: Noise[] = [{ name: 'digital silence', samples: new Float32Array(10 * RATE) }];
  const add = (name: string, samples: Float32Array): void => {
    noises.push({ name, samples });
  };
  [-60, -50, -40, -30, -20, -12].forEach((decibels, i) => {
    add(`white noise ${decibels} dB`, level(white(6, 10 + i), decibels));
    add(`pink noise ${decibels} dB`, level(pink(6, 20 + i), decibels));
    add(`brown noise ${decibels} dB`, level(brown(6, 30 + i), decibels));
    add(`pink noise ${decibels} dB by telephone`, telephone(level(pink(6, 40 + i), decibels)));
    add(`noise in syllables ${decibels} dB`, level(syllables(pink(6, 50 + i)), decibels));
  });
  for (const decibels of [-45, -30, -15]) {
    add(`mains hum ${decibels} dB`, level(make(6, (i) => tones([50, 100, 150, 250], i)), decibels));
    add(`dial tone ${decibels} dB`, telephone(level(cadence(6, [425], 6, 0), decibels)));
    add(`ringing ${decibels} dB`, telephone(level(cadence(13, [425], 1, 5), decibels)));
    add(`engaged ${decibels} dB`, telephone(level(cadence(6, [425], 0.25, 0.25), decibels)));
    add(`keys ${decibels} dB`, telephone(level(dtmf('12500#512', 0.1, 0.15), decibels)));
    add(`fax ${decibels} dB`, level(cadence(8, [1_100], 0.5, 3), decibels));
    add(`slow music ${decibels} dB`, telephone(level(music(12, 0.5, [0, 4, 7, 12, 7, 4, 5, 9, 12, 9]), decibels)));
    add(`fast music ${decibels} dB`, level(music(8, 0.15, [12, 14, 16, 12, 16, 19, 17, 16, 14, 12, 7, 9]), decibels));
    add(`music in noise ${decibels} dB`, level(mix(music(8, 0.3, [0, 3, 7, 10, 12]), white(8, 60)), decibels));
    add(`clicks ${decibels} dB`, level(clicks(6, 70, 0.4), decibels));
    add(`low tone in noise ${decibels} dB`, level(mix(cadence(6, [180], 0.3, 0.3), pink(6, 80)), decibels));
  }
  return noises;
}

function mix(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((sample, i) => sample + 0.2 * b[i]!);
}
