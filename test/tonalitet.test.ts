import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTonalitet, tonalitetOn } from '../src/tonalitet.js';
import { defaultTonalitetOptions, resolveTonalitetOptions } from '../src/tonalitet-options.js';
import { PCM, encodeSamples, makeWav } from './audio/make-wav.js';
import { FakeEngine, tones } from './fake-engine.js';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-library-'));
  path = join(folder, 'comment.wav');
  await writeFile(path, makeWav({ sampleRateHz: 16_000, data: encodeSamples(tones(0.5, 1, 0.5), PCM, 16) }));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const options = resolveTonalitetOptions({ ffmpegPath: '/nonexistent/ffmpeg' });

describe('the library', () => {
  it('gives the same for a file, a stream and samples', async () => {
    const tonalitet = tonalitetOn(new FakeEngine(), options);
    const samples = tones(0.5, 1, 0.5);
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield makeWav({ sampleRateHz: 16_000, data: encodeSamples(samples, PCM, 16) });
    }
    const results = await Promise.all([tonalitet.classifyFile(path), tonalitet.classifyStream(bytes()), tonalitet.classifyAudio(samples, 16_000)]);
    for (const { timings: _, ...result } of results) {
      expect(result).toMatchObject({ durationS: 2, tonality: 'positiv', models: { speech: { name: 'fake-speech' } } });
      expect(result.segments).toEqual(results[0]?.segments);
    }
  });

  it('gives segments as they come, and the duration at the end', async () => {
    const transcript = tonalitetOn(new FakeEngine(), options).transcribe(path);
    expect((await transcript.next()).value).toMatchObject({ text: expect.stringMatching(/sekunder/) });
    expect(await transcript.next()).toMatchObject({ done: true, value: { durationS: 2 } });
  });

  it('takes any number of recordings at a time, and works on a few', async () => {
    const engine = new FakeEngine();
    const tonalitet = tonalitetOn(engine, options);
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, engine.openFinders)), 0);
    const results = await Promise.all(Array.from({ length: 200 }, async () => tonalitet.classifyFile(path)));
    clearInterval(timer);
    expect(results.every(({ tonality }) => tonality === 'positiv')).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('fails one recording without another', async () => {
    const tonalitet = tonalitetOn(new FakeEngine(), options);
    const results = await Promise.allSettled([tonalitet.classifyFile(join(folder, 'none.wav')), tonalitet.classifyFile(path)]);
    expect(results).toMatchObject([{ reason: { code: 'FILE_NOT_FOUND' } }, { status: 'fulfilled' }]);
  });

  it('stops what waits for its turn when its signal fires, and goes on with the rest', async () => {
    const tonalitet = tonalitetOn(new FakeEngine(), options);
    const controller = new AbortController();
    const results = Promise.allSettled(Array.from({ length: 20 }, async (_, i) => tonalitet.classifyFile(path, i % 2 === 0 ? { signal: controller.signal } : {})));
    controller.abort();
    const outcomes = await results;
    expect(outcomes.filter((_, i) => i % 2 === 0).every((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code === 'ABORTED')).toBe(true);
    expect(outcomes.filter((_, i) => i % 2 === 1).every(({ status }) => status === 'fulfilled')).toBe(true);
    await expect(tonalitet.classifyFile(path)).resolves.toBeDefined();
  });

  it('ends its engine with it, and takes nothing after that', async () => {
    const engine = new FakeEngine();
    const tonalitet = tonalitetOn(engine, options);
    await tonalitet[Symbol.asyncDispose]();
    expect(engine.disposed).toBe(true);
    await expect(tonalitet.classifyFile(path)).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(tonalitet.classifyText('bra')).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(tonalitet.transcribe(path).next()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('refuses what is not a path, not samples, not a rate', async () => {
    const tonalitet = tonalitetOn(new FakeEngine(), options);
    await expect(tonalitet.classifyFile(5 as never)).rejects.toThrow(TypeError);
    await expect(tonalitet.classifyAudio([0] as never, 16_000)).rejects.toThrow(TypeError);
    await expect(tonalitet.classifyAudio(new Float32Array(10), 0)).rejects.toThrow(RangeError);
  });
});

describe('options', () => {
  it('have defaults that nobody can change', () => {
    expect(defaultTonalitetOptions).toEqual({ workers: 1, maxDurationS: 43_200, ffmpegPath: 'ffmpeg', parts: 'all' });
    expect(Object.isFrozen(defaultTonalitetOptions)).toBe(true);
    const resolved = resolveTonalitetOptions();
    expect(resolved.engine.workers).toBe(1);
    expect(resolved.engine.threads).toBeGreaterThanOrEqual(1);
    expect(resolved.engine.threads).toBeLessThanOrEqual(4);
    expect(resolved.engine.models).toEqual(['speech', 'vad', 'tonality']);
  });

  it.each([
    [{ workers: 0 }, /workers to be an integer from 1 to 16, got 0/],
    [{ workers: 1.5 }, /workers/],
    [{ threads: 65 }, /threads to be an integer from 1 to 64, got 65/],
    [{ threads: '2' as never }, /threads/],
    [{ maxDurationS: Number.NaN }, /maxDurationS to be a finite number above 0, got NaN/],
    [{ maxDurationS: -1 }, /maxDurationS/],
    [{ ffmpegPath: '' }, /ffmpegPath/],
    [{ modelsDir: '' }, /modelsDir/],
    [{ parts: 'some' as never }, /parts to be all, transcript or text, got 'some'/],
    [null as never, /options as an object, got null/],
  ])('%j are refused by name, rule and value', async (bad, message) => {
    await expect(createTonalitet(bad)).rejects.toThrow(message);
  });
});
