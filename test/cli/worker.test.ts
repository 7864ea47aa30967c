import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registerWorker } from '../../src/cli/worker.js';
import { WorkerLoop } from '../../src/cli/worker-loop.js';
import type { WorkerLoopOptions } from '../../src/cli/worker-loop.js';
import { RecordingFolder } from '../../src/cli/worker-recordings.js';
import { TonalitetError } from '../../src/errors.js';
import type { TonalitetErrorCode } from '../../src/errors.js';
import { redact } from '../../src/redaction/redact.js';
import type { CommentJudge } from '../../src/survey/classify-waiting.js';
import { PostgresStore } from '../../src/survey/postgres-store.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { ResponseStore } from '../../src/survey/store.js';
import { response, verdict } from '../survey/make-responses.js';
import { TestPostgres, postgresPrograms } from '../survey/test-postgres.js';
import { runCommand } from './command-context.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-worker-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Hears nothing in particular, in some milliseconds. */
function judge(ms = 0, onRecording: (path: string) => Promise<void> = async () => undefined): CommentJudge & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    judgeText: async () => verdict(),
    judgeRecording: async (path, signal) => {
      heard.push(path);
      await onRecording(path);
      await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw new TonalitetError('ABORTED', 'stopped');
      });
      return { text: 'Det gick bra.', verdict: verdict() };
    },
  };
}

async function addWaiting(store: ResponseStore, ...recordings: string[]): Promise<void> {
  await store.add(recordings.map((recording) => response(recording, { comment: { state: 'pending', recording, text: null, verdict: null } })));
}

type Change = Partial<WorkerLoopOptions> & Pick<WorkerLoopOptions, 'store' | 'judge'>;

/** A worker that runs until `stop`. */
function start(change: Change): { readonly loop: WorkerLoop; readonly done: Promise<void>; readonly troubles: TonalitetErrorCode[]; stop(): Promise<void> } {
  const controller = new AbortController();
  const troubles: TonalitetErrorCode[] = [];
  const patience = { firstWaitMs: 20, longestWaitMs: 100, giveUpMs: 60_000 };
  const loop = new WorkerLoop({ redact, jobs: 2, drainMs: 10_000, stop: controller.signal, onTrouble: ({ code }) => troubles.push(code), patience, ...change });
  const done = loop.run();
  done.catch(() => undefined);
  const stop = async (): Promise<void> => {
    controller.abort();
    await done;
  };
  return { loop, done, troubles, stop };
}

function testWorker(name: string, open: () => Promise<ResponseStore>): void {
  describe(`a worker on ${name}`, () => {
    let store: ResponseStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('does what waits and what comes later, and ends when it is told to', async () => {
      await addWaiting(store, 'a.wav', 'b.wav', 'c.wav');
      const { loop, stop, troubles } = start({ store, judge: judge(5) });
      await expect.poll(() => loop.counts.classified, { timeout: 15_000 }).toBe(3);
      expect(loop.state).toBe('idle');
      await addWaiting(store, 'd.wav');
      await expect.poll(() => loop.counts.classified, { timeout: 15_000 }).toBe(4);
      await stop();
      expect(loop.state).toBe('draining');
      expect(troubles).toEqual([]);
      expect(await store.backlog()).toMatchObject({ waiting: 0, dead: 0 });
      expect((await store.find('d.wav'))?.comment).toMatchObject({ state: 'classified', text: 'Det gick bra.' });
    });

    it('takes what comes while it has something else in hand', async () => {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await addWaiting(store, 'long.wav');
      const { loop, stop } = start({ store, judge: judge(0, async (path) => (path === 'long.wav' ? held : undefined)) });
      await expect.poll(() => loop.inHand, { timeout: 15_000 }).toBe(1);
      await addWaiting(store, 'short.wav');
      await expect.poll(() => loop.counts.classified, { timeout: 15_000 }).toBe(1);
      expect(loop.state).toBe('working');
      release();
      await stop();
      expect(loop.counts.classified).toBe(2);
    });

    it('finishes what it has in hand when it is told to end, and takes nothing more', async () => {
      await addWaiting(store, 'a.wav', 'b.wav', 'c.wav', 'd.wav');
      const { loop, stop } = start({ store, judge: judge(300) });
      await expect.poll(() => loop.inHand, { timeout: 15_000, interval: 5 }).toBe(2);
      await stop();
      expect(loop.counts.classified).toBe(2);
      expect(await store.backlog()).toMatchObject({ waiting: 2 });
      expect(await store.claim(5, store.now(), store.now())).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    });

    it('gives back untried what takes longer than it may', async () => {
      await addWaiting(store, 'a.wav', 'b.wav');
      const { loop, stop } = start({ store, judge: judge(60_000), drainMs: 100 });
      await expect.poll(() => loop.inHand, { timeout: 15_000 }).toBe(2);
      await stop();
      expect(loop.counts.classified).toBe(0);
      expect(await store.claim(5, store.now(), store.now())).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    });

    it('ends by itself where a person is wanted', async () => {
      await addWaiting(store, 'a.wav');
      const broken = judge(0, async () => {
        throw new TonalitetError('MODEL_INVALID', 'no');
      });
      await expect(start({ store, judge: broken }).done).rejects.toMatchObject({ code: 'MODEL_INVALID' });
      expect(await store.claim(5, store.now(), store.now())).toMatchObject([{ attempts: 1 }]);
    });

    it('waits for a folder of recordings that went away, without giving anything up', async () => {
      const share = join(folder, 'share');
      await mkdir(share);
      await writeFile(join(share, 'a.wav'), '');
      const recordings = await RecordingFolder.open(share, '/srv/imported');
      await addWaiting(store, '/srv/imported/a.wav', '/srv/imported/missing.wav', '/etc/passwd', '/srv/imported/../x.wav');
      const heard = judge(0, async (path) => {
        if (path !== join(share, 'a.wav') || gone) throw new TonalitetError('FILE_NOT_FOUND', 'no');
      });
      let gone = true;
      await rename(share, `${share} away`);
      const { loop, stop, troubles } = start({ store, judge: recordings.guard(heard) });
      await expect.poll(() => troubles.length, { timeout: 15_000 }).toBeGreaterThan(1);
      expect(new Set(troubles)).toEqual(new Set(['RECORDINGS_UNAVAILABLE']));
      // What lies elsewhere is never read, wherever the folder is.
      expect(heard.heard.every((path) => path.startsWith(share))).toBe(true);
      await rename(`${share} away`, share);
      gone = false;
      await expect.poll(() => loop.counts, { timeout: 15_000 }).toMatchObject({ classified: 1, failed: 3 });
      await stop();
      expect((await store.deadLetters(9)).map(({ id, reason }) => `${id} ${reason}`)).toEqual([
        '/srv/imported/missing.wav FILE_NOT_FOUND', '/etc/passwd FILE_UNREADABLE', '/srv/imported/../x.wav FILE_UNREADABLE',
      ]);
    });
  });
}

testWorker('SQLite', async () => SqliteStore.open(join(folder, 'a.db'), { create: true }));

describe.skipIf(postgresPrograms === undefined)('with a PostgreSQL server', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await TestPostgres.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  testWorker('PostgreSQL', async () => PostgresStore.open(server.location(await server.makeDatabase()), { create: true }));

  describe('workers on several machines', () => {
    it('share what waits, and do each comment once', async () => {
      const database = await server.makeDatabase();
      const stores = await Promise.all([1, 2, 3].map(() => PostgresStore.open(server.location(database), { create: true })));
      const judges = stores.map(() => judge(5));
      const workers = stores.map((store, index) => start({ store, judge: judges[index]! }));
      const names = Array.from({ length: 60 }, (_, index) => `${index}.wav`);
      await addWaiting(stores[0]!, ...names);
      await expect.poll(async () => (await stores[0]!.backlog()).waiting, { timeout: 20_000 }).toBe(0);
      for (const { stop } of workers) await stop();
      expect(judges.flatMap(({ heard }) => heard).sort()).toEqual(names.sort());
      expect(judges.every(({ heard }) => heard.length > 0)).toBe(true);
      for (const store of stores) await store.close();
    });

    it('go on after the server was away', async () => {
      await using own = await TestPostgres.start();
      await using store = await PostgresStore.open(own.location(await own.makeDatabase()), { create: true });
      await addWaiting(store, 'a.wav');
      const { loop, stop, troubles } = start({ store, judge: judge() });
      await expect.poll(() => loop.counts.classified, { timeout: 15_000 }).toBe(1);
      await own.stop();
      await expect.poll(() => troubles.length, { timeout: 15_000 }).toBeGreaterThan(0);
      expect(new Set(troubles)).toEqual(new Set(['STORE_UNREACHABLE']));
      await own.restart();
      await addWaiting(store, 'b.wav');
      await expect.poll(() => loop.counts.classified, { timeout: 15_000 }).toBe(2);
      await stop();
    }, 60_000);

    it('end where the server stays away', async () => {
      await using own = await TestPostgres.start();
      await using store = await PostgresStore.open(own.location(await own.makeDatabase()), { create: true });
      const { done } = start({ store, judge: judge(), patience: { firstWaitMs: 10, longestWaitMs: 20, giveUpMs: 200 } });
      await own.stop();
      await expect(done).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    }, 60_000);
  });
});

describe('tonalitet worker', () => {
  it('refuses what it cannot work with, before it loads a model', async () => {
    const db = join(folder, 'none.db');
    const worker = (...args: string[]): Promise<unknown> => runCommand(registerWorker, ['worker', '--db', db, ...args]);
    await expect(worker()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(worker('--jobs', '0')).rejects.toThrow(/from 1 to 256/);
    await expect(worker('--imported-as', '/x')).rejects.toThrow(/--recordings/);
    await expect(worker('--recordings', join(folder, 'none'))).rejects.toMatchObject({ code: 'RECORDINGS_UNAVAILABLE' });
    await expect(worker('--recordings', join(folder, '..', folder, 'none'))).rejects.toMatchObject({ code: 'RECORDINGS_UNAVAILABLE' });
  });
});
