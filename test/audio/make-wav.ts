import { encodeALaw, encodeMuLaw } from '../../src/audio/g711.js';

/** What {@link makeWav} writes; everything can be set to something wrong. */
export interface WavSpec {
  readonly form?: 'RIFF' | 'RIFX' | 'RF64';
  readonly tag?: number;
  readonly extensible?: boolean;
  readonly bits?: number;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  readonly blockAlign?: number;
  readonly data?: Uint8Array;
  readonly dataSize?: number;
  readonly riffSize?: number;
  /** Chunks before `fmt `, between it and `data`, and after. */
  readonly before?: readonly Uint8Array[];
  readonly between?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
  readonly withoutFormat?: boolean;
  readonly withoutData?: boolean;
}

export const PCM = 1;
export const FLOAT = 3;
export const A_LAW = 6;
export const MU_LAW = 7;

const GUID_TAIL = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
const GUID_TAIL_BIG = [0x00, 0x00, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

/** A WAV file, well-formed as long as nothing says otherwise: 16-bit mono PCM at 8 kHz without samples. */
export function makeWav(spec: WavSpec = {}): Uint8Array {
  const { form = 'RIFF', tag = PCM, bits = 16, channels = 1, sampleRateHz = 8_000, data = new Uint8Array(0) } = spec;
  const little = form !== 'RIFX';
  const blockAlign = spec.blockAlign ?? (channels * bits) / 8;

  const format = new Uint8Array(spec.extensible === true ? 40 : 16);
  const view = new DataView(format.buffer);
  view.setUint16(0, spec.extensible === true ? 0xfffe : tag, little);
  view.setUint16(2, channels, little);
  view.setUint32(4, sampleRateHz, little);
  view.setUint32(8, (sampleRateHz * blockAlign) >>> 0, little);
  view.setUint16(12, blockAlign, little);
  view.setUint16(14, bits, little);
  if (spec.extensible === true) {
    view.setUint16(16, 22, little);
    view.setUint16(18, bits, little);
    if (little) {
      view.setUint16(24, tag, true);
      format.set(GUID_TAIL, 26);
    } else {
      view.setUint32(24, tag, false);
      format.set(GUID_TAIL_BIG, 28);
    }
  }

  const dataHeader = chunkHeader('data', spec.dataSize ?? (form === 'RF64' ? 0xffff_ffff : data.length), little);
  const body = concat(
    ...(form === 'RF64' ? [ds64(data.length)] : []),
    ...(spec.before ?? []),
    ...(spec.withoutFormat === true ? [] : [chunk('fmt ', format, little)]),
    ...(spec.between ?? []),
    ...(spec.withoutData === true ? [] : [dataHeader, data, new Uint8Array(spec.after === undefined ? 0 : data.length % 2)]),
    ...(spec.after ?? []),
  );
  const riffSize = spec.riffSize ?? (form === 'RF64' ? 0xffff_ffff : body.length + 4);
  return concat(chunkHeader(form, riffSize, little), ascii('WAVE'), body);
}

/** A chunk with its padding. */
export function chunk(name: string, body: Uint8Array, little = true): Uint8Array {
  return concat(chunkHeader(name, body.length, little), body, new Uint8Array(body.length % 2));
}

export function chunkHeader(name: string, size: number, little = true): Uint8Array {
  const header = new Uint8Array(8);
  header.set(ascii(name));
  new DataView(header.buffer).setUint32(4, size, little);
  return header;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Samples to the bytes of a WAV file's data chunk. Interleaved, if there is more than one channel. */
export function encodeSamples(samples: Float32Array, tag: number, bits: number, little = true): Uint8Array {
  if (tag === MU_LAW) return encodeMuLaw(samples);
  if (tag === A_LAW) return encodeALaw(samples);
  const width = bits / 8;
  const bytes = new Uint8Array(samples.length * width);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => {
    if (tag === FLOAT && bits === 32) return view.setFloat32(i * 4, sample, little);
    if (tag === FLOAT) return view.setFloat64(i * 8, sample, little);
    const scale = 2 ** (bits - 1);
    const value = Math.max(-scale, Math.min(scale - 1, Math.round(sample * scale)));
    if (bits === 8) return view.setUint8(i, value + 128);
    if (bits === 16) return view.setInt16(i * 2, value, little);
    if (bits === 32) return view.setInt32(i * 4, value, little);
    for (let byte = 0; byte < 3; byte++) view.setUint8(i * 3 + (little ? byte : 2 - byte), (value >> (8 * byte)) & 0xff);
  });
  return bytes;
}

function ds64(dataBytes: number): Uint8Array {
  const body = new Uint8Array(28);
  new DataView(body.buffer).setBigUint64(8, BigInt(dataBytes), true);
  return chunk('ds64', body);
}
