import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile, chmod, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { decodeAudio } from '../../src/audio/decode.js';
import type { DecodeInput, DecodeOptions } from '../../src/audio/decode.js';
import { MAX_CHUNK_SAMPLES } from '../../src/audio/pcm.js';
import { FLOAT, MU_LAW, PCM, ascii, chunk, concat, encodeSamples, makeWav } from './make-wav.js';
import { cutAt, fitTone, join, middle, sine } from './signals.js';

const options: DecodeOptions = { maxDurationS: 3_600, ffmpegPath: '/nonexistent/ffmpeg' };

async function decode(input: DecodeInput, changes: Partial<DecodeOptions> = {}): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const piece of decodeAudio(input, { ...options, ...changes })) chunks.push(piece);
  chunks.forEach((piece, i) => {
    expect(piece.length).toBeGreaterThan(0);
    if (i < chunks.length - 1) expect(piece).toHaveLength(MAX_CHUNK_SAMPLES);
    else expect(piece.length).toBeLessThanOrEqual(MAX_CHUNK_SAMPLES);
  });
  return join(chunks);
}

function stream(...pieces: readonly Uint8Array[]): DecodeInput {
  return { kind: 'stream', stream: Readable.from(pieces, { objectMode: true }) };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), 'tonalitet-decode-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, bytes: Uint8Array): Promise<DecodeInput> {
  const path = joinPath(folder, name);
  await writeFile(path, bytes);
  return { kind: 'file', path };
}

const telephone = makeWav({ tag: MU_LAW, bits: 8, data: encodeSamples(sine(440, 8_000, 20_000), MU_LAW, 8) });

describe('a recording', () => {
  it('comes out the same from a file, a stream, and any chunking of it', async () => {
    const expected = await decode(await file('telephone.wav', telephone));
    expect(expected).toHaveLength(40_000);
    expect(fitTone(middle(expected), 440, 16_000).amplitude).toBeCloseTo(0.5, 2);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 8 }), async (cuts) => {
        expect(await decode(stream(...cutAt(telephone, cuts)))).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  it('comes out the same from samples in memory', async () => {
    const samples = sine(440, 44_100, 150_000);
    const fromFile = await decode(stream(makeWav({ tag: FLOAT, bits: 32, sampleRateHz: 44_100, data: encodeSamples(samples, FLOAT, 32) })));
    expect(await decode({ kind: 'samples', samples, sampleRateHz: 44_100 })).toEqual(fromFile);
  });

  it('leaves the samples in memory alone, and gives none of their memory away', async () => {
    const samples = Float32Array.of(2, -2, 0.5);
    const output = await decode({ kind: 'samples', samples, sampleRateHz: 16_000 });
    expect([...samples]).toEqual([2, -2, 0.5]);
    expect([...output]).toEqual([1, -1, 0.5]);
    expect(output.buffer).not.toBe(samples.buffer);
  });

  it('passes 16 kHz through without a change', async () => {
    const samples = sine(440, 16_000, 40_000);
    expect(await decode({ kind: 'samples', samples, sampleRateHz: 16_000 })).toEqual(samples);
  });

  it('is mixed by the mean of its channels, and clipped only after that', async () => {
    const data = encodeSamples(Float32Array.of(1.5, 0.25, 3, 1, -2, -4), FLOAT, 32);
    const output = await decode(stream(makeWav({ tag: FLOAT, bits: 32, channels: 2, sampleRateHz: 16_000, data })));
    expect([...output]).toEqual([0.875, 1, -1]);
  });

  it('ends where its header says, whatever follows', async () => {
    const whole = makeWav({ sampleRateHz: 16_000, data: encodeSamples(sine(440, 16_000, 100), PCM, 16), after: [chunk('LIST', new Uint8Array(300_000))] });
    expect(await decode(stream(...cutAt(whole, [50, 200, 1_000])))).toHaveLength(100);
    expect(await decode(await file('trailer.wav', whole))).toHaveLength(100);
  });
});

describe('memory', () => {
  it('stays the same over an hour, and nothing is read ahead', { timeout: 60_000 }, async () => {
    const seconds = 3_600;
    const second = encodeSamples(sine(440, 16_000, 16_000), PCM, 16);
    let given = 0;
    async function* recorder(): AsyncGenerator<Uint8Array> {
      yield makeWav({ sampleRateHz: 16_000, dataSize: seconds * second.length });
      for (; given < seconds; given++) yield second;
    }
    let taken = 0;
    let furthestAhead = 0;
    let peakBytes = 0;
    const before = memoryBytes();
    for await (const piece of decodeAudio({ kind: 'stream', stream: recorder() }, options)) {
      taken += piece.length / 16_000;
      furthestAhead = Math.max(furthestAhead, given - taken);
      if (taken % 60 === 0) peakBytes = Math.max(peakBytes, memoryBytes() - before);
    }
    expect(taken).toBe(seconds);
    expect(furthestAhead).toBeLessThanOrEqual(2);
    // The hour is 230 MB of samples and as much again of chunks; what is seen is garbage that waits for its collection.
    expect(peakBytes).toBeLessThan(150e6);
  });

  it('stays bounded for one enormous chunk', async () => {
    const whole = makeWav({ sampleRateHz: 1_000, tag: MU_LAW, bits: 8, data: new Uint8Array(200_000).fill(0xff) });
    const pieces = decodeAudio(stream(whole), options);
    let samples = 0;
    for await (const piece of pieces) samples += piece.length;
    expect(samples).toBe(3_200_000);
  });
});

describe('bad input', () => {
  const silence = new Uint8Array(3_200);

  it.each([
    { what: 'an empty file', bytes: new Uint8Array(0), code: 'AUDIO_EMPTY' },
    { what: 'a header of 44 bytes', bytes: makeWav(), code: 'AUDIO_EMPTY' },
    { what: 'a truncated file', bytes: makeWav({ data: silence }).subarray(0, 2_000), code: 'AUDIO_TRUNCATED' },
    { what: 'a header cut short', bytes: makeWav({ data: silence }).subarray(0, 9), code: 'AUDIO_TRUNCATED' },
    { what: 'text', bytes: ascii('Det här är en textfil med fel namn.'), code: 'AUDIO_INVALID' },
    { what: 'another RIFF form', bytes: ascii('RIFF\x10\0\0\0WEBPVP8 '), code: 'AUDIO_INVALID' },
    { what: '65,535 channels', bytes: makeWav({ channels: 65_535, blockAlign: 65_534, data: silence }), code: 'AUDIO_UNSUPPORTED' },
    { what: 'a foreign codec without ffmpeg', bytes: makeWav({ tag: 0x31, bits: 0, blockAlign: 65, data: silence }), code: 'AUDIO_UNSUPPORTED' },
    { what: 'another format without ffmpeg', bytes: concat(ascii('ID3\x03\0\0'), silence), code: 'FFMPEG_MISSING' },
    { what: 'less than a sample at 16 kHz', bytes: makeWav({ sampleRateHz: 384_000, data: new Uint8Array(4) }), code: 'AUDIO_EMPTY' },
  ])('$what is $code, from a file and from a stream', async ({ bytes, code }) => {
    const path = await file('bad.wav', bytes);
    for (const input of [path, stream(bytes), stream(...cutAt(bytes, [3, 14, 47]))]) {
      const error = await decode(input).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TonalitetError);
      expect(error).toMatchObject({ code });
      expect((error as Error).message).not.toContain(folder);
    }
  });

  it('says how to get ffmpeg, and that WAV needs none', async () => {
    await expect(decode(stream(concat(ascii('OggS\0\x02'), silence)))).rejects.toThrow(/apt install ffmpeg.*WAV files need no ffmpeg/);
  });

  it('finds a truncated file before it gives any of it', async () => {
    const long = makeWav({ sampleRateHz: 16_000, data: new Uint8Array(200_000) });
    const first = decodeAudio(await file('cut.wav', long.subarray(0, long.length - 1)), options).next();
    await expect(first).rejects.toMatchObject({ code: 'AUDIO_TRUNCATED' });
  });

  it('names the place of a sample that is not finite', async () => {
    const samples = new Float32Array(70_000);
    samples[66_000] = Number.NaN;
    await expect(decode({ kind: 'samples', samples, sampleRateHz: 16_000 })).rejects.toMatchObject({
      code: 'AUDIO_NOT_FINITE',
      message: expect.stringMatching(/index 66000 \(4\.125 s\)/),
    });
  });

  it('refuses an empty array, and misuse by RangeError or TypeError', async () => {
    await expect(decode({ kind: 'samples', samples: new Float32Array(0), sampleRateHz: 8_000 })).rejects.toMatchObject({ code: 'AUDIO_EMPTY' });
    await expect(decode({ kind: 'samples', samples: new Float32Array(1), sampleRateHz: 44.1 })).rejects.toThrow(RangeError);
    await expect(decode({ kind: 'samples', samples: [0] as never, sampleRateHz: 8_000 })).rejects.toThrow(TypeError);
    await expect(decode(stream('text' as never))).rejects.toThrow(TypeError);
    for (const maxDurationS of [0, -1, Number.NaN, Infinity]) await expect(decode(stream(telephone), { maxDurationS })).rejects.toThrow(RangeError);
  });

  it('refuses what is not a regular file', async () => {
    const path = (name: string): DecodeInput => ({ kind: 'file', path: name });
    await expect(decode(path(joinPath(folder, 'none.wav')))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(decode(path(folder))).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringMatching(/directory|EISDIR/) });
    if (process.platform === 'win32') return;
    await expect(decode(path('/dev/zero'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    const fifo = joinPath(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(decode(path(fifo))).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringMatching(/pipe/) });
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('refuses a file without permission', async () => {
    const input = await file('secret.wav', telephone);
    await chmod(joinPath(folder, 'secret.wav'), 0o000);
    await expect(decode(input)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringMatching(/EACCES/) });
  });

  it('turns the failure of a stream into FILE_UNREADABLE with its cause', async () => {
    const cause = new Error('connection lost');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield telephone.subarray(0, 10_000);
      throw cause;
    }
    await expect(decode({ kind: 'stream', stream: failing() })).rejects.toMatchObject({ code: 'FILE_UNREADABLE', cause });
  });

  it('meets random bytes with a TonalitetError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (bytes, headed) => {
        await expect(decode(stream(headed ? concat(makeWav().subarray(0, 12), bytes) : bytes))).rejects.toBeInstanceOf(TonalitetError);
      }),
    );
  });
});

describe('the limit of duration', () => {
  const data = encodeSamples(new Float32Array(48_000), PCM, 16);

  it('is kept to the sample', async () => {
    expect(await decode(stream(makeWav({ sampleRateHz: 16_000, data })), { maxDurationS: 3 })).toHaveLength(48_000);
    await expect(decode(stream(makeWav({ sampleRateHz: 16_000, data })), { maxDurationS: 2.9999 })).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
    await expect(decode(stream(makeWav({ sampleRateHz: 16_000, data, dataSize: 0xffff_ffff })), { maxDurationS: 2.9999 })).rejects.toMatchObject({
      code: 'AUDIO_LIMIT',
    });
    await expect(decode({ kind: 'samples', samples: new Float32Array(8_001), sampleRateHz: 8_000 }, { maxDurationS: 1 })).rejects.toMatchObject({
      code: 'AUDIO_LIMIT',
    });
  });

  it('is told from the header, before the samples come', async () => {
    async function* headerAlone(): AsyncGenerator<Uint8Array> {
      yield makeWav({ sampleRateHz: 16_000, dataSize: 1_000_000_000 });
      await new Promise(() => undefined);
    }
    await expect(decode({ kind: 'stream', stream: headerAlone() })).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
  });
});

describe('stopping', () => {
  it('is immediate when the signal has fired before', async () => {
    await expect(decode(stream(telephone), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('wakes a read that waits for a stream, and ends the stream', async () => {
    const waiting = new Readable({ read: () => undefined });
    waiting.push(telephone.subarray(0, 100));
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    await expect(decode({ kind: 'stream', stream: waiting }, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    expect(waiting.destroyed).toBe(true);
  });

  it.each(['stream', 'samples'] as const)('gets its turn between the chunks of %s that never wait', async (kind) => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield makeWav({ sampleRateHz: 16_000, dataSize: 0xffff_ffff });
      for (;;) yield new Uint8Array(64_000);
    }
    const input: DecodeInput = kind === 'stream' ? { kind, stream: endless() } : { kind, samples: new Float32Array(16e6), sampleRateHz: 44_100 };
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await expect(decode(input, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('by leaving the loop ends the stream and closes the file', async () => {
    const long = makeWav({ sampleRateHz: 16_000, data: new Uint8Array(320_000) });
    const source = Readable.from(cutAt(long, [70_000, 140_000, 210_000]), { objectMode: true });
    for await (const _ of decodeAudio({ kind: 'stream', stream: source }, options)) break;
    expect(source.destroyed).toBe(true);

    const input = await file('left.wav', long);
    const before = await openFiles();
    for (let i = 0; i < 5; i++) {
      for await (const _ of decodeAudio(input, options)) break;
    }
    expect(await openFiles()).toBe(before);
  });
});

/** Open files of this process, where the system tells; otherwise always 0. */
async function openFiles(): Promise<number> {
  return process.platform === 'linux' ? (await readdir('/proc/self/fd')).length : 0;
}

function memoryBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
