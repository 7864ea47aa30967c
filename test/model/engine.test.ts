import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSpeechEngine } from '../../src/engine/local-engine.js';
import type { LocalSpeechEngine } from '../../src/engine/local-engine.js';
import { longestBlockMs } from './event-loop.js';
import { describeWithModels, startBuiltWorker } from './with-models.js';

/** Noise in the rhythm of syllables: work for the models, though no words. */
function noise(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => (Math.random() - 0.5) * 0.5 * Math.max(0, Math.sin(i / 1_000)));
}

await describeWithModels('the engine', ['speech', 'vad'], () => {
  let engine: LocalSpeechEngine;

  beforeAll(async () => {
    engine = await createSpeechEngine({ models: ['speech', 'vad'] }, startBuiltWorker);
  }, 60_000);

  afterAll(async () => {
    await engine.dispose();
  });

  it('knows its models', () => {
    expect(Object.keys(engine.models).sort()).toEqual(['speech', 'vad']);
    expect(engine.models.speech!.name).toMatch(/./);
  });

  it('hears nothing in silence', { timeout: 60_000 }, async () => {
    const finder = await engine.openSpeechFinder();
    for (let second = 0; second < 5; second++) expect(await finder.push(new Float32Array(16_000))).toEqual([]);
    expect(await finder.openSpeech()).toBeUndefined();
    expect(await finder.flush()).toEqual([]);
    await finder.close();
    await expect(finder.push(new Float32Array(512))).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('leaves the samples as they are', { timeout: 60_000 }, async () => {
    const samples = noise(2);
    const before = samples.slice();
    await engine.recognise(samples);
    expect(samples).toEqual(before);
  });

  it('blocks the event loop of its caller for no more than 20 ms', { timeout: 120_000 }, async () => {
    const clips = [10, 9, 28].map(noise);
    expect(await longestBlockMs(async () => Promise.all(clips.map(async (clip) => engine.recognise(clip))))).toBeLessThan(20);
  });

  it('stops work that nobody waits for, and goes on', { timeout: 120_000 }, async () => {
    const controller = new AbortController();
    const stopped = Promise.allSettled([28, 28, 28].map(async (seconds) => engine.recognise(noise(seconds), { signal: controller.signal })));
    await wait(50);
    controller.abort();
    const startMs = performance.now();
    for (const outcome of await stopped) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    expect(performance.now() - startMs).toBeLessThan(50);
    await expect(engine.recognise(noise(1))).resolves.toBeDefined();
  });

  it('refuses what it cannot take', async () => {
    await expect(engine.recognise(new Float32Array(30 * 16_000 + 1))).rejects.toThrow(/at most 30 s/);
    await expect(engine.recognise(Float32Array.of(0, Number.NaN))).rejects.toThrow(/finite samples, got NaN at index 1/);
    await expect(engine.recognise([0] as never)).rejects.toThrow(TypeError);
    await expect(engine.classify(['bra'])).rejects.toThrow(/tonality model/);
    const finder = await engine.openSpeechFinder();
    await expect(finder.push(new Float32Array(16_001))).rejects.toThrow(/at most 16000 samples/);
    await finder.close();
  });
});
