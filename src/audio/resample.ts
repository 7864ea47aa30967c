import { MODEL_SAMPLE_RATE_HZ } from './pcm.js';
import { polyphaseFilter } from './polyphase-filter.js';
import type { PolyphaseFilter } from './polyphase-filter.js';

/** The lowest sample rate that is taken, in hertz. Below it there is no speech left to recognise. */
export const MIN_SAMPLE_RATE_HZ = 1_000;

/** The highest sample rate that is taken, in hertz: the highest in use by audio interfaces. */
export const MAX_SAMPLE_RATE_HZ = 384_000;

/** Input samples that are worked on at a time, beside the filter's own length. */
const BLOCK_SAMPLES = 8_192;

/**
 * Mono samples at one rate in, the same at 16 kHz out.
 *
 * The law of streaming: any cutting of the input into `push` calls gives the same output, bit for bit. The phase is linear
 * and the filter's delay is taken out: output sample `n` stands for the moment `n / 16000` s, and `N` samples in become
 * `Math.round(N * 16000 / inputRateHz)` out. Before the first sample and after the last one the input counts as silence.
 *
 * The filter is specified in `polyphase-filter.ts`: flat (within 0.001 dB) up to 90 % of the lower Nyquist frequency, more
 * than 80 dB down from 100 %. Its table takes at most about 1 MiB for any rate: ratios with too many phases, such as
 * 44,101 to 16,000, interpolate between the phases of a smaller table. An input at 16 kHz passes through untouched.
 */
export class Resampler {
  readonly inputRateHz: number;
  readonly #up: number;
  readonly #down: number;
  readonly #filter: PolyphaseFilter | undefined;
  readonly #buffer: Float64Array;
  /** Samples in the buffer. */
  #filled = 0;
  /** Where in the buffer the window of the next output sample starts. */
  #cursor = 0;
  /** The next output sample's place after `#cursor`'s input sample, in `#up`-ths. */
  #phase = 0;
  #samplesIn = 0;
  #samplesOut = 0;
  #ended = false;

  /**
   * @param inputRateHz an integer from 1,000 to 384,000.
   * @throws RangeError for any other rate.
   */
  constructor(inputRateHz: number) {
    checkSampleRate(inputRateHz);
    const divisor = greatestCommonDivisor(inputRateHz, MODEL_SAMPLE_RATE_HZ);
    this.inputRateHz = inputRateHz;
    this.#up = MODEL_SAMPLE_RATE_HZ / divisor;
    this.#down = inputRateHz / divisor;
    if (inputRateHz === MODEL_SAMPLE_RATE_HZ) {
      this.#filter = undefined;
      this.#buffer = new Float64Array(0);
    } else {
      this.#filter = polyphaseFilter(this.#up, this.#down);
      this.#buffer = new Float64Array(this.#filter.taps + BLOCK_SAMPLES);
      // The silence before the first sample; it lets the first window be centred on it.
      this.#filled = this.#filter.taps / 2 - 1;
    }
  }

  /**
   * Takes the next samples and gives those at 16 kHz that they complete, possibly none.
   *
   * @param samples any number, all finite. At 16 kHz the same array is given back.
   * @throws Error after {@link end}.
   */
  push(samples: Float32Array): Float32Array {
    if (this.#ended) throw new Error('expected push() before end(), but this resampler has ended; make a new one');
    this.#samplesIn += samples.length;
    if (this.#filter === undefined) {
      this.#samplesOut += samples.length;
      return samples;
    }
    return this.#run(this.#filter, samples, Infinity);
  }

  /** Gives the samples that were waiting for input after them. Call it once. */
  end(): Float32Array {
    if (this.#ended) throw new Error('expected end() once, but this resampler has ended; make a new one');
    this.#ended = true;
    if (this.#filter === undefined) return new Float32Array(0);
    const total = Math.round((this.#samplesIn * MODEL_SAMPLE_RATE_HZ) / this.inputRateHz);
    return this.#run(this.#filter, new Float32Array(this.#filter.taps / 2), total - this.#samplesOut);
  }

  #run(filter: PolyphaseFilter, samples: Float32Array, maxOutput: number): Float32Array {
    const output = new Float32Array(Math.min(maxOutput, Math.ceil((samples.length * this.#up) / this.#down) + 2));
    let written = 0;
    for (let offset = 0; offset < samples.length; offset += BLOCK_SAMPLES) {
      const block = samples.subarray(offset, offset + BLOCK_SAMPLES);
      this.#buffer.set(block, this.#filled);
      this.#filled += block.length;
      written = this.#filterBlock(filter, output, written);
      // What the next windows need moves to the front: always fewer than `taps` samples.
      this.#buffer.copyWithin(0, this.#cursor, this.#filled);
      this.#filled -= this.#cursor;
      this.#cursor = 0;
    }
    this.#samplesOut += written;
    return written === output.length ? output : output.slice(0, written);
  }

  #filterBlock(filter: PolyphaseFilter, output: Float32Array, start: number): number {
    const { taps, rows, interpolated, coefficients } = filter;
    const buffer = this.#buffer;
    const up = this.#up;
    const wholeStep = Math.floor(this.#down / up);
    const phaseStep = this.#down % up;
    const lastCursor = this.#filled - taps;
    let cursor = this.#cursor;
    let phase = this.#phase;
    let written = start;
    while (cursor <= lastCursor && written < output.length) {
      if (interpolated) {
        const position = (phase * rows) / up;
        const row = Math.floor(position);
        const share = position - row;
        const below = dot(coefficients, row * taps, buffer, cursor, taps);
        const above = dot(coefficients, (row + 1) * taps, buffer, cursor, taps);
        output[written] = below + (above - below) * share;
      } else {
        output[written] = dot(coefficients, phase * taps, buffer, cursor, taps);
      }
      written++;
      cursor += wholeStep;
      phase += phaseStep;
      if (phase >= up) {
        phase -= up;
        cursor++;
      }
    }
    this.#cursor = cursor;
    this.#phase = phase;
    return written;
  }
}

/** @throws RangeError unless the rate is an integer from 1,000 to 384,000 Hz. */
export function checkSampleRate(sampleRateHz: number): void {
  if (!Number.isInteger(sampleRateHz) || sampleRateHz < MIN_SAMPLE_RATE_HZ || sampleRateHz > MAX_SAMPLE_RATE_HZ) {
    throw new RangeError(
      `expected a sample rate that is an integer from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ} Hz, got ${String(sampleRateHz)}`,
    );
  }
}

/** The hot loop. Four sums, so that the additions need not wait for one another; `taps` is a multiple of 4. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, taps: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let k = 0; k < taps; k += 4) {
    sum0 += a[aStart + k]! * b[bStart + k]!;
    sum1 += a[aStart + k + 1]! * b[bStart + k + 1]!;
    sum2 += a[aStart + k + 2]! * b[bStart + k + 2]!;
    sum3 += a[aStart + k + 3]! * b[bStart + k + 3]!;
  }
  return sum0 + sum1 + (sum2 + sum3);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
