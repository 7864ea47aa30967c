import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresStore } from '../../src/survey/postgres-store.js';
import { SqliteDatabase } from '../../src/survey/sqlite-database.js';
import { SQLITE_MIGRATIONS } from '../../src/survey/sqlite-migrations.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { ResponseStore } from '../../src/survey/store.js';
import { items, outcomeCounts } from './naive-counts.js';
import { TestPostgres, postgresPrograms } from './test-postgres.js';

const SQLITE_KILLS = 30;
/** Each time that many processes write to the same database, and all of them are killed, each at a time of its own. */
const POSTGRES_PROCESSES = 2;
const POSTGRES_ROUNDS = 12;
/** And the server itself is lost while they write. */
const SERVER_KILLS = 3;
/** As many batches are acknowledged before that. */
const BATCHES_BEFORE = 2;
/** A batch takes some milliseconds: a kill anywhere in this time meets every part of one. Short waits are more likely than long ones. */
const LONGEST_WAIT_MS = 150;

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const built = existsSync(join(dist, 'survey', 'sqlite-store.js'));
if (!built) console.warn('not tested: kills during writing, since dist/ is not built (npm test builds it)');

const PHASES = ['import', 'classification', 'correction'] as const;

interface Told {
  readonly at?: (typeof PHASES)[number];
  readonly added?: readonly string[];
  readonly classified?: string;
  readonly corrected?: string;
}

/**
 * Lets a process write to the store. A random while after it came to a phase, with some batches acknowledged by then, `end` is called,
 * which should end it.
 */
async function write(db: string, round: string, batches: number, phase: number, end: (kill: () => void) => void): Promise<{ readonly told: readonly Told[]; readonly signal: unknown; readonly failure: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('kill-driver.mjs', import.meta.url)), dist, db, round], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  let failure = '';
  let timed = false;
  child.stderr.on('data', (chunk: Buffer) => {
    failure += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    const [, ...acknowledged] = told.split('"added"');
    if (timed || !acknowledged.slice(batches - 1).some((rest) => rest.includes(`"${PHASES[phase % PHASES.length]!}"`))) return;
    timed = true;
    setTimeout(() => end(() => child.kill('SIGKILL')), Math.random() ** 2 * LONGEST_WAIT_MS);
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, name) => resolve(name)));
  return { told: told.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Told), signal, failure };
}

async function writeAndKill(db: string, round: string, phase: number): Promise<readonly Told[]> {
  const { told, signal, failure } = await write(db, round, 1, phase, (kill) => kill());
  expect({ signal, failure }).toEqual({ signal: 'SIGKILL', failure: '' });
  return told;
}

/** What each process was at when it was killed. */
function phases(runs: readonly (readonly Told[])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const run of runs) {
    const at = run.findLast((one) => one.at !== undefined)!.at!;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** Everything that was acknowledged is there once, and everything that is there is counted once. @param ids of all responses there. */
async function check(store: ResponseStore, ids: readonly string[], runs: readonly (readonly Told[])[]): Promise<void> {
  const told = runs.flat();
  const added = told.flatMap((one) => one.added ?? []);
  expect(new Set(added).size).toBe(added.length);
  expect(added.length).toBeGreaterThan(runs.length);
  expect(new Set(ids).size).toBe(ids.length);
  const there = new Set(ids);
  expect(added.filter((id) => !there.has(id))).toEqual([]);

  const all = [];
  for (const id of ids) all.push((await store.find(id))!);
  const byId = new Map(all.map((one) => [one.id, one]));
  for (const { classified, corrected } of told) {
    if (classified !== undefined) expect(byId.get(classified)?.comment?.verdict?.tonality).toBe('negativ');
    if (corrected !== undefined) expect(byId.get(corrected)?.corrections).toHaveLength(1);
  }
  // The report's counts are those of the responses: neither was kept without the other.
  expect((await store.extent()).responses).toBe(all.length);
  const comments = all.flatMap((one) => items(one, 'comments'));
  expect(await store.countComments({ subject: 'comments' })).toEqual([
    { outcomes: outcomeCounts(comments), corrected: comments.filter(({ corrected }) => corrected).length, uncertain: comments.filter(({ uncertain }) => uncertain).length },
  ]);
  // What waits is what has no labels.
  expect((await store.backlog()).waiting).toBe(all.filter(({ comment }) => comment?.state === 'pending').length);
  // And a process that starts again can take it.
  const claimed = await store.claim(10_000, new Date(Date.now() + 600_000), new Date(Date.now() + 600_000));
  expect(claimed.length).toBe(all.filter(({ comment }) => comment?.state === 'pending').length);
}

describe.skipIf(!built)('a process that is killed while it writes', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tonalitet-kill-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it(`loses nothing that SQLite acknowledged, in ${SQLITE_KILLS} kills`, async () => {
    const path = join(folder, 'a.db');
    const runs: (readonly Told[])[] = [];
    for (let round = 0; round < SQLITE_KILLS; round++) runs.push(await writeAndKill(path, String(round), round));
    expect(Object.keys(phases(runs)).sort()).toEqual([...PHASES].sort());

    const database = await SqliteDatabase.open(path, SQLITE_MIGRATIONS, { create: false });
    expect(await database.all('PRAGMA integrity_check')).toMatchObject([{ integrity_check: 'ok' }]);
    const ids = (await database.all('SELECT id FROM responses')).map(({ id }) => id as string);
    await database.close();
    await using store = await SqliteStore.open(path, { create: false });
    await check(store, ids, runs);
  }, 600_000);

  describe.skipIf(postgresPrograms === undefined)('with a PostgreSQL server', () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await TestPostgres.start({ fsync: true });
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
    });

    const checkDatabase = async (database: string, runs: readonly (readonly Told[])[]): Promise<void> => {
      const ids = (await server.query(database, 'SELECT id FROM tonalitet.responses')).map(({ id }) => id as string);
      await using store = await PostgresStore.open(server.location(database), { create: false });
      await check(store, ids, runs);
    };

    it(`loses nothing that PostgreSQL acknowledged, in ${POSTGRES_ROUNDS * POSTGRES_PROCESSES} kills`, async () => {
      const database = await server.makeDatabase();
      const runs: (readonly Told[])[] = [];
      for (let round = 0; round < POSTGRES_ROUNDS; round++) {
        const writers = Array.from({ length: POSTGRES_PROCESSES }, (_, index) => writeAndKill(server.url(database), `${round}-${index}`, round + index));
        runs.push(...(await Promise.all(writers)));
      }
      expect(Object.keys(phases(runs)).sort()).toEqual([...PHASES].sort());
      await checkDatabase(database, runs);
    }, 600_000);

    it(`loses nothing either where the server is lost, in ${SERVER_KILLS} times`, async () => {
      const database = await server.makeDatabase();
      const runs: (readonly Told[])[] = [];
      for (let round = 0; round < SERVER_KILLS; round++) {
        const { told, signal, failure } = await write(server.url(database), `${round}`, BATCHES_BEFORE, round, () => void server.stop('SIGKILL'));
        expect({ signal, failure }).toEqual({ signal: null, failure: expect.stringMatching(/STORE_UNREACHABLE/) });
        runs.push(told);
        await server.restart();
      }
      await checkDatabase(database, runs);
    }, 600_000);
  });
});
