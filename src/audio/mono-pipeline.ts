import { TonalitetError } from '../errors.js';
import { MAX_CHUNK_SAMPLES } from './pcm.js';
import { Resampler } from './resample.js';

/**
 * Mono samples of any rate in, chunks of {@link MAX_CHUNK_SAMPLES} at 16 kHz out: only the last may be shorter, and none is
 * empty. Chunks are the reader's own. Samples are clipped to [-1, 1] here, at the very end: earlier, clipping would spoil
 * overshoots that mixing and resampling still even out.
 */
export class MonoPipeline {
  readonly #resampler: Resampler;
  readonly #maxDurationS: number;
  #chunk: Float32Array = new Float32Array(MAX_CHUNK_SAMPLES);
  #filled = 0;
  #samplesIn = 0;
  #chunksOut = 0;

  /**
   * @param sampleRateHz an integer from 1,000 to 384,000.
   * @param maxDurationS seconds of input that are taken.
   */
  constructor(sampleRateHz: number, maxDurationS: number) {
    this.#resampler = new Resampler(sampleRateHz);
    this.#maxDurationS = maxDurationS;
  }

  /** @throws TonalitetError `AUDIO_LIMIT` if that many samples of input take longer than the limit. */
  checkLength(samples: number): void {
    const { inputRateHz } = this.#resampler;
    if (samples <= this.#maxDurationS * inputRateHz) return;
    throw new TonalitetError(
      'AUDIO_LIMIT',
      `Expected a recording of at most ${this.#maxDurationS} s, got ${(samples / inputRateHz).toFixed(3)} s or more. ` +
        'Cut it into parts, or raise maxDurationS.',
    );
  }

  /**
   * Takes the next samples and gives the chunks that they complete.
   *
   * @throws TonalitetError `AUDIO_LIMIT`.
   */
  push(samples: Float32Array): Float32Array[] {
    this.#samplesIn += samples.length;
    this.checkLength(this.#samplesIn);
    return this.#cut(this.#resampler.push(samples));
  }

  /**
   * Gives what is left. Call it once.
   *
   * @throws TonalitetError `AUDIO_EMPTY` if the whole recording is shorter than half a sample at 16 kHz.
   */
  end(): Float32Array[] {
    const chunks = this.#cut(this.#resampler.end());
    if (this.#filled > 0) {
      chunks.push(this.#chunk.slice(0, this.#filled));
      this.#chunksOut++;
    }
    if (this.#chunksOut === 0) {
      throw new TonalitetError('AUDIO_EMPTY', 'Expected a recording of at least one sample at 16 kHz, got less. Check that it was made.');
    }
    return chunks;
  }

  #cut(samples: Float32Array): Float32Array[] {
    const complete: Float32Array[] = [];
    for (let i = 0; i < samples.length; i++) {
      this.#chunk[this.#filled++] = Math.max(-1, Math.min(1, samples[i]!));
      if (this.#filled < MAX_CHUNK_SAMPLES) continue;
      complete.push(this.#chunk);
      this.#chunk = new Float32Array(MAX_CHUNK_SAMPLES);
      this.#filled = 0;
    }
    this.#chunksOut += complete.length;
    return complete;
  }
}
