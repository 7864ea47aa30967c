import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { redact } from '../../src/redaction/redact.js';
import { CallIds } from '../../src/survey/call-id.js';
import { newResponse } from '../../src/survey/new-response.js';
import { ResponseReader } from '../../src/survey/response-input.js';
import { ResponseSpool } from '../../src/survey/response-spool.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { NewResponse } from '../../src/survey/store.js';

const callIds = new CallIds(new Uint8Array(32));
const reader = new ResponseReader();

function response(id: string, more: object = {}): NewResponse {
  const fields = { id, municipality: '2480', contacted_at: '2026-03-02T09:15:00+01:00', answered_at: '2026-03-02T09:18:00+01:00', ratings: { bemotande: 4 }, text: 'bra, ring 070-123 45 67', ...more };
  return newResponse(reader.read(fields), { callIds, redact });
}

let folder: string;
let store: SqliteStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-spool-'));
  store = await SqliteStore.open(join(folder, 'pulsen.db'), { create: true });
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('responses that wait', () => {
  it('are found by the next process, and are in the store what they would have been', async () => {
    const path = join(folder, 'waiting');
    const verdict = { tonality: 'positiv', areas: [{ area: 'tid', tonality: 'negativ', probability: 0.75 }], probabilities: { positiv: 0.5, skeptisk: 0.25, negativ: 0.25 }, confidence: 0.5, model: 'm 1' };
    const responses = [response('a'), response('b', verdict), response('c', { text: null, ratings: {}, status: 'declined', answered_at: null })];
    await (await ResponseSpool.open(path)).add(responses);
    const spool = await ResponseSpool.open(path);
    expect(spool.waiting).toBe(3);
    expect(await spool.drain(store)).toEqual({ kept: 3, conflicts: 0, damaged: 0 });
    expect(spool.waiting).toBe(0);
    expect(await readdir(path)).toEqual([]);
    for (const { digest: _, ...expected } of responses) expect(await store.find(expected.id)).toEqual({ ...expected, corrections: [] });
  });

  it('are there once, though the process died between the store and the folder', async () => {
    const spool = await ResponseSpool.open(join(folder, 'waiting'));
    await spool.add([response('a'), response('b')]);
    await store.add([response('a')]);
    expect(await spool.drain(store)).toEqual({ kept: 2, conflicts: 0, damaged: 0 });
    expect((await store.extent()).responses).toBe(2);
  });

  it('wait on while the store fails', async () => {
    const spool = await ResponseSpool.open(join(folder, 'waiting'));
    await spool.add([response('a')]);
    const broken = { add: async () => Promise.reject(new TonalitetError('STORE_FAILED', 'no space')) };
    await expect(spool.drain(broken)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(spool.waiting).toBe(1);
    expect(await spool.drain(store)).toMatchObject({ kept: 1 });
  });

  it('are drained by several processes at the same time, each once', async () => {
    const path = join(folder, 'waiting');
    const spools = [await ResponseSpool.open(path), await ResponseSpool.open(path)];
    await spools[0]!.add(Array.from({ length: 450 }, (_, i) => response(`r${i}`)));
    await Promise.all(spools.map(async (spool) => spool.drain(store)));
    expect((await store.extent()).responses).toBe(450);
    expect(await readdir(path)).toEqual([]);
  });

  it('are left as files where the store has another one of their id, or nobody can read them', async () => {
    const path = join(folder, 'waiting');
    const spool = await ResponseSpool.open(path);
    await store.add([response('a')]);
    await spool.add([response('a', { ratings: { bemotande: 1 } }), response('b')]);
    const damaged = `${'0'.repeat(32)}-${'0'.repeat(32)}.json`;
    await writeFile(join(path, damaged), '{"id":"');
    await writeFile(join(path, 'notes.txt'), 'not ours');
    expect(await spool.drain(store)).toEqual({ kept: 1, conflicts: 1, damaged: 1 });
    expect((await readdir(path)).toSorted()).toEqual([`${damaged}.damaged`, expect.stringMatching(/\.json\.conflict$/), 'notes.txt'].toSorted());
    expect(await spool.drain(store)).toEqual({ kept: 0, conflicts: 0, damaged: 0 });
  });

  it('hold no identifiers, and only their owner may read them', async () => {
    const path = join(folder, 'waiting');
    await (await ResponseSpool.open(path)).add([response('samtal-17')]);
    const [name] = await readdir(path);
    const text = await readFile(join(path, name!), 'utf8');
    expect(text).not.toMatch(/070|samtal-17/);
    expect((await stat(join(path, name!))).mode & 0o777).toBe(0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('are refused aloud where they cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(ResponseSpool.open(join(folder, 'file'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await mkdir(join(folder, 'waiting'));
    const spool = await ResponseSpool.open(join(folder, 'waiting', 'deeper'));
    await rm(join(folder, 'waiting'), { recursive: true });
    await writeFile(join(folder, 'waiting'), '');
    await expect(spool.add([response('a')])).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.not.stringContaining('bra') });
    expect(spool.waiting).toBe(0);
  });
});
