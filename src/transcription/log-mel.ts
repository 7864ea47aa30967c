import { makeMelFilters } from './mel-filters.js';
import type { MelFilter } from './mel-filters.js';
import { RealFft } from './real-fft.js';

/** Whisper's analysis: windows of 25 ms every 10 ms at 16 kHz. */
const SAMPLE_RATE_HZ = 16_000;
const WINDOW_SAMPLES = 400;
export const HOP_SAMPLES = 160;

/** What Whisper takes for nothing, before the logarithm. */
const FLOOR_POWER = 1e-10;

/** Whisper keeps this many powers of ten below a clip's loudest place. */
const RANGE = 8;

/**
 * Whisper's input: the logarithm of the power in mel bands, within eight powers of ten below the clip's loudest place, scaled to
 * about [-1, 1]. It follows the reference, with its reflection of the signal at both ends, but for any number of frames, not
 * just those of 30 s.
 */
export class LogMel {
  readonly #bands: number;
  readonly #filters: readonly MelFilter[];
  readonly #fft = new RealFft(WINDOW_SAMPLES);
  /** Hann's window, periodic. */
  readonly #window: Float64Array = Float64Array.from({ length: WINDOW_SAMPLES }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW_SAMPLES));
  readonly #power = new Float64Array(WINDOW_SAMPLES / 2 + 1);
  /** The clip with its reflected ends; grows to the longest clip seen, which `frames` bounds. */
  #padded = new Float32Array(0);

  /** @param bands mel bands: 80, or 128 for the large models. */
  constructor(bands: number) {
    this.#bands = bands;
    this.#filters = makeMelFilters(bands, WINDOW_SAMPLES, SAMPLE_RATE_HZ);
  }

  /**
   * Computes one clip's frames; the clip is followed by silence up to their end.
   *
   * @param samples 16 kHz mono, finite, at most `frames * 160`.
   * @param frames frames of 10 ms to compute, at least 2.
   * @param output float32 [bands, stride], written in its first `frames` columns; what is after them is filled with the clip's silence.
   * @param stride columns of the output, at least `frames`.
   */
  compute(samples: Float32Array, frames: number, output: Float32Array, stride: number = frames): void {
    const half = WINDOW_SAMPLES / 2;
    const length = frames * HOP_SAMPLES;
    if (samples.length > length) throw new RangeError(`expected at most ${length} samples for ${frames} frames, got ${samples.length}`);
    if (frames < 2 || frames > stride) throw new RangeError(`expected 2 to ${stride} frames, got ${frames}`);
    const padded = this.#pad(samples, length);
    // Windows from this frame on hold nothing but the silence after the clip; the reflected end only matters without silence.
    const silentFrom = length - samples.length >= WINDOW_SAMPLES ? Math.ceil((samples.length + half) / HOP_SAMPLES) : frames;
    const floor = Math.log10(FLOOR_POWER);
    let loudest = floor;
    for (let frame = 0; frame < Math.min(frames, silentFrom); frame++) {
      this.#fft.power(padded, frame * HOP_SAMPLES, this.#window, this.#power);
      for (let band = 0; band < this.#bands; band++) {
        const { from, weights } = this.#filters[band]!;
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i]! * this.#power[from + i]!;
        const value = sum <= FLOOR_POWER ? floor : Math.log10(sum);
        if (value > loudest) loudest = value;
        output[band * stride + frame] = value;
      }
    }
    const lowest = Math.max(floor, loudest - RANGE);
    for (let band = 0; band < this.#bands; band++) {
      const row = band * stride;
      const end = row + Math.min(frames, silentFrom);
      for (let i = row; i < end; i++) output[i] = (Math.max(output[i]!, lowest) + 4) / 4;
      output.fill((lowest + 4) / 4, end, row + stride);
    }
  }

  /** The clip with half a window reflected before it, silence and half a reflected window after it. */
  #pad(samples: Float32Array, length: number): Float32Array {
    const half = WINDOW_SAMPLES / 2;
    if (this.#padded.length < length + WINDOW_SAMPLES) this.#padded = new Float32Array(length + WINDOW_SAMPLES);
    const padded = this.#padded;
    padded.set(samples, half);
    padded.fill(0, half + samples.length, half + length);
    for (let i = 1; i <= half; i++) {
      padded[half - i] = padded[half + i]!;
      padded[half + length - 1 + i] = padded[half + length - 1 - i]!;
    }
    return padded;
  }
}
