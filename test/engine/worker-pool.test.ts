import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WorkerPool } from '../../src/engine/worker-pool.js';
import type { PoolOptions } from '../../src/engine/worker-pool.js';
import type { ThreadControl } from '../../src/engine/thread-control.js';
import type { Batch, ErrorMessage, ThreadData } from '../../src/engine/work.js';
import type { RecognitionPriority } from '../../src/engine/speech-engine.js';
import { FakeThread } from './fake-thread.js';
import type { Behaviour } from './fake-thread.js';

const rule = { maxItems: 4, maxLength: 1_000, minRatio: 0 };
const failure: ErrorMessage = { code: 'INFERENCE_FAILED', message: 'no', cause: undefined };

/** Answers each text with itself in capitals. */
const capitals: Behaviour = async (work) => (work.items as readonly string[]).map((text) => text.toUpperCase());

interface Pool {
  readonly pool: WorkerPool;
  readonly threads: FakeThread[];
  submit(text: string, options?: { priority?: RecognitionPriority; signal?: AbortSignal }): Promise<unknown>;
}

async function start(behaviour: Behaviour, changes: Partial<PoolOptions> = {}): Promise<Pool> {
  const threads: FakeThread[] = [];
  const pool = await WorkerPool.start({
    workers: 1,
    settings: { modelsDir: '/models', models: ['tonality'], threads: 1, speech: { beamSize: 1, lengthPenalty: undefined, words: false, hints: [] } },
    rules: { recognise: rule, classify: rule, listen: rule },
    limits: { maxJobs: 100, maxPartials: 10, maxAudioS: 100, maxPartialWaitMs: 1e6 },
    timeLimitMs: () => 10_000,
    startThread: (data: ThreadData) => {
      const thread = new FakeThread(data, behaviour);
      threads.push(thread);
      return thread;
    },
    controls: new Set<ThreadControl>(),
    ...changes,
  });
  return { pool, threads, submit: async (text, { priority = 'final', signal } = {}) => pool.submit('classify', text, { priority, length: text.length, signal }) };
}

const texts = (batch: Batch | undefined): string => (batch === undefined ? '' : (batch.items as readonly string[]).join(' '));

describe('a pool', () => {
  it('gives each its own result, and does together what comes together', async () => {
    const { pool, threads, submit } = await start(capitals);
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (text) => submit(text)))).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(threads[0]!.batches.map(texts)).toEqual(['a b c d', 'e']);
    await pool.dispose();
  });

  it('uses all its threads', async () => {
    let most = 0;
    let now = 0;
    const slow: Behaviour = async (work, control) => {
      most = Math.max(most, ++now);
      await wait(20);
      now--;
      return capitals(work, control);
    };
    const { pool, submit } = await start(slow, { workers: 3, rules: { recognise: rule, classify: { ...rule, maxItems: 1 }, listen: rule } });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (text) => submit(text)));
    expect(most).toBe(3);
    await pool.dispose();
  });

  it('does finals before partials that came first', async () => {
    const { pool, threads, submit } = await start(capitals);
    await Promise.all([submit('x'), wait(0).then(async () => Promise.all([submit('partial', { priority: 'partial' }), submit('final')]))]);
    expect(threads[0]!.batches.map(texts)).toEqual(['x', 'final', 'partial']);
    await pool.dispose();
  });

  it('keeps the process alive while it works, and only then', async () => {
    const { pool, threads, submit } = await start(async (work, control) => {
      expect(threads[0]!.referenced).toBe(true);
      return capitals(work, control);
    });
    expect(threads[0]!.referenced).toBe(false);
    await submit('a');
    expect(threads[0]!.referenced).toBe(false);
    await pool.dispose();
  });

  it('hands on the error of one item, and spares those that were with it', async () => {
    const { pool, submit } = await start(async (work, control) => (texts(work).includes('bad') ? failure : capitals(work, control)));
    const results = await Promise.allSettled(['a', 'bad', 'b'].map(async (text) => submit(text)));
    expect(results).toMatchObject([{ value: 'A' }, { reason: { code: 'INFERENCE_FAILED', message: 'no' } }, { value: 'B' }]);
    await pool.dispose();
  });

  it('fails to start with the error of its models', async () => {
    const error: ErrorMessage = { code: 'MODEL_TAMPERED', message: 'other bytes', cause: 'Error: x' };
    await expect(start(capitals, { startThread: (data) => new FakeThread(data, capitals, error) })).rejects.toMatchObject({
      code: 'MODEL_TAMPERED',
      message: 'other bytes',
      cause: { message: 'Error: x' },
    });
  });

  it('fails to start where the thread ends at once', async () => {
    const startThread = (data: ThreadData): FakeThread => {
      const thread = new FakeThread(data, capitals);
      process.nextTick(() => thread.emit('exit', 134));
      return thread;
    };
    await expect(start(capitals, { startThread })).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  });
});

describe('a thread that crashes', () => {
  it('is replaced, and its work is done again', async () => {
    let crashes = 1;
    const { pool, threads, submit } = await start(async (work, control) => (crashes-- > 0 ? 'crash' : capitals(work, control)));
    expect(await Promise.all([submit('a'), submit('b')])).toEqual(['A', 'B']);
    expect(threads.map((thread) => thread.batches.map(texts))).toEqual([['a b'], ['a', 'b']]);
    await pool.dispose();
  });

  it('fails only the work that crashes it again', async () => {
    const { pool, submit } = await start(async (work, control) => (texts(work).includes('poison') ? 'crash' : capitals(work, control)));
    const results = await Promise.allSettled(['a', 'poison', 'b'].map(async (text) => submit(text)));
    expect(results).toMatchObject([{ value: 'A' }, { reason: { code: 'WORKER_CRASHED', cause: { message: 'out of memory' } } }, { value: 'B' }]);
    expect(await submit('later')).toBe('LATER');
    await pool.dispose();
  });

  it('is replaced as well where it had nothing to do', async () => {
    const { pool, threads, submit } = await start(capitals);
    threads[0]!.end(1);
    await wait(20);
    expect(threads).toHaveLength(2);
    expect(await submit('a')).toBe('A');
    await pool.dispose();
  });

  it('again and again is given up, and all that waits is told', async () => {
    const { pool, threads, submit } = await start(async () => 'crash');
    const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map(async (text) => submit(text)));
    expect(results.every((result) => result.status === 'rejected' && (result.reason as { code: string }).code === 'WORKER_CRASHED')).toBe(true);
    await expect(submit('later')).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    expect(threads.length).toBeLessThan(6);
    await pool.dispose();
  });
});

describe('a thread that hangs', () => {
  it('is found out by the time limit, replaced, and told to end by itself', async () => {
    let first = true;
    const behaviour: Behaviour = async (work, control) => {
      if (!first) return capitals(work, control);
      first = false;
      return 'hang';
    };
    const { pool, threads, submit } = await start(behaviour, { timeLimitMs: () => 30 });
    await expect(submit('a')).rejects.toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringMatching(/0\.03 s/) });
    expect(threads[0]!.control.stopped).toBe(true);
    expect(threads[0]!.referenced).toBe(false);
    expect(await submit('b')).toBe('B');
    await pool.dispose();
  });
});

describe('an AbortSignal', () => {
  it('takes waiting work out of the queue', async () => {
    const { pool, threads, submit } = await start(capitals);
    const controller = new AbortController();
    const first = submit('a', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(first).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    await expect(submit('b', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await submit('c');
    expect(threads[0]!.batches.map(texts)).toEqual(['c']);
    await pool.dispose();
  });

  it('stops a running batch once nobody waits for any of it', async () => {
    let stoppedAfter = 0;
    const polling: Behaviour = async (_work, control) => {
      for (stoppedAfter = 0; !control.shouldStop(1) && stoppedAfter < 1_000; stoppedAfter++) await wait(1);
      return failure;
    };
    const { pool, submit } = await start(polling);
    const controllers = [new AbortController(), new AbortController()];
    const results = Promise.allSettled(controllers.map(async ({ signal }, i) => submit(String(i), { signal })));
    await wait(20);
    controllers[0]!.abort();
    await wait(20);
    const before = stoppedAfter;
    controllers[1]!.abort();
    expect(await results).toMatchObject([{ reason: { code: 'ABORTED' } }, { reason: { code: 'ABORTED' } }]);
    await wait(10);
    expect(before).toBeGreaterThan(5);
    expect(stoppedAfter).toBeLessThan(1_000);
    await pool.dispose();
  });

  it('leaves no listener behind', async () => {
    const { pool, submit } = await start(capitals);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => (listeners++, addEventListener.apply(signal, args));
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => (listeners--, removeEventListener.apply(signal, args));
    await Promise.all(['a', 'b', 'c'].map(async (text) => submit(text, { signal })));
    expect(listeners).toBe(0);
    await pool.dispose();
  });
});

describe('dispose', () => {
  it('lets what runs end, drops what waits, takes nothing new, and can be called twice', async () => {
    const slow: Behaviour = async (work, control) => {
      await wait(30);
      return capitals(work, control);
    };
    const { pool, threads, submit } = await start(slow, { rules: { recognise: rule, classify: { ...rule, maxItems: 1 }, listen: rule } });
    const results = Promise.allSettled([submit('runs'), submit('waits')]);
    await wait(10);
    await Promise.all([pool.dispose(), pool.dispose()]);
    expect(await results).toMatchObject([{ value: 'RUNS' }, { reason: { code: 'DISPOSED' } }]);
    expect(threads[0]!.closed).toBe(true);
    await expect(submit('later')).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});
