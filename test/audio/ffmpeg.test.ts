import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import type { DecodeInput, DecodeOptions } from '../../src/audio/decode.js';
import { streamSource } from '../../src/audio/byte-source.js';
import { startFfmpeg } from '../../src/audio/ffmpeg.js';
import type { FfmpegInput, FfmpegOptions } from '../../src/audio/ffmpeg.js';
import { FLOAT, PCM, ascii, concat, encodeSamples, makeWav } from './make-wav.js';
import { decibels, fitTone, join, middle, sine } from './signals.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('SKIPPED: the tests of formats other than WAV need ffmpeg in PATH (apt install ffmpeg)');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), 'tonalitet-ffmpeg-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function decode(input: DecodeInput, changes: Partial<DecodeOptions> = {}): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const piece of decodeAudio(input, { maxDurationS: 600, ffmpegPath: 'ffmpeg', ...changes })) chunks.push(piece);
  return join(chunks);
}

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = joinPath(folder, name);
  await writeFile(path, bytes);
  return path;
}

const fromFile = (path: string): DecodeInput => ({ kind: 'file', path });
const fromStream = (path: string): DecodeInput => ({ kind: 'stream', stream: createReadStream(path) });

const SECONDS = 3;
const stereo = makeWav({
  channels: 2,
  sampleRateHz: 48_000,
  data: encodeSamples(Float32Array.from({ length: SECONDS * 48_000 * 2 }, (_, i) => (i % 2 === 0 ? 0.6 : 0.2) * Math.sin((2 * Math.PI * 440 * Math.floor(i / 2)) / 48_000)), PCM, 16),
});

/** Has ffmpeg write the test's recording in another format; false if this ffmpeg cannot. */
async function convert(name: string, ...args: readonly string[]): Promise<string | undefined> {
  const source = await file('source.wav', stereo);
  const path = joinPath(folder, name);
  const result = spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-i', source, ...args, path]);
  if (result.status === 0) return path;
  console.warn(`SKIPPED: this ffmpeg cannot write ${name}`);
  return undefined;
}

describe.skipIf(!hasFfmpeg)('with ffmpeg', () => {
  it.each([
    { name: 'a.mp3', args: [] },
    { name: 'a.m4a', args: [] },
    { name: 'a.opus', args: [] },
    { name: 'a.ogg', args: ['-c:a', 'libvorbis'] },
    { name: 'a.webm', args: ['-c:a', 'libopus'] },
    { name: 'a.aac', args: [] },
    { name: 'a.wma', args: [] },
    { name: 'a.aiff', args: [] },
    { name: 'a.caf', args: [] },
    { name: 'a.au', args: [] },
    { name: 'a.wv', args: [] },
    { name: 'adpcm.wav', args: ['-c:a', 'adpcm_ms'] },
    { name: 'gsm.wav', args: ['-c:a', 'libgsm_ms', '-ar', '8000', '-ac', '1'] },
  ])('$name is decoded by content, from a file and from a stream', async ({ name, args }) => {
    const path = await convert(name, ...args);
    if (path === undefined) return;
    for (const input of [fromFile(path), fromStream(path)]) {
      const output = await decode(input);
      expect(Math.abs(output.length / 16_000 - SECONDS)).toBeLessThan(0.1);
      // The mean of 0.6 and 0.2. GSM and ADPCM are not exact.
      expect(fitTone(middle(output), 440, 16_000).amplitude).toBeCloseTo(0.4, 1);
    }
  });

  it('gives the same samples for FLAC as for the WAV that it was made from, bit for bit', async () => {
    const path = await convert('a.flac');
    if (path === undefined) return;
    const expected = await decode({ kind: 'stream', stream: Readable.from([stereo]) });
    expect(await decode(fromFile(path))).toEqual(expected);
    expect(await decode(fromStream(path))).toEqual(expected);
    const { amplitude, residualRms } = fitTone(middle(expected), 440, 16_000);
    expect(decibels(residualRms / amplitude)).toBeLessThan(-80);
  });

  it('takes the sound of a film, and only that', async () => {
    const path = joinPath(folder, 'film.mp4');
    const source = await file('source.wav', stereo);
    const made = spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc=d=3:s=64x64', '-i', source, path]);
    if (made.status !== 0) return console.warn('SKIPPED: this ffmpeg cannot write film.mp4');
    expect((await decode(fromFile(path))).length / 16_000).toBeCloseTo(SECONDS, 1);
  });

  it('refuses a film without sound', async () => {
    const path = joinPath(folder, 'silent.mp4');
    if (spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc=d=1:s=64x64', path]).status !== 0) return;
    await expect(decode(fromFile(path))).rejects.toMatchObject({ code: 'AUDIO_INVALID', message: expect.stringMatching(/audio track/) });
  });

  it.each(['-i.mp3', 'concat:a|b.mp3', 'http:__host.mp3', '%d.mp3', 'å ä ö "quoted" $(name).mp3'])('takes %s for a name', async (name) => {
    const mp3 = await convert('a.mp3');
    if (mp3 === undefined) return;
    const path = await file(name, await readFile(mp3));
    const output = await decode(fromFile(path));
    expect(output.length / 16_000).toBeCloseTo(SECONDS, 0);
    // Also where it is the whole argument, relative to the folder that ffmpeg is started in.
    const ffmpegPath = await script('ffmpeg-in-folder', `cd '${folder}' && exec ffmpeg "$@"`);
    const source = await startFfmpeg({ kind: 'file', path: name }, { ffmpegPath, maxDurationS: 10, signal: undefined, stallMs: 10_000 });
    expect(Buffer.from((await source.read())!).toString('latin1', 0, 4)).toBe('RIFF');
    await source.close();
  });

  it('tells a cut M4A file, and a streamed M4A whose index comes last', async () => {
    // Noise, so that the file is larger than what ffmpeg can hold of a pipe.
    const path = joinPath(folder, 'long.m4a');
    if (spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'anoisesrc=d=60', path]).status !== 0) return;
    const cut = await file('cut.m4a', (await readFile(path)).subarray(0, 50_000));
    await expect(decode(fromFile(cut))).rejects.toMatchObject({ code: 'AUDIO_TRUNCATED' });
    await expect(decode(fromStream(path))).rejects.toMatchObject({ code: 'AUDIO_TRUNCATED', message: expect.stringMatching(/faststart/) });
    expect((await decode(fromFile(path))).length / 16_000).toBeCloseTo(60, 0);
  });

  it('refuses random bytes', async () => {
    const bytes = Uint8Array.from({ length: 50_000 }, (_, i) => Math.imul(i + 1, 2_654_435_761) >>> 24);
    const path = await file('random.mp3', bytes);
    for (const input of [fromFile(path), fromStream(path)]) {
      await expect(decode(input)).rejects.toMatchObject({ code: 'AUDIO_INVALID' });
    }
  });

  it('keeps the limit of duration', async () => {
    const path = await convert('a.mp3');
    if (path === undefined) return;
    await expect(decode(fromFile(path), { maxDurationS: 2 })).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
  });

  describe('a playlist', () => {
    const playlists = (target: string): Record<string, string> => ({
      'hls.mp3': `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:${target}\n#EXT-X-ENDLIST\n`,
      'concat.mp3': `ffconcat version 1.0\nfile '${target}'\n`,
      'dash.mp3': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    });

    it.each(['hls.mp3', 'concat.mp3', 'dash.mp3'])('%s cannot read another file', async (name) => {
      const target = await file('other.wav', stereo);
      const path = await file(name, ascii(playlists(target)[name]!));
      await expect(decode(fromFile(path))).rejects.toMatchObject({ code: 'AUDIO_INVALID', message: expect.stringMatching(/got text/) });
      // Nor would ffmpeg take it, if it came that far.
      const source = await startFfmpeg({ kind: 'file', path }, { ffmpegPath: 'ffmpeg', maxDurationS: 10, signal: undefined, stallMs: 10_000 });
      await expect(source.read()).rejects.toMatchObject({ code: expect.stringMatching(/^AUDIO_(UNSUPPORTED|INVALID)$/) });
      await source.close();
      // With bytes that text does not have, it does.
      const disguised = await file(`disguised-${name}`, concat(ascii(playlists(target)[name]!), new Uint8Array(10)));
      for (const input of [fromFile(disguised), fromStream(disguised)]) {
        await expect(decode(input)).rejects.toMatchObject({ code: expect.stringMatching(/^AUDIO_(UNSUPPORTED|INVALID)$/) });
      }
    });
  });
});

/** A stand-in for ffmpeg, for what the real one does not do on request. */
async function script(name: string, body: string): Promise<string> {
  const path = await file(name, ascii(`#!/bin/sh\n${body}\n`));
  await chmod(path, 0o755);
  return path;
}

const binary = concat(ascii('OggS\0\x02'), new Uint8Array(1_000));

describe.skipIf(process.platform === 'win32')('a program that misbehaves', () => {
  const base = { maxDurationS: 10, signal: undefined, stallMs: 100 };
  const input: FfmpegInput = { kind: 'file', path: 'nothing.mp3' };

  async function readAll(ffmpegPath: string, options: Partial<FfmpegOptions> = {}, from: FfmpegInput = input): Promise<number> {
    const source = await startFfmpeg(from, { ...base, ffmpegPath, ...options });
    try {
      let total = 0;
      for (let piece = await source.read(); piece !== undefined; piece = await source.read()) total += piece.length;
      return total;
    } finally {
      await source.close();
      await source.close();
    }
  }

  it.each(['/nonexistent', '/nonexistent/ffmpeg', 'no-such-program-as-this'])('%s is FFMPEG_MISSING', async (ffmpegPath) => {
    await expect(readAll(ffmpegPath)).rejects.toMatchObject({ code: 'FFMPEG_MISSING', message: expect.stringMatching(/apt install ffmpeg/) });
  });

  it('is FFMPEG_MISSING when it may not be run', async () => {
    const path = await file('plain', ascii('no program'));
    await expect(readAll(path)).rejects.toMatchObject({ code: 'FFMPEG_MISSING', message: expect.stringMatching(/EACCES/) });
  });

  it('that says nothing is stopped', async () => {
    const started = performance.now();
    await expect(readAll(await script('hang', 'exec sleep 60'))).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('whose own child keeps the pipes open is stopped too', async () => {
    await expect(readAll(await script('wrapper', 'sleep 3'))).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
  });

  it('that waits for a slow stream is not stopped', async () => {
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 4; i++) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        yield new Uint8Array(1_000);
      }
    }
    expect(await readAll(await script('cat', 'exec cat'), {}, { kind: 'bytes', source: streamSource(slow(), undefined) })).toBe(4_000);
  });

  it('is killed by the signal', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const hang = await script('hang', 'exec sleep 60');
    await expect(readAll(hang, { signal: controller.signal, stallMs: 30_000 })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(readAll(hang, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is killed when the reader leaves, and leaves no process', async () => {
    const pidFile = joinPath(folder, 'pid');
    const path = await script('endless', `echo $$ > '${pidFile}'\nexec cat /dev/zero`);
    const source = await startFfmpeg(input, { ...base, ffmpegPath: path });
    expect((await source.read())!.length).toBeGreaterThan(0);
    await source.close();
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  it('that floods stderr is followed to its end without keeping it', async () => {
    const path = await script('noisy', 'head -c 5000000 /dev/zero | tr "\\0" x >&2\nexit 3');
    await expect(readAll(path, { stallMs: 10_000 })).rejects.toMatchObject({ code: 'FFMPEG_FAILED', message: expect.stringMatching(/exit code 3/) });
  });

  it('never has its words repeated', async () => {
    const canary = 'Jag heter Kanarie Fågelsson och är missnöjd';
    const path = await script('talkative', `echo '${canary}: Invalid data found in ${folder}' >&2\nexit 1`);
    const error = (await readAll(path).catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ code: 'AUDIO_INVALID' });
    expect(error.message).not.toContain('Kanarie');
    expect(error.message).not.toContain(folder);
  });

  it('that ends by a signal, or without a word, is FFMPEG_FAILED', async () => {
    await expect(readAll(await script('killed', 'kill -9 $$'))).rejects.toMatchObject({ code: 'FFMPEG_FAILED', message: expect.stringMatching(/SIGKILL/) });
    await expect(readAll(await script('mute', 'exit 0'))).rejects.toMatchObject({ code: 'FFMPEG_FAILED' });
    await expect(decode({ kind: 'stream', stream: Readable.from([binary]) }, { ffmpegPath: await script('other', 'echo something else entirely') })).rejects.toMatchObject({
      code: 'FFMPEG_FAILED',
    });
  });

  it('that stops listening does not break the reader', async () => {
    const whole = makeWav({ tag: FLOAT, bits: 32, sampleRateHz: 16_000, data: encodeSamples(sine(440, 16_000, 500), FLOAT, 32) });
    const answer = await file('answer.wav', whole);
    const path = await script('deaf', `exec 0<&-\nexec cat '${answer}'`);
    const endless = Readable.from((function* zeros(): Generator<Uint8Array> {
      yield binary;
      for (;;) yield new Uint8Array(65_536);
    })());
    expect(await decode({ kind: 'stream', stream: endless }, { ffmpegPath: path })).toHaveLength(500);
    expect(endless.destroyed).toBe(true);
  });

  it('sees no more of the environment than PATH', async () => {
    process.env['TONALITET_TEST_SECRET'] = 'secret';
    try {
      const path = await script('env', 'env');
      const source = await startFfmpeg(input, { ...base, ffmpegPath: path, stallMs: 5_000 });
      let said = '';
      for (let piece = await source.read(); piece !== undefined; piece = await source.read()) said += Buffer.from(piece).toString();
      await source.close();
      expect(said).toContain('PATH=');
      expect(said).not.toContain('secret');
      expect(said).not.toContain('HOME=');
    } finally {
      delete process.env['TONALITET_TEST_SECRET'];
    }
  });

  it('breaks off with the error of its input', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('connection lost');
    }
    await expect(readAll(await script('cat', 'exec cat >/dev/null; sleep 9'), { stallMs: 9_000 }, { kind: 'bytes', source: streamSource(failing(), undefined) })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });
});
