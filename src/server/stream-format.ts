import { decodeALaw, decodeMuLaw } from '../audio/g711.js';
import { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from '../audio/resample.js';

/** G.711 µ-law, G.711 A-law, and signed 16-bit samples. */
export type StreamEncoding = 'pcmu' | 'pcma' | 'l16';

/** How a stream's bytes are to be read. */
export interface StreamFormat {
  readonly encoding: StreamEncoding;
  /** An integer that the resampler takes: {@link MIN_SAMPLE_RATE_HZ} to {@link MAX_SAMPLE_RATE_HZ}. */
  readonly sampleRateHz: number;
  /** Interleaved in the bytes, unless the protocol sends each channel for itself. */
  readonly channels: 1 | 2;
  /** Of `l16`; every protocol here sends it little-endian unless it says otherwise (RFC 2586 does). */
  readonly bigEndian: boolean;
}

export function isSampleRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= MIN_SAMPLE_RATE_HZ && value <= MAX_SAMPLE_RATE_HZ;
}

/** Bytes of one sample of one channel. */
export function bytesPerSample(encoding: StreamEncoding): 1 | 2 {
  return encoding === 'l16' ? 2 : 1;
}

/**
 * Bytes of a stream in, samples of each channel out. Frames may be cut anywhere, also in the middle of a sample: any
 * cutting gives the same samples.
 */
export class StreamDecoder {
  readonly #format: StreamFormat;
  readonly #bytesPerFrame: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(format: StreamFormat) {
    this.#format = format;
    this.#bytesPerFrame = bytesPerSample(format.encoding) * format.channels;
  }

  /** @returns one array for each channel, equally long. */
  write(bytes: Uint8Array): Float32Array[] {
    const joined = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole = joined.length - (joined.length % this.#bytesPerFrame);
    // Copied: the rest must not keep a whole message alive, nor change with it.
    this.#rest = joined.slice(whole);
    const samples = this.#decode(joined.subarray(0, whole));
    if (this.#format.channels === 1) return [samples];
    const left = new Float32Array(samples.length / 2);
    const right = new Float32Array(samples.length / 2);
    for (let frame = 0; frame < left.length; frame++) {
      left[frame] = samples[2 * frame]!;
      right[frame] = samples[2 * frame + 1]!;
    }
    return [left, right];
  }

  #decode(bytes: Uint8Array): Float32Array {
    const { encoding, bigEndian } = this.#format;
    if (encoding === 'pcmu') return decodeMuLaw(bytes);
    if (encoding === 'pcma') return decodeALaw(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(bytes.length / 2);
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, !bigEndian) / 32_768;
    return samples;
  }
}
