import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client/sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerAudit } from '../../src/cli/audit.js';
import { registerErase } from '../../src/cli/erase.js';
import { registerExport } from '../../src/cli/export.js';
import { registerGallra } from '../../src/cli/gallra.js';
import { CallIds } from '../../src/survey/call-id.js';
import type { NewResponse } from '../../src/survey/store.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { classified, redacted, response } from '../survey/make-responses.js';
import { runCommand } from './command-context.js';

/** A word that must be gone from the file, not only from what is shown. */
const CANARY = 'kanariefågelsvisa';

let folder: string;
let db: string;
let recordings: string;
let callIds: CallIds;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-privacy-'));
  db = join(folder, 'pulsen.db');
  recordings = join(folder, 'inspelningar');
  await mkdir(recordings);
  callIds = await CallIds.open(`${db}.key`);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function inStore<T>(work: (store: SqliteStore) => Promise<T>): Promise<T> {
  await using store = await SqliteStore.open(db, { create: true });
  return await work(store);
}

/** One that was contacted so many days ago. */
function old(callId: string, days: number, change: Partial<NewResponse> = {}): NewResponse {
  const contactedAt = new Date(Date.now() - days * 86_400_000);
  return response(callIds.pseudonym(callId), { digest: callIds.digest(callId), contactedAt, answeredAt: contactedAt, comment: { ...classified(), text: redacted(`${callId} ${CANARY}`) }, ...change });
}

async function retention(rules: Partial<Record<'recording' | 'text' | 'response' | 'aggregate', string>>): Promise<string> {
  const path = join(folder, 'gallring.yaml');
  const line = (name: 'recording' | 'text' | 'response' | 'aggregate'): string => (rules[name] === undefined ? `${name}: { keep: forever }` : `${name}: { keep: ${rules[name]}, decision: KS 2026/1 }`);
  await writeFile(path, ['format: 1', line('recording'), line('text'), line('response'), line('aggregate')].join('\n'));
  return path;
}

async function gallra(rules: Parameters<typeof retention>[0], ...flags: string[]): Promise<Awaited<ReturnType<typeof runCommand>>> {
  return runCommand(registerGallra, ['gallra', '--db', db, '--retention', await retention(rules), ...flags]);
}

/** Everything that the database has on the disk. */
async function bytesOnDisk(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('pulsen.db') && !name.endsWith('.key'));
  return (await Promise.all(names.map(async (name) => readFile(join(folder, name), 'latin1')))).join('');
}

/** How many responses the report counts. */
const counted = async (): Promise<number> => inStore(async (store) => (await store.extent()).responses);

describe('tonalitet gallra', () => {
  it('tells what it would delete, and deletes nothing, until it is told to', async () => {
    await inStore(async (store) => store.add([old('a', 900), old('b', 10)]));
    const { lines } = await gallra({ text: '2 years' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^text: 0180: 1 from \d{4}-\d\d-\d\d to .* would be deleted/);
    expect(await inStore(async (store) => (await store.find(callIds.pseudonym('a')))?.comment?.text)).toContain(CANARY);
    expect(await inStore(async (store) => store.privacy.auditEntries(10, 0))).toEqual([]);
  });

  it('deletes words from the file itself, and leaves the counts as they were', async () => {
    await inStore(async (store) => store.add([old('a', 900), old('b', 800)]));
    const before = await counted();
    expect(await bytesOnDisk()).toContain(Buffer.from(CANARY).toString('latin1'));
    const { lines } = await gallra({ text: '2 years' }, '--execute');
    expect(lines.at(-1)).toBe('text: 2 deleted');
    expect(await bytesOnDisk()).not.toContain(Buffer.from(CANARY).toString('latin1'));
    expect(await counted()).toBe(before);
    expect(await inStore(async (store) => (await store.find(callIds.pseudonym('a')))?.comment)).toMatchObject({ text: null, state: 'classified' });
  });

  it('deletes whole responses, whose ids stay taken while they still count', async () => {
    await inStore(async (store) => store.add([old('a', 3_000), old('b', 10)]));
    await gallra({ response: '5 years', text: '5 years' }, '--execute');
    expect(await inStore(async (store) => store.find(callIds.pseudonym('a')))).toBeUndefined();
    expect(await counted()).toBe(2);
    expect(await inStore(async (store) => store.add([old('a', 3_000)]))).toEqual(['duplicate']);
    expect(await counted()).toBe(2);
    // With the counts, the memory of the ids goes.
    await gallra({ response: '5 years', text: '5 years', aggregate: '6 years' }, '--execute');
    expect(await counted()).toBe(1);
    expect(await inStore(async (store) => store.add([old('a', 3_000)]))).toEqual(['added']);
  });

  it('gives up comments that wait for a verdict when what they are judged by goes', async () => {
    await inStore(async (store) => store.add([old('a', 900, { comment: { state: 'pending', recording: null, text: redacted(CANARY), verdict: null } })]));
    await gallra({ text: '2 years' }, '--execute');
    expect(await inStore(async (store) => store.backlog())).toMatchObject({ waiting: 0, dead: 1 });
    expect(await inStore(async (store) => store.deadLetters(10))).toMatchObject([{ reason: 'FORGOTTEN' }]);
  });

  it('deletes recordings below their folder alone, and keeps telling of those that it cannot', async () => {
    const secret = join(folder, 'annat.txt');
    await writeFile(secret, 'x');
    await writeFile(join(recordings, 'a.wav'), 'ljud');
    await symlink(secret, join(recordings, 'lank.wav'));
    const spoken = (name: string): Partial<NewResponse> => ({ comment: { ...classified(), recording: name } });
    await inStore(async (store) =>
      store.add([old('a', 60, spoken(join(recordings, 'a.wav'))), old('b', 60, spoken(secret)), old('c', 60, spoken(join(recordings, 'lank.wav'))), old('d', 60, spoken(join(recordings, 'borta.wav')))]),
    );
    await expect(gallra({ recording: '30 days' }, '--execute')).rejects.toThrow('--recordings');
    const { lines, errors, exitCode } = await gallra({ recording: '30 days' }, '--execute', '--recordings', recordings);
    expect(lines.at(-1)).toBe('recording: 2 deleted');
    expect(errors).toHaveLength(2);
    expect(exitCode).toBe(1);
    expect(await readdir(recordings)).toEqual(['lank.wav']);
    expect(await readFile(secret, 'utf8')).toBe('x');
    expect(await inStore(async (store) => (await store.privacy.expired('recording', '2100-01-01'))[0]!.count)).toBe(2);
  });

  it('writes each deletion to the log, with the decision', async () => {
    await inStore(async (store) => store.add([old('a', 900)]));
    await gallra({ text: '2 years' }, '--execute', '--by', 'arkivet');
    const { lines } = await runCommand(registerAudit, ['audit', 'list', '--db', db]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ seq: 1, actor: 'arkivet', action: 'delete', detail: expect.stringMatching(/^text: 1 from before .*; KS 2026\/1$/) as string });
  });
});

describe('tonalitet erase and export', () => {
  it('gives out everything about a call, erases it with its part in the counts, and does not take it back', async () => {
    const path = join(recordings, 'a.wav');
    await writeFile(path, 'ljud');
    await inStore(async (store) => {
      await store.add([old('samtal-1', 5, { comment: { ...classified(), text: redacted(CANARY), recording: path } }), old('samtal-2', 5)]);
      await store.correct(callIds.pseudonym('samtal-1'), { by: 'anna', at: new Date(), tonality: 'negativ', areas: [], services: [] }, 0);
    });
    const { lines } = await runCommand(registerExport, ['export', 'samtal-1', '--db', db, '--by', 'anna']);
    expect(JSON.parse(lines.join(''))).toMatchObject({ municipality: { code: '0180', name: 'Stockholm' }, comment: { text: CANARY }, corrections: [{ by: 'anna', tonality: 'negativ' }] });

    const erase = ['erase', 'samtal-1', '--db', db, '--by', 'anna', '--decision', 'KS 2026/9'];
    await expect(runCommand(registerErase, erase)).rejects.toThrow('--recordings');
    await runCommand(registerErase, [...erase, '--recordings', recordings]);
    expect(await counted()).toBe(1);
    expect(await readdir(recordings)).toEqual([]);
    expect(await inStore(async (store) => store.corrected(10))).toEqual([]);
    expect(await inStore(async (store) => store.add([old('samtal-1', 5)]))).not.toEqual(['added']);
    await expect(runCommand(registerErase, [...erase, '--recordings', recordings])).rejects.toMatchObject({ code: 'RESPONSE_NOT_FOUND' });
    const entries = await inStore(async (store) => store.privacy.auditEntries(10, 0));
    expect(entries.map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
      ['export', 'anna', callIds.pseudonym('samtal-1')],
      ['erase', 'anna', callIds.pseudonym('samtal-1')],
    ]);
    expect(JSON.stringify(entries)).not.toContain('samtal-1');
  });
});

describe('tonalitet audit', () => {
  it('finds what was changed in the file, and an end that was cut off', async () => {
    await inStore(async (store) => {
      for (let i = 0; i < 5; i++) await store.privacy.audit({ actor: 'anna', action: 'view', subject: '', detail: `sida ${i}` });
    });
    const head = (await runCommand(registerAudit, ['audit', 'head', '--db', db])).lines[0]!;
    const verify = async (...flags: string[]): Promise<number> => (await runCommand(registerAudit, ['audit', 'verify', '--db', db, ...flags])).exitCode;
    expect(await verify()).toBe(0);
    expect(await verify('--head', head)).toBe(0);
    const change = async (sql: string): Promise<void> => {
      const client = createClient({ url: `file:${db}` });
      await client.execute(sql);
      client.close();
    };
    await change('DELETE FROM audit WHERE seq = 5');
    expect(await verify()).toBe(0);
    expect(await verify('--head', head)).toBe(1);
    await change("UPDATE audit SET actor = 'bo' WHERE seq = 2");
    expect(await verify()).toBe(1);
    await expect(verify('--head', '5')).rejects.toThrow('--head');
  });
});
