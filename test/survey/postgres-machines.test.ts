import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { PostgresStore } from '../../src/survey/postgres-store.js';
import type { NewResponse, StoredResponse } from '../../src/survey/store.js';
import { redacted, response, someCorrection, someResponse, someVerdict } from './make-responses.js';
import { items, outcomeCounts } from './naive-counts.js';
import { TestPostgres, postgresPrograms } from './test-postgres.js';

const MACHINES = 4;
const RESPONSES = 120;
const BATCH = 20;

const waiting = { state: 'pending', recording: null, text: redacted('Det tog tid.'), verdict: null } as const;

function shuffled<T>(list: readonly T[]): T[] {
  return list.map((one) => ({ one, place: Math.random() })).sort((a, b) => a.place - b.place).map(({ one }) => one);
}

describe.skipIf(postgresPrograms === undefined)('several machines on one PostgreSQL database', () => {
  let server: TestPostgres;
  let stores: PostgresStore[];
  let database: string;
  beforeAll(async () => {
    server = await TestPostgres.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    database = await server.makeDatabase();
    stores = await Promise.all(Array.from({ length: MACHINES }, () => PostgresStore.open(server.location(database), { create: true })));
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  /** The sum of all cells is that of all responses. */
  async function checkCounts(ids: readonly string[]): Promise<readonly StoredResponse[]> {
    const store = stores[0]!;
    const all = await Promise.all(ids.map(async (id) => (await store.find(id))!));
    const comments = all.flatMap((one) => items(one, 'comments'));
    expect(await store.countComments({ subject: 'comments' })).toEqual([
      { outcomes: outcomeCounts(comments), corrected: comments.filter(({ corrected }) => corrected).length, uncertain: comments.filter(({ uncertain }) => uncertain).length },
    ]);
    expect((await store.extent()).responses).toBe(all.length);
    return all;
  }

  it('never wait for each other in a circle, take everything once, and count it once, whatever they do at the same time', async () => {
    const made = fc.sample(someResponse, { numRuns: RESPONSES, seed: 1 }).map((one, index): NewResponse => ({ ...one, id: `${index}`, digest: '', comment: one.comment?.verdict == null ? waiting : one.comment }));
    const verdicts = fc.sample(someVerdict, { numRuns: RESPONSES, seed: 2 });
    const corrections = fc.sample(someCorrection, { numRuns: RESPONSES, seed: 3 });
    const tally = { added: 0, duplicate: 0, conflict: 0, corrected: 0 };
    // Everybody adds everything, in an order of their own, while they classify, correct, give up and retry what the others added.
    await Promise.all(
      stores.map(async (store) => {
        const mine = shuffled(made);
        for (let first = 0; first < RESPONSES; first += BATCH) {
          const batch = mine.slice(first, first + BATCH);
          for (const outcome of await store.add(batch)) tally[outcome]++;
          const work = shuffled(batch).map(async ({ id }, index) => {
            const which = Number(id);
            if (index % 4 === 0) await store.classify(id, verdicts[which]!);
            else if (index % 4 === 1) {
              if ((await store.correct(id, corrections[which]!, 0)) === 'corrected') tally.corrected++;
            } else if (index % 4 === 2) await store.postpone(id, 'INFERENCE_FAILED', null);
            else await store.extendClaim(shuffled(batch).map((one) => one.id), new Date());
          });
          await Promise.all([...work, store.claim(BATCH, new Date(), new Date()), store.retry(new Date()), store.quotes({ limit: 100 })]);
        }
      }),
    );
    expect(tally).toMatchObject({ added: RESPONSES, duplicate: RESPONSES * (MACHINES - 1), conflict: 0 });
    const all = await checkCounts(made.map(({ id }) => id));
    // Each of them knew of no correction: one of those who tried made it.
    expect(all.filter(({ corrections }) => corrections.length === 1)).toHaveLength(tally.corrected);
    expect(all.every(({ corrections }) => corrections.length <= 1)).toBe(true);
    expect(await stores[0]!.backlog()).toMatchObject({
      waiting: all.filter(({ comment }) => comment!.state === 'pending').length,
      dead: all.filter(({ comment }) => comment!.state === 'failed').length,
    });
    expect(await server.query(database, 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()')).toEqual([{ deadlocks: 0 }]);
  }, 120_000);

  it('get each comment once', async () => {
    const ids = Array.from({ length: RESPONSES }, (_, index) => `${index}`);
    await stores[0]!.add(ids.map((id) => response(id, { comment: waiting })));
    const taken: string[] = [];
    await Promise.all(
      stores.map(async (store) => {
        for (;;) {
          const comments = await store.claim(7, store.now(), new Date(Date.now() + 60_000));
          if (comments.length === 0) return;
          taken.push(...comments.map(({ id }) => id));
        }
      }),
    );
    expect(taken.sort()).toEqual(ids.sort());
  });

  it('answer the same to two who add the same at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const mine = response(`${round}`, { digest: 'mine', comment: waiting });
      const outcomes = await Promise.all([stores[0]!.add([mine]), stores[1]!.add([mine]), stores[2]!.add([{ ...mine, digest: 'theirs' }])]);
      const flat = outcomes.flat();
      expect(flat.filter((one) => one === 'added')).toHaveLength(1);
      expect(flat.sort()).toEqual(outcomes[2][0] === 'added' ? ['added', 'conflict', 'conflict'] : ['added', 'conflict', 'duplicate']);
    }
    await checkCounts(Array.from({ length: 10 }, (_, round) => `${round}`));
  });

  it('hear of what comes to wait on another one, at once, and again after the connection was lost', async () => {
    await using bell = await stores[0]!.listen();
    // The first wait only begins to listen: what waits by then is found by looking.
    await bell.wait(60_000);
    const waitMs = async (): Promise<number> => {
      const begun = performance.now();
      await bell.wait(60_000);
      return performance.now() - begun;
    };
    const heard = waitMs();
    await sleep(100);
    await stores[1]!.add([response('a')]);
    await stores[1]!.add([response('b', { comment: waiting })]);
    expect(await heard).toBeLessThan(10_000);
    // What rang while nobody waited is not lost.
    await stores[1]!.add([response('c', { comment: waiting })]);
    await sleep(500);
    expect(await waitMs()).toBeLessThan(400);
    const lost = waitMs();
    await server.query(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    expect(await lost).toBeLessThan(10_000);
    await bell.wait(60_000);
    const again = waitMs();
    await stores[1]!.postpone('b', 'AUDIO_EMPTY', null);
    await stores[1]!.retry(new Date());
    expect(await again).toBeLessThan(10_000);
    const controller = new AbortController();
    const stopped = bell.wait(60_000, controller.signal);
    controller.abort();
    await stopped;
  });

  it("go by the server's clock where their own is wrong", async () => {
    const store = stores[0]!;
    const real = Date.now;
    try {
      Date.now = () => real() - 3_600_000;
      await store.backlog();
      expect(Math.abs(store.now().getTime() - real())).toBeLessThan(5_000);
    } finally {
      Date.now = real;
    }
  });
});
