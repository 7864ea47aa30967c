import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteDatabase } from '../../src/survey/sqlite-database.js';
import { SQLITE_MIGRATIONS } from '../../src/survey/sqlite-migrations.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { items, outcomeCounts } from './naive-counts.js';

const KILLS = 50;
/** A batch takes some milliseconds: a kill anywhere in this time meets every part of one. */
const LONGEST_WAIT_MS = 150;

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const built = existsSync(join(dist, 'survey', 'sqlite-store.js'));
if (!built) console.warn('not tested: kills during writing, since dist/ is not built (npm test builds it)');

interface Acknowledged {
  readonly added?: readonly string[];
  readonly classified?: string;
  readonly corrected?: string;
}

/** Lets a process write to the store, and kills it a random while after its first acknowledgement. */
async function writeAndKill(path: string, round: number): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('kill-driver.mjs', import.meta.url)), dist, path, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  let failure = '';
  child.stderr.on('data', (chunk: Buffer) => {
    failure += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (told === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * LONGEST_WAIT_MS);
    told += chunk.toString();
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, name) => resolve(name)));
  expect({ signal, failure }).toEqual({ signal: 'SIGKILL', failure: '' });
  return told.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Acknowledged);
}

describe.skipIf(!built)('a process that is killed while it writes', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tonalitet-kill-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it(`loses nothing that was acknowledged, in ${KILLS} kills`, async () => {
    const path = join(folder, 'a.db');
    const acknowledged: Acknowledged[] = [];
    for (let round = 0; round < KILLS; round++) acknowledged.push(...(await writeAndKill(path, round)));
    const added = acknowledged.flatMap((one) => one.added ?? []);
    expect(new Set(added).size).toBe(added.length);
    expect(added.length).toBeGreaterThan(KILLS);

    const database = await SqliteDatabase.open(path, SQLITE_MIGRATIONS, { create: false });
    expect(await database.all('PRAGMA integrity_check')).toMatchObject([{ integrity_check: 'ok' }]);
    const ids = (await database.all('SELECT id FROM responses')).map(({ id }) => id as string);
    await database.close();
    expect(new Set(ids).size).toBe(ids.length);
    expect(added.filter((id) => !ids.includes(id))).toEqual([]);

    await using store = await SqliteStore.open(path, { create: false });
    const all = [];
    for (const id of ids) all.push((await store.find(id))!);
    const byId = new Map(all.map((one) => [one.id, one]));
    for (const { classified, corrected } of acknowledged) {
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
  }, 600_000);
});
