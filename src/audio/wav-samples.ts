import { TonalitetError } from '../errors.js';
import { decodeALaw, decodeMuLaw } from './g711.js';
import type { WavFormat } from './wav-format.js';

/** One array for each channel, all of one length. Integer formats are in [-1, 1); float formats keep what was stored. */
export type WavFrames = readonly Float32Array[];

/** Beyond this a float64 sample has no finite float32. */
const MAX_FLOAT32 = 3.4028234663852886e38;

type ReadSample = (view: DataView, offset: number, littleEndian: boolean) => number;

const READ_PCM: ReadonlyMap<number, ReadSample> = new Map<number, ReadSample>([
  // 8-bit WAV is unsigned, all the others are signed (IBM and Microsoft, "Multimedia Programming Interface", 1991).
  [8, (view, offset) => (view.getUint8(offset) - 128) / 2 ** 7],
  [16, (view, offset, littleEndian) => view.getInt16(offset, littleEndian) / 2 ** 15],
  [24, (view, offset, littleEndian) => readInt24(view, offset, littleEndian) / 2 ** 23],
  [32, (view, offset, littleEndian) => view.getInt32(offset, littleEndian) / 2 ** 31],
]);

const READ_FLOAT: ReadonlyMap<number, ReadSample> = new Map<number, ReadSample>([
  [32, (view, offset, littleEndian) => view.getFloat32(offset, littleEndian)],
  [64, (view, offset, littleEndian) => view.getFloat64(offset, littleEndian)],
]);

/**
 * Turns whole frames of a WAV file's bytes into samples.
 *
 * @param bytes a whole number of frames.
 * @param firstFrame the number in the file of the first frame here, for the error's position.
 * @throws TonalitetError `AUDIO_NOT_FINITE` for a float sample that is NaN, infinite or too large for float32.
 */
export function decodeWavFrames(bytes: Uint8Array, format: WavFormat, littleEndian: boolean, firstFrame: number): WavFrames {
  const { codec, channels } = format;
  if (codec === 'µ-law') return deinterleave(decodeMuLaw(bytes), channels);
  if (codec === 'a-law') return deinterleave(decodeALaw(bytes), channels);

  const read = (codec === 'pcm' ? READ_PCM : READ_FLOAT).get(format.bitsPerSample)!;
  const width = format.bitsPerSample / 8;
  const frameCount = bytes.length / format.bytesPerFrame;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(frameCount);
    for (let frame = 0, offset = channel * width; frame < frameCount; frame++, offset += format.bytesPerFrame) {
      const sample = read(view, offset, littleEndian);
      // Written so that NaN fails as well.
      if (!(Math.abs(sample) <= MAX_FLOAT32)) throw notFinite(firstFrame + frame, channel, format.sampleRateHz);
      samples[frame] = sample;
    }
    return samples;
  });
}

function deinterleave(samples: Float32Array, channels: number): WavFrames {
  if (channels === 1) return [samples];
  const frameCount = samples.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    const own = new Float32Array(frameCount);
    for (let frame = 0; frame < frameCount; frame++) own[frame] = samples[frame * channels + channel]!;
    return own;
  });
}

function readInt24(view: DataView, offset: number, littleEndian: boolean): number {
  return littleEndian
    ? (view.getInt8(offset + 2) << 16) | view.getUint16(offset, true)
    : (view.getInt8(offset) << 16) | view.getUint16(offset + 1, false);
}

function notFinite(frame: number, channel: number, sampleRateHz: number): TonalitetError {
  return new TonalitetError(
    'AUDIO_NOT_FINITE',
    `Expected finite samples, got NaN or infinity at sample ${frame} of channel ${channel + 1} ` +
      `(${(frame / sampleRateHz).toFixed(3)} s). Export the recording again, as 16-bit PCM if possible.`,
  );
}
