import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { InferenceThread } from '../../src/engine/inference-thread.js';
import { ThreadControl } from '../../src/engine/thread-control.js';

/** What the fake has in place of models: it answers a batch by what its first text says. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const busy = new Int32Array(workerData.control);
  const idle = () => { Atomics.store(busy, 2, 0); Atomics.notify(busy, 2); };
  parentPort.on('message', ({ kind, batch, work }) => {
    if (kind === 'close') return parentPort.close();
    const [text] = work.items;
    if (text === 'throw') throw new Error('thrown in the thread');
    if (text === 'exit') process.exit(3);
    if (text === 'memory') { const held = []; for (;;) held.push(new Array(1e6).fill(0)); }
    if (text === 'wait') { Atomics.store(busy, 2, 1); const end = Date.now() + 200; while (Date.now() < end && Atomics.load(busy, 0) === 0); idle(); }
    parentPort.postMessage({ kind: 'done', batch, results: work.items });
  });
  idle();
  parentPort.postMessage({ kind: 'ready', models: {} });
`;

interface Started {
  readonly thread: InferenceThread;
  readonly control: ThreadControl;
  readonly lost: InferenceThread[];
  readonly exits: number;
}

async function start(program: string = PROGRAM): Promise<Started> {
  const lost: InferenceThread[] = [];
  const control = new ThreadControl();
  const state = { exits: 0 };
  const thread = await InferenceThread.start(
    {
      settings: { modelsDir: '/models', models: ['tonality'], threads: 1, speech: { beamSize: 1, lengthPenalty: undefined, words: false, hints: [] } },
      startThread: (data) => new Worker(program, { eval: true, workerData: data, resourceLimits: { maxOldGenerationSizeMb: 64 } }),
      control,
      onExit: () => state.exits++,
    },
    (gone) => lost.push(gone),
  );
  return {
    thread,
    control,
    lost,
    get exits() {
      return state.exits;
    },
  };
}

const classify = async ({ thread }: Started, ...items: string[]): ReturnType<InferenceThread['run']> => thread.run({ kind: 'classify', items }, 10_000);

describe('a real thread', () => {
  it('does batches one after the other and ends by itself when it is closed', async () => {
    const started = await start();
    expect(await classify(started, 'a', 'b')).toEqual({ kind: 'done', results: ['a', 'b'] });
    expect(await classify(started, 'c')).toEqual({ kind: 'done', results: ['c'] });
    expect(started.thread.idle).toBe(true);
    await started.thread.close();
    await started.thread.close();
    expect(started).toMatchObject({ exits: 1, lost: [] });
  });

  it.each([
    ['throw', 'thrown in the thread'],
    ['exit', undefined],
    ['memory', 'memory'],
  ])('that ends by %s loses its batch, says why, and is no longer idle', { timeout: 20_000 }, async (text, cause) => {
    const started = await start();
    const outcome = await classify(started, text);
    expect(outcome).toMatchObject({ kind: 'lost', hung: false, error: { code: 'WORKER_CRASHED' } });
    if (cause !== undefined) expect(((outcome as { error: Error }).error.cause as Error).message).toContain(cause);
    await new Promise(setImmediate);
    expect(started.thread.idle).toBe(false);
    expect(started.lost).toEqual([started.thread]);
    expect(started).toMatchObject({ exits: 1, control: { busy: false } });
  });

  it('that cannot be started is an error', async () => {
    await expect(start('throw new Error("no")')).rejects.toMatchObject({ code: 'WORKER_CRASHED', cause: { message: 'no' } });
    await expect(start('process.exit(0)')).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  });

  it('can be waited for, with the event loop held up, until it is at a safe point', async () => {
    const started = await start();
    const running = classify(started, 'wait');
    while (!started.control.busy) await new Promise(setImmediate);
    expect(started.control.waitUntilIdle(5)).toBe(false);
    started.control.stop();
    expect(started.control.waitUntilIdle(5_000)).toBe(true);
    expect(started.control.waitUntilIdle(0)).toBe(true);
    await running;
    await started.thread.close();
  });
});
