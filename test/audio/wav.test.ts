import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { WavReader } from '../../src/audio/wav.js';
import { A_LAW, FLOAT, MU_LAW, PCM, ascii, chunk, concat, encodeSamples, makeWav } from './make-wav.js';
import { cutAt, join, rms, sine } from './signals.js';

/** Reads a whole file, given in any number of pieces, into one array for each channel. */
function readWav(...pieces: readonly Uint8Array[]): { channels: Float32Array[]; reader: WavReader } {
  const reader = new WavReader();
  const blocks = pieces.map((piece) => reader.write(piece));
  reader.end();
  const channels = Array.from({ length: reader.format?.channels ?? 0 }, (_, channel) =>
    join(blocks.flatMap((block) => (block[channel] === undefined ? [] : [block[channel]]))),
  );
  return { channels, reader };
}

const tone = sine(440, 8_000, 800);

describe('every layout', () => {
  // The largest error of rounding, in parts of full scale; the telephone codecs by their usual ratio for a half-scale tone.
  const layouts = [
    { name: '8-bit PCM', tag: PCM, bits: 8, error: 0.5 / 2 ** 7 },
    { name: '16-bit PCM', tag: PCM, bits: 16, error: 0.5 / 2 ** 15 },
    { name: '24-bit PCM', tag: PCM, bits: 24, error: 0.5 / 2 ** 23 + 2 ** -24 },
    { name: '32-bit PCM', tag: PCM, bits: 32, error: 2 ** -24 },
    { name: 'float32', tag: FLOAT, bits: 32, error: 0 },
    { name: 'float64', tag: FLOAT, bits: 64, error: 0 },
    { name: 'A-law', tag: A_LAW, bits: 8, error: 0.5 / 32 },
    { name: 'µ-law', tag: MU_LAW, bits: 8, error: 0.5 / 32 },
  ];
  const variants = layouts.flatMap((layout) => [
    { ...layout, form: 'RIFF' as const, extensible: false },
    { ...layout, form: 'RIFF' as const, extensible: true },
    { ...layout, form: 'RIFX' as const, extensible: false },
    { ...layout, form: 'RIFX' as const, extensible: true },
    { ...layout, form: 'RF64' as const, extensible: false },
  ]);

  it.each(variants)('$name in $form, extensible: $extensible', ({ tag, bits, error, form, extensible }) => {
    const data = encodeSamples(tone, tag, bits, form !== 'RIFX');
    const { channels, reader } = readWav(makeWav({ form, extensible, tag, bits, data }));
    expect(reader.format).toMatchObject({ bitsPerSample: bits, channels: 1, sampleRateHz: 8_000 });
    expect(reader.promisedFrames).toBe(tone.length);
    expect(channels[0]).toHaveLength(tone.length);
    const errors = channels[0]!.map((sample, i) => Math.abs(sample - tone[i]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(error);
    expect(rms(channels[0]!)).toBeGreaterThan(0.34);
  });

  it.each([1, 2, 3, 32])('keeps %i channels apart', (channels) => {
    const interleaved = Float32Array.from({ length: channels * 50 }, (_, i) => (i % channels) / 64 + Math.floor(i / channels) / 128);
    const data = encodeSamples(interleaved, PCM, 16);
    const { channels: read } = readWav(makeWav({ channels, data }));
    expect(read).toHaveLength(channels);
    read.forEach((samples, channel) => {
      expect([...samples]).toEqual(Array.from({ length: 50 }, (_, frame) => channel / 64 + frame / 128));
    });
  });

  it('keeps µ-law channels apart', () => {
    const data = encodeSamples(Float32Array.of(0.5, -0.5, 0.5, -0.5), MU_LAW, 8);
    const { channels } = readWav(makeWav({ channels: 2, tag: MU_LAW, bits: 8, data }));
    expect(channels.map((samples) => samples.map(Math.sign))).toEqual([Float32Array.of(1, 1), Float32Array.of(-1, -1)]);
  });

  it('reaches the ends of the scale', () => {
    const data = Uint8Array.of(0x00, 0x80, 0xff, 0x7f);
    expect([...readWav(makeWav({ data })).channels[0]!]).toEqual([-1, 32_767 / 32_768]);
  });

  it('keeps float samples beyond 1 as they are', () => {
    const data = encodeSamples(Float32Array.of(1.5, -3), FLOAT, 32);
    expect([...readWav(makeWav({ tag: FLOAT, bits: 32, data })).channels[0]!]).toEqual([1.5, -3]);
  });
});

describe('chunks', () => {
  const data = encodeSamples(tone, PCM, 16);

  it('skips chunks around the format, with their padding', () => {
    const file = makeWav({
      data: data.subarray(0, 7 * 2),
      before: [chunk('JUNK', new Uint8Array(5)), chunk('bext', new Uint8Array(602))],
      between: [chunk('LIST', ascii('INFOdata')), chunk('odd ', new Uint8Array(1)), chunk('none', new Uint8Array(0))],
      after: [chunk('LIST', ascii('data'))],
    });
    expect(readWav(file).channels[0]).toHaveLength(7);
  });

  it('pads a data chunk of odd size', () => {
    const file = makeWav({ tag: MU_LAW, bits: 8, data: Uint8Array.of(1, 2, 3), after: [chunk('LIST', ascii('INFO'))] });
    expect(readWav(file).channels[0]).toHaveLength(3);
  });

  it('drops an incomplete last frame', () => {
    expect(readWav(makeWav({ data: data.subarray(0, 5) })).channels[0]).toHaveLength(2);
    expect(readWav(makeWav({ data: data.subarray(0, 5), dataSize: 0xffff_ffff })).channels[0]).toHaveLength(2);
  });

  it.each([
    { writer: 'ffmpeg', dataSize: 0xffff_ffff, riffSize: 0xffff_ffff },
    { writer: 'SoX', dataSize: 0x7fff_f000, riffSize: 0x7fff_f024 },
    { writer: 'arecord', dataSize: 0x8000_0000, riffSize: 0x8000_0024 },
    { writer: 'one that cannot seek', dataSize: 0, riffSize: 0 },
    { writer: 'one that was stopped', dataSize: 0, riffSize: 36 },
  ])('reads to the end a pipe from $writer', ({ dataSize, riffSize }) => {
    const { channels, reader } = readWav(makeWav({ data, dataSize, riffSize }));
    expect(channels[0]).toHaveLength(tone.length);
    expect(reader.promisedFrames).toBeUndefined();
  });

  it('gives the same frames for any chunking', () => {
    const layout = fc.constantFrom({ tag: PCM, bits: 16 }, { tag: PCM, bits: 24 }, { tag: FLOAT, bits: 64 }, { tag: MU_LAW, bits: 8 });
    const form = fc.constantFrom('RIFF' as const, 'RIFX' as const, 'RF64' as const);
    fc.assert(
      fc.property(layout, form, fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(), { maxLength: 30 }), fc.boolean(), (kind, name, channels, cuts, piped) => {
        const samples = encodeSamples(sine(440, 8_000, channels * 40), kind.tag, kind.bits, name !== 'RIFX');
        const file = makeWav({
          ...kind,
          form: name,
          channels,
          data: samples,
          between: [chunk('LIST', new Uint8Array(11), name !== 'RIFX')],
          ...(piped ? { dataSize: 0xffff_ffff } : { after: [chunk('LIST', new Uint8Array(11), name !== 'RIFX')] }),
        });
        expect(readWav(...cutAt(file, cuts)).channels).toEqual(readWav(file).channels);
        expect(readWav(file).channels[0]).toHaveLength(40);
      }),
    );
  });

  it('keeps nothing of a chunk, so that it may be reused', () => {
    const file = makeWav({ data });
    const reader = new WavReader();
    const shared = new Uint8Array(1);
    const read: number[] = [];
    for (const byte of file) {
      shared[0] = byte;
      read.push(...(reader.write(shared)[0] ?? []));
    }
    expect(read).toEqual([...readWav(file).channels[0]!]);
  });
});

describe('bad input', () => {
  const samples = encodeSamples(tone, PCM, 16);
  const bad: { what: string; file: Uint8Array; code: string; says: RegExp }[] = [
    { what: 'no bytes', file: new Uint8Array(0), code: 'AUDIO_EMPTY', says: /no bytes/ },
    { what: 'a header of 44 bytes and no samples', file: makeWav(), code: 'AUDIO_EMPTY', says: /samples after the WAV header, got none/ },
    { what: 'no samples, but other chunks after them', file: makeWav({ after: [chunk('LIST', ascii('INFO'))] }), code: 'AUDIO_EMPTY', says: /got none/ },
    { what: 'less than one frame', file: makeWav({ data: Uint8Array.of(1) }), code: 'AUDIO_EMPTY', says: /got none/ },
    { what: 'less data than promised', file: makeWav({ data: samples }).subarray(0, 1_000), code: 'AUDIO_TRUNCATED', says: /1600 bytes .* got 956/ },
    { what: 'an end within the header', file: makeWav({ data: samples }).subarray(0, 30), code: 'AUDIO_TRUNCATED', says: /after 30 bytes/ },
    { what: 'an end between the chunks', file: makeWav({ data: samples }).subarray(0, 36), code: 'AUDIO_TRUNCATED', says: /after 36 bytes/ },
    { what: 'four bytes', file: ascii('RIFF'), code: 'AUDIO_TRUNCATED', says: /after 4 bytes/ },
    { what: 'text', file: ascii('Hej, det här är inte ljud.'), code: 'AUDIO_INVALID', says: /first 12 bytes/ },
    { what: 'another RIFF form', file: concat(ascii('RIFF'), new Uint8Array(4), ascii('AVI ')), code: 'AUDIO_INVALID', says: /WAVE/ },
    { what: 'no format', file: makeWav({ withoutFormat: true, data: samples }), code: 'AUDIO_INVALID', says: /'fmt ' chunk before/ },
    { what: 'two formats', file: makeWav({ between: [chunk('fmt ', makeWav().subarray(20, 36))], data: samples }), code: 'AUDIO_INVALID', says: /one 'fmt ' chunk/ },
    { what: 'no data chunk', file: makeWav({ withoutData: true }), code: 'AUDIO_INVALID', says: /'data' chunk, got none/ },
    { what: 'a short format', file: makeWav({ before: [chunk('fmt ', new Uint8Array(14))] }), code: 'AUDIO_INVALID', says: /at least 16 bytes, got 14/ },
    { what: '0 channels', file: makeWav({ channels: 0, blockAlign: 2, data: samples }), code: 'AUDIO_INVALID', says: /1 to 32 channels, got 0/ },
    { what: '65,535 channels', file: makeWav({ channels: 65_535, blockAlign: 65_534, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /got 65535/ },
    { what: '33 channels', file: makeWav({ channels: 33, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /got 33/ },
    { what: '0 Hz', file: makeWav({ sampleRateHz: 0, data: samples }), code: 'AUDIO_INVALID', says: /1000 to 384000 Hz, got 0/ },
    { what: '999 Hz', file: makeWav({ sampleRateHz: 999, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /got 999/ },
    { what: '4 GHz', file: makeWav({ sampleRateHz: 0xffff_ffff, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /got 4294967295/ },
    { what: '12 bits', file: makeWav({ bits: 12, blockAlign: 2, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /bits per sample for pcm, got 12/ },
    { what: '0 bits', file: makeWav({ bits: 0, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /got 0/ },
    { what: '16-bit float', file: makeWav({ tag: FLOAT, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /32 or 64 bits/ },
    { what: 'a block that does not fit', file: makeWav({ blockAlign: 3, data: samples }), code: 'AUDIO_INVALID', says: /block of 2 bytes .* got 3/ },
    { what: 'a block of 0 bytes', file: makeWav({ blockAlign: 0, data: samples }), code: 'AUDIO_INVALID', says: /got 0/ },
    { what: 'an unknown codec', file: makeWav({ tag: 0x31, data: samples }), code: 'AUDIO_UNSUPPORTED', says: /0x0031; install ffmpeg/ },
    { what: 'a huge LIST chunk', file: makeWav({ before: [concat(ascii('LIST'), Uint8Array.of(0xff, 0xff, 0xff, 0xff))] }), code: 'AUDIO_LIMIT', says: /first 1048576 bytes, got a chunk of 4294967295/ },
    { what: 'endless small chunks', file: makeWav({ before: Array.from({ length: 5 }, () => chunk('JUNK', new Uint8Array(250_000))) }), code: 'AUDIO_LIMIT', says: /embedded metadata/ },
    { what: 'a huge format', file: makeWav({ before: [concat(ascii('fmt '), Uint8Array.of(0xff, 0xff, 0xff, 0x7f))] }), code: 'AUDIO_LIMIT', says: /2147483647/ },
  ];

  it.each(bad)('$what is $code', ({ file, code, says }) => {
    // Whole, and byte by byte, which ends in the same error.
    for (const pieces of [[file], file.length < 5_000 ? [...file].map((byte) => Uint8Array.of(byte)) : [file]]) {
      const error = errorOf(() => readWav(...pieces));
      expect(error).toBeInstanceOf(TonalitetError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    }
  });

  it('knows a codec for ffmpeg from other reasons to refuse', () => {
    const gsm = new WavReader();
    expect(() => gsm.write(makeWav({ tag: 0x31, bits: 0, blockAlign: 65, data: samples }))).toThrow(TonalitetError);
    expect(gsm.foreignCodecTag).toBe(0x31);
    const wide = new WavReader();
    expect(() => wide.write(makeWav({ channels: 33, data: samples }))).toThrow(TonalitetError);
    expect(wide.foreignCodecTag).toBeUndefined();
  });

  it('refuses an extensible format that is too short, or has more valid bits than bits, or another GUID', () => {
    const good = makeWav({ extensible: true, data: samples });
    const short = makeWav({ tag: 0xfffe, data: samples });
    expect(errorOf(() => readWav(short))).toMatchObject({ code: 'AUDIO_INVALID', message: expect.stringMatching(/at least 40 bytes/) });
    const valid = good.slice();
    valid[20 + 18] = 17;
    expect(errorOf(() => readWav(valid))).toMatchObject({ code: 'AUDIO_INVALID', message: expect.stringMatching(/valid bits/) });
    const guid = good.slice();
    guid[20 + 39] = 0;
    expect(errorOf(() => readWav(guid))).toMatchObject({ code: 'AUDIO_UNSUPPORTED', message: expect.stringMatching(/GUID/) });
  });

  it.each([
    { bits: 32, value: Number.NaN },
    { bits: 32, value: Infinity },
    { bits: 64, value: -Infinity },
    { bits: 64, value: 1e300 },
  ])('names the place of $value in float$bits', ({ bits, value }) => {
    const data = encodeSamples(new Float32Array(2_000), FLOAT, bits);
    const view = new DataView(data.buffer);
    const place = (2 * 500 + 1) * (bits / 8);
    if (bits === 32) view.setFloat32(place, value, true);
    else view.setFloat64(place, value, true);
    const file = makeWav({ tag: FLOAT, bits, channels: 2, data });
    for (const pieces of [[file], cutAt(file, [100, 1_000, 4_321])]) {
      expect(errorOf(() => readWav(...pieces))).toMatchObject({
        code: 'AUDIO_NOT_FINITE',
        message: expect.stringMatching(/sample 500 of channel 2 \(0\.063 s\)/),
      });
    }
  });

  it('fails early for a file that is known to be too short', () => {
    const file = makeWav({ data: samples });
    const reader = new WavReader();
    reader.write(file.subarray(0, 44));
    expect(() => reader.checkFileSize(file.length)).not.toThrow();
    expect(errorOf(() => reader.checkFileSize(file.length - 1))).toMatchObject({ code: 'AUDIO_TRUNCATED' });
  });

  it('throws its error again after it has failed', () => {
    const reader = new WavReader();
    const first = errorOf(() => reader.write(ascii('nothing of the kind')));
    expect(errorOf(() => reader.write(makeWav()))).toBe(first);
    expect(errorOf(() => reader.end())).toBe(first);
  });

  it('meets random bytes, and damaged headers, with a TonalitetError or with frames', () => {
    const good = makeWav({ channels: 2, data: samples.subarray(0, 64), between: [chunk('LIST', new Uint8Array(7))] });
    const damaged = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((changes) => {
      const file = good.slice();
      for (const [place, byte] of changes) file[place] = byte;
      return file;
    });
    const random = fc.uint8Array({ maxLength: 300 });
    const headed = random.map((bytes) => concat(good.subarray(0, 12), bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, random, headed), fc.array(fc.nat(), { maxLength: 5 }), (file, cuts) => {
        try {
          const { channels } = readWav(...cutAt(file, cuts));
          // No sample takes less than a byte, so no header can make the reader give more than it got.
          expect(channels.reduce((sum, samplesRead) => sum + samplesRead.length, 0)).toBeLessThanOrEqual(file.length);
        } catch (error) {
          expect(error).toBeInstanceOf(TonalitetError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, got none');
}
