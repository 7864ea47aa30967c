import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteDatabase } from '../../src/survey/sqlite-database.js';
import { SQLITE_MIGRATIONS } from '../../src/survey/sqlite-migrations.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { NewResponse } from '../../src/survey/store.js';
import { classified, redacted, response } from './make-responses.js';
import { testStore } from './store-contract.js';

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-store-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

testStore(
  'SQLite',
  async () => {
    const path = join(folder, `${made++}.db`);
    return {
      open: () => SqliteStore.open(path, { create: true }),
      remove: async () => {
        for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true });
      },
    };
  },
  60,
);

describe('a SQLite file', () => {
  it('is made only when that was asked for, and for its owner alone', async () => {
    const path = join(folder, 'år 2020 100% #1?.db');
    await expect(SqliteStore.open(path, { create: false })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const store = await SqliteStore.open(path, { create: true });
    await store.add([response('a')]);
    for (const end of ['', '-wal']) expect((await stat(path + end)).mode & 0o777).toBe(0o600);
    await store.close();
    const again = await SqliteStore.open(path, { create: false });
    expect((await again.find('a'))?.id).toBe('a');
    await again.close();
  });

  it('keeps every text as it was, those that JSON says otherwise than SQLite too', async () => {
    const texts = ['"citat" \\u0000 \\ud800 {"a": [1]}', 'rad\nrad\ttabb \u2028', 'å😀', '', "'); DROP TABLE responses; --"];
    const odd = ['halvt \ud800 tecken'];
    await using store = await SqliteStore.open(join(folder, 'texts.db'), { create: true });
    const rows = (some: readonly string[], batch: string): NewResponse[] =>
      some.map((text, index) => response(`${batch} ${index}`, { unit: text, comment: { ...classified(), text: redacted(text) }, ratings: [{ question: 'a"b', value: 3 }] }));
    await store.add(rows(texts, 'plain'));
    await store.add(rows([...texts, ...odd], 'odd'));
    const stored = await Promise.all(texts.map(async (_, index) => [await store.find(`plain ${index}`), await store.find(`odd ${index}`)]));
    stored.forEach((pair, index) => {
      for (const one of pair) expect([one?.comment?.text, one?.unit ?? '', one?.ratings]).toEqual([texts[index], texts[index], [{ question: 'a"b', value: 3 }]]);
    });
    expect((await store.find(`odd ${texts.length}`))?.comment?.text).toMatch(/^halvt \ufffd+ tecken$/);
  });

  it('is refused where it is none, another one, newer, or a folder', async () => {
    const path = join(folder, 'other.db');
    await writeFile(path, 'Detta är ingen databas, hur man än läser den.'.repeat(100));
    await expect(SqliteStore.open(path, { create: true })).rejects.toMatchObject({ code: 'STORE_INVALID' });
    await expect(SqliteStore.open(folder, { create: true })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });

    const newer = join(folder, 'newer.db');
    await (await SqliteDatabase.open(newer, [...SQLITE_MIGRATIONS, ['CREATE TABLE later (a TEXT)']], { create: true })).close();
    await expect(SqliteStore.open(newer, { create: true })).rejects.toMatchObject({ code: 'STORE_VERSION' });

    const foreign = join(folder, 'foreign.db');
    const database = await SqliteDatabase.open(foreign, [['CREATE TABLE theirs (a TEXT)']], { create: true });
    await database.all('PRAGMA application_id = 7');
    await database.close();
    await expect(SqliteStore.open(foreign, { create: true })).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });

  it('stays as it was where a migration fails', async () => {
    const path = join(folder, 'half.db');
    await (await SqliteStore.open(path, { create: true })).close();
    const failing = [...SQLITE_MIGRATIONS, ['CREATE TABLE later (a TEXT)', 'CREATE TABLE later (a TEXT)']];
    await expect(SqliteDatabase.open(path, failing, { create: false })).rejects.toMatchObject({ code: 'STORE_FAILED' });
    const store = await SqliteStore.open(path, { create: false });
    expect(await store.add([response('a')])).toEqual(['added']);
    await store.close();
  });

  it.each(SQLITE_MIGRATIONS.map((_, index) => index + 1))('of version %i is brought to the newest with what it holds', async (version) => {
    const path = join(folder, `version ${version}.db`);
    const old = await SqliteDatabase.open(path, SQLITE_MIGRATIONS.slice(0, version), { create: true });
    await old.all(
      `INSERT INTO responses (id, digest, municipality, unit, day, contacted_ms, participation, ratings, state, text, verdict)
        VALUES ('a', 'd', '0180', '', 18326, 1583402400000, 'completed', '["helhet",9]', 'classified', 'Bra.', '{"tonality":"positiv"}')`,
    );
    await old.all("INSERT INTO corrections (response, by, at_ms, labels) VALUES (1, 'anna', 1600000000000, '{\"tonality\":\"negativ\"}')");
    await old.all(`INSERT INTO cells (grain, municipality, period, unit, comments, ratings, participation)
      VALUES ('month', '', 24242, '', '[2,1,8,1]', '["helhet",1,9,81]', '[3,1,10,1,12,1]')`);
    // From version 3 on, whoever writes a text writes its stems too.
    if (version >= 3) await old.all("INSERT INTO comment_words (rowid, stems) VALUES (1, 'bra')");
    await old.close();
    await using store = await SqliteStore.open(path, { create: false });
    expect(await store.find('a')).toMatchObject({ ratings: [{ question: 'helhet', value: 9 }], comment: { text: 'Bra.' }, corrections: [{ by: 'anna', tonality: 'negativ' }] });
    expect(await store.countComments({ subject: 'comments', groupBy: { period: 'month' } })).toMatchObject([{ period: '2020-03', outcomes: { negativ: 1 }, corrected: 1 }]);
    expect((await store.quotes({ limit: 5 })).quotes).toMatchObject([{ id: 'a', labels: { tonality: 'negativ' }, corrected: true }]);
    expect((await store.quotes({ limit: 5, search: 'bra' })).quotes).toMatchObject([{ id: 'a' }]);
    expect(await store.add([response('b')])).toEqual(['added']);
  });

  it('forgets the words of a comment with the comment, whoever deletes it', async () => {
    const path = join(folder, 'forgotten.db');
    const store = await SqliteStore.open(path, { create: true });
    await store.add(['a', 'b', 'c'].map((id) => response(id, { comment: { ...classified(), text: redacted(`Snöröjningen ${id}${id}${id}`) } })));
    const found = async (): Promise<string> => (await store.quotes({ limit: 5, search: 'snöröjning' })).quotes.map(({ id }) => id).join('');
    expect(await found()).toBe('cba');
    // Statements of nobody in particular: retention, erasure, a person with a tool.
    const database = await SqliteDatabase.open(path, SQLITE_MIGRATIONS, { create: false });
    await database.all("UPDATE responses SET text = NULL WHERE id = 'a'");
    await database.all("UPDATE responses SET text = 'Något annat.' WHERE id = 'b'");
    expect(await found()).toBe('c');
    await database.all("DELETE FROM responses WHERE id = 'c'");
    expect((await database.all('SELECT rowid FROM comment_words'))).toEqual([]);
    await database.close();
    await store.close();
    const bytes = (await readFile(path)).toString('latin1');
    for (const trace of ['jning', 'aaa', 'bbb', 'ccc']) expect(bytes).not.toContain(trace);
  });

  it('can be written by two at a time', async () => {
    const path = join(folder, 'two.db');
    const stores = await Promise.all([1, 2].map(() => SqliteStore.open(path, { create: true })));
    const add = (store: SqliteStore, who: string): Promise<unknown> =>
      Promise.all(Array.from({ length: 20 }, (_, index) => store.add([response(`${who} ${index}`, { comment: classified() })])));
    await Promise.all(stores.map((store, index) => add(store, String(index))));
    expect(await stores[0]!.countComments({ subject: 'comments' })).toMatchObject([{ outcomes: { positiv: 40 } }]);
    for (const store of stores) await store.close();
  });

  it('commits to the disk, and overwrites what is deleted', async () => {
    const database = await SqliteDatabase.open(join(folder, 'pragmas.db'), SQLITE_MIGRATIONS, { create: true });
    const pragma = async (name: string): Promise<unknown> => Object.values((await database.all(`PRAGMA ${name}`))[0]!)[0];
    // 2 is FULL.
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('secure_delete')).toBe(1);
    expect(await pragma('foreign_keys')).toBe(1);
    await database.close();
    expect((await readFile(database.path)).subarray(68, 72).toString('latin1')).toBe('tona');
  });
});
