import { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from './resample.js';
import { invalidWav, unsupportedWav } from './wav-errors.js';

/** The most channels that are taken: a mixing desk has 32; a header that says more is taken for a mistake. */
export const MAX_CHANNELS = 32;

/** Bytes of a `fmt ` chunk that mean something here: WAVEFORMATEXTENSIBLE, the longest of its layouts. */
export const FMT_BYTES = 40;

/** The shortest `fmt ` chunk: WAVEFORMAT with `wBitsPerSample`. */
export const MIN_FMT_BYTES = 16;

/** The layouts that are read without ffmpeg. */
export type WavCodec = 'pcm' | 'float' | 'a-law' | 'µ-law';

/** What a `fmt ` chunk says, after its bounds were checked. */
export interface WavFormat {
  readonly codec: WavCodec;
  /** 8, 16, 24 or 32 for `pcm`; 32 or 64 for `float`; 8 for the telephone codecs. */
  readonly bitsPerSample: number;
  /** 1 to 32. */
  readonly channels: number;
  /** 1,000 to 384,000. */
  readonly sampleRateHz: number;
  /** Bytes of one sample of every channel: channels times bits per sample, divided by 8. */
  readonly bytesPerFrame: number;
}

/** Either a format, or the number of a codec that is not read here (ffmpeg may know it). */
export type WavFormatResult =
  | { readonly kind: 'format'; readonly format: WavFormat }
  | { readonly kind: 'foreign-codec'; readonly codecTag: number };

/** Format tags from Microsoft's mmreg.h. */
const TAG_EXTENSIBLE = 0xfffe;
const CODECS: ReadonlyMap<number, WavCodec> = new Map<number, WavCodec>([
  [0x0001, 'pcm'],
  [0x0003, 'float'],
  [0x0006, 'a-law'],
  [0x0007, 'µ-law'],
]);

const BIT_DEPTHS: Readonly<Record<WavCodec, readonly number[]>> = {
  pcm: [8, 16, 24, 32],
  float: [32, 64],
  'a-law': [8],
  'µ-law': [8],
};

/** The last 12 bytes of KSDATAFORMAT_SUBTYPE_… (xxxxxxxx-0000-0010-8000-00AA00389B71) as stored; the first four are the tag. */
const SUBTYPE_TAIL_LITTLE = [0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71] as const;
const SUBTYPE_TAIL_BIG = [0x00, 0x00, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71] as const;

/**
 * Reads the body of a `fmt ` chunk. Nothing is allocated from what it says before every field has been checked.
 *
 * @param body the first bytes of the chunk, at most {@link FMT_BYTES}.
 * @throws TonalitetError `AUDIO_INVALID` if the fields contradict one another, `AUDIO_UNSUPPORTED` if they are outside the limits.
 */
export function parseWavFormat(body: Uint8Array, littleEndian: boolean): WavFormatResult {
  if (body.length < MIN_FMT_BYTES) {
    throw invalidWav(`expected a 'fmt ' chunk of at least ${MIN_FMT_BYTES} bytes, got ${body.length}`);
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const statedTag = view.getUint16(0, littleEndian);
  const channels = view.getUint16(2, littleEndian);
  const sampleRateHz = view.getUint32(4, littleEndian);
  const bytesPerFrame = view.getUint16(12, littleEndian);
  const bitsPerSample = view.getUint16(14, littleEndian);

  const codecTag = statedTag === TAG_EXTENSIBLE ? extensibleTag(view, bitsPerSample, littleEndian) : statedTag;
  if (channels === 0) throw invalidWav(`expected 1 to ${MAX_CHANNELS} channels, got 0`);
  if (sampleRateHz === 0) throw invalidWav(`expected a sample rate from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ} Hz, got 0`);
  if (channels > MAX_CHANNELS) throw unsupportedWav(`expected 1 to ${MAX_CHANNELS} channels, got ${channels}`, 'mix it down first');
  if (sampleRateHz < MIN_SAMPLE_RATE_HZ || sampleRateHz > MAX_SAMPLE_RATE_HZ) {
    throw unsupportedWav(
      `expected a sample rate from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ} Hz, got ${sampleRateHz}`,
      'resample it first',
    );
  }

  const codec = CODECS.get(codecTag);
  if (codec === undefined) return { kind: 'foreign-codec', codecTag };
  if (!BIT_DEPTHS[codec].includes(bitsPerSample)) {
    throw unsupportedWav(
      `expected ${BIT_DEPTHS[codec].join(' or ')} bits per sample for ${codec}, got ${bitsPerSample}`,
      'convert it to 16-bit PCM',
    );
  }
  const expectedFrame = (channels * bitsPerSample) / 8;
  if (bytesPerFrame !== expectedFrame) {
    throw invalidWav(
      `expected a block of ${expectedFrame} bytes for ${channels} channels of ${bitsPerSample} bits, got ${bytesPerFrame}`,
    );
  }
  return { kind: 'format', format: { codec, bitsPerSample, channels, sampleRateHz, bytesPerFrame } };
}

function extensibleTag(view: DataView, bitsPerSample: number, littleEndian: boolean): number {
  if (view.byteLength < FMT_BYTES) {
    throw invalidWav(`expected a 'fmt ' chunk of at least ${FMT_BYTES} bytes for WAVE_FORMAT_EXTENSIBLE, got ${view.byteLength}`);
  }
  // Valid bits are the upper bits of their container (mmreg.h), so the container alone decides how a sample is read.
  const validBits = view.getUint16(18, littleEndian);
  if (validBits > bitsPerSample) {
    throw invalidWav(`expected at most ${bitsPerSample} valid bits in ${bitsPerSample}-bit samples, got ${validBits}`);
  }
  const tail = littleEndian ? SUBTYPE_TAIL_LITTLE : SUBTYPE_TAIL_BIG;
  if (!tail.every((byte, i) => view.getUint8(28 + i) === byte)) {
    throw unsupportedWav('expected a sub-format GUID of the KSDATAFORMAT_SUBTYPE family, got another', 'convert it to 16-bit PCM');
  }
  return view.getUint32(24, littleEndian);
}
