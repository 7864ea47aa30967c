import { describe, expect, it } from 'vitest';
import { resolveEngineOptions } from '../../src/engine/engine-options.js';
import { createSpeechEngine } from '../../src/engine/local-engine.js';
import type { ThreadData } from '../../src/engine/work.js';
import { resolveTonalitetOptions } from '../../src/tonalitet-options.js';
import { FakeThread } from './fake-thread.js';

describe('the options of recognition', () => {
  it('have defaults', () => {
    expect(resolveEngineOptions({})).toMatchObject({ decoding: { beamSize: 1, lengthPenalty: undefined }, wordTimestamps: false, hints: [] });
  });

  it('are taken over', () => {
    const resolved = resolveEngineOptions({ decoding: { beamSize: 5, lengthPenalty: 0.6 }, wordTimestamps: true, hints: [' Tranås '] });
    expect(resolved).toMatchObject({ decoding: { beamSize: 5, lengthPenalty: 0.6 }, wordTimestamps: true, hints: ['Tranås'] });
    expect(resolveEngineOptions(resolved)).toEqual(resolved);
  });

  it('reach the threads from the library\'s options', async () => {
    const { engine } = resolveTonalitetOptions({ decoding: { beamSize: 3 }, wordTimestamps: true, hints: ['Tranås'], modelsDir: '/models' });
    const started: ThreadData[] = [];
    const startThread = (data: ThreadData): FakeThread => {
      started.push(data);
      return new FakeThread(data, async () => []);
    };
    const local = await createSpeechEngine(engine, startThread);
    await local.dispose();
    expect(started.find(({ models }) => models.includes('speech'))?.speech).toEqual({ beamSize: 3, lengthPenalty: undefined, words: true, hints: ['Tranås'] });
  });

  it.each([
    { decoding: { beamSize: 0 } },
    { decoding: { beamSize: 17 } },
    { decoding: { lengthPenalty: 1.1 } },
    { hints: [''] },
    { hints: ['a\nb'] },
    { hints: ['x'.repeat(61)] },
    { hints: new Array<string>(201).fill('x') },
  ])('out of range are refused: %j', (options) => {
    expect(() => resolveEngineOptions(options)).toThrow(RangeError);
  });
});
