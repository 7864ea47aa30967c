import { spawnSync } from 'node:child_process';
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CellChanges } from '../../src/survey/cells.js';
import { PostgresDatabase } from '../../src/survey/postgres-database.js';
import { changeCells } from '../../src/survey/postgres-cells.js';
import { readPostgresLocation } from '../../src/survey/postgres-location.js';
import { checkServer } from '../../src/survey/postgres-migrate.js';
import { POSTGRES_MIGRATIONS } from '../../src/survey/postgres-migrations.js';
import { PostgresStore } from '../../src/survey/postgres-store.js';
import type { SurveyResponse } from '../../src/survey/response.js';
import { TallyBuilder, decodeTally, encodeTally } from '../../src/survey/tally.js';
import type { StoredTally } from '../../src/survey/tally.js';
import { classified, redacted, response, someResponse } from './make-responses.js';
import { TestPostgres, postgresPrograms } from './test-postgres.js';

const SECRET = 'hemligheten';
const CANARY = 'Kanariefågel';
const create = { create: true };

/** What an attempt ends with, which must show no secret and no citizen's words, however deep one looks. */
async function errorOf(attempt: Promise<unknown>): Promise<unknown> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const shown = inspect(error, { depth: 9, showHidden: true });
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain(CANARY);
  return error;
}

function disposable(database: PostgresDatabase): PostgresDatabase & AsyncDisposable {
  return Object.assign(database, { [Symbol.asyncDispose]: async () => database.close() });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(postgresPrograms === undefined)('a PostgreSQL database', () => {
  let server: TestPostgres;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    server = await TestPostgres.start({
      port,
      access: ['local all all scram-sha-256', 'hostssl all all 127.0.0.1/32 scram-sha-256'],
      settings: ['max_connections = 40'],
    });
    await server.query('postgres', `CREATE ROLE anna LOGIN PASSWORD '${SECRET}'`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  const open = async (url: string, options = create, migrations = POSTGRES_MIGRATIONS): Promise<PostgresDatabase> =>
    PostgresDatabase.open(await readPostgresLocation(url, {}), migrations, options);
  const openClosing = async (...args: Parameters<typeof open>): Promise<void> => (await open(...args)).close();

  describe('is refused, and says why, where', () => {
    it('nobody answers', async () => {
      expect(await errorOf(open(`postgres://anna:${SECRET}@127.0.0.1:${await freePort()}/svar`))).toMatchObject({
        code: 'STORE_UNREACHABLE',
        message: expect.stringMatching(/ECONNREFUSED: postgres:\/\/anna@127\.0\.0\.1:\d+\/svar\. Check host and port/),
      });
      expect(await errorOf(open(`postgres://anna:${SECRET}@%2Fnowhere/svar`))).toMatchObject({ code: 'STORE_UNREACHABLE' });
    });

    it('the one who answers says nothing', async () => {
      const silent = createServer((socket) => socket.on('error', () => undefined).end());
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      expect(await errorOf(open(`postgres://anna:${SECRET}@127.0.0.1:${(silent.address() as AddressInfo).port}/svar`))).toMatchObject({ code: 'STORE_UNREACHABLE' });
      silent.close();
    });

    it('the password is wrong or missing, or the user is not let in', async () => {
      const at = server.url('postgres', `anna:${SECRET}x`);
      expect(await errorOf(open(at))).toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining('28P01') });
      expect(await errorOf(open(server.url('postgres', 'anna')))).toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining('password_file') });
      expect(await errorOf(open(`postgres://anna:${SECRET}@127.0.0.1:${port}/postgres`))).toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining('28000') });
    });

    it('there is no such database', async () => {
      expect(await errorOf(open(server.url('none')))).toMatchObject({ code: 'STORE_INVALID', message: expect.stringContaining('3D000') });
    });

    it('the server is too old, or the encoding another one', async () => {
      const database = await server.makeDatabase("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
      expect(await errorOf(open(server.url(database)))).toMatchObject({ code: 'STORE_INVALID', message: expect.stringContaining('LATIN1') });
      expect(() => checkServer('postgres://a@h/d', 149_999, 'UTF8')).toThrow(expect.objectContaining({ code: 'STORE_VERSION', message: expect.stringContaining('got 14') }));
      expect(() => checkServer('postgres://a@h/d', 150_000, 'UTF8')).not.toThrow();
    });

    it('the user may not make tables, or not write to them', async () => {
      const database = await server.makeDatabase();
      const anna = server.url(database, `anna:${SECRET}`);
      expect(await errorOf(open(anna))).toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining('42501') });
      await openClosing(server.url(database));
      await server.query(database, 'GRANT USAGE ON SCHEMA tonalitet TO anna; GRANT SELECT ON ALL TABLES IN SCHEMA tonalitet TO anna');
      await using store = await PostgresStore.open(await readPostgresLocation(anna, {}), create);
      expect(await store.find('a')).toBeUndefined();
      expect(await errorOf(store.add([response('a')]))).toMatchObject({ code: 'STORE_DENIED' });
    });

    it("the tables are another program's, a newer version's, or not there and not to be made", async () => {
      const database = await server.makeDatabase();
      expect(await errorOf(open(server.url(database), { create: false }))).toMatchObject({ code: 'STORE_INVALID', message: expect.stringContaining('tonalitet import') });
      await openClosing(server.url(database), create, [...POSTGRES_MIGRATIONS, ['CREATE TABLE tonalitet.later (a text)']]);
      expect(await errorOf(open(server.url(database)))).toMatchObject({ code: 'STORE_VERSION' });
      const foreign = await server.makeDatabase();
      await server.query(foreign, 'CREATE SCHEMA tonalitet; CREATE TABLE tonalitet.theirs (a text)');
      expect(await errorOf(open(server.url(foreign)))).toMatchObject({ code: 'STORE_INVALID', message: expect.stringContaining("another program's") });
    });
  });

  it('is used by who was granted what docs/postgres.md says, with a password from a file', async () => {
    const database = await server.makeDatabase();
    await openClosing(server.url(database));
    const granted = /```sql\n-- for the workers[^\n]*\n([^`]+)```/.exec(await readFile(new URL('../../docs/postgres.md', import.meta.url), 'utf8'))?.[1];
    await server.query('postgres', `CREATE ROLE tonalitet LOGIN PASSWORD '${SECRET}'`);
    await server.query(database, granted!);
    const file = join(server.folder, 'password');
    await writeFile(file, `${SECRET}\n`);
    await using store = await PostgresStore.open(await readPostgresLocation(`${server.url(database, 'tonalitet')}?password_file=${file}`, {}), { create: false });
    expect(await store.add([response('a', { comment: { state: 'pending', recording: null, text: redacted('Bra.'), verdict: null } })])).toEqual(['added']);
    expect(await store.claim(1, new Date(), new Date())).toHaveLength(1);
    await store.postpone('a', 'AUDIO_EMPTY', null);
    expect(await store.retry(new Date())).toBe(1);
    expect(await store.classify('a', classified().verdict!)).toBe(true);
    expect(await store.correct('a', { tonality: null, areas: [], services: [], by: 'anna', at: new Date() }, 0)).toBe('corrected');
    expect((await store.quotes({ limit: 5 })).quotes).toHaveLength(1);
    await using bell = await store.listen();
    await bell.wait(1);
  });

  describe('with TLS', () => {
    let ca: string;
    beforeAll(async () => {
      const data = join(server.folder, 'data');
      const [key, cert] = [join(data, 'server.key'), join(data, 'server.crt')];
      const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']);
      expect(made.status).toBe(0);
      const { uid, gid } = await stat(data);
      for (const path of [key, cert]) await chown(path, uid, gid);
      await chmod(key, 0o600);
      await server.query('postgres', 'ALTER SYSTEM SET ssl = on');
      await server.query('postgres', 'SELECT pg_reload_conf()');
      await server.query('postgres', `GRANT CREATE ON DATABASE ${(secure = await server.makeDatabase())} TO anna`);
      ca = join(server.folder, 'ca.pem');
      await writeFile(ca, await readFile(cert));
    });
    let secure: string;
    const at = (host: string, parameters: string): string => `postgres://anna:${SECRET}@${host}:${port}/${secure}?${parameters}`;

    it('is opened where the certificate is valid as far as asked', async () => {
      await openClosing(at('localhost', `sslrootcert=${ca}`));
      await openClosing(at('127.0.0.1', `sslmode=verify-ca&sslrootcert=${ca}`));
      await openClosing(at('127.0.0.1', 'sslmode=require'));
    });

    it('is refused where it is not', async () => {
      const told = { code: 'STORE_UNREACHABLE', message: expect.stringContaining('sslrootcert') };
      expect(await errorOf(open(at('localhost', 'sslmode=verify-full')))).toMatchObject(told);
      expect(await errorOf(open(at('127.0.0.1', `sslmode=verify-full&sslrootcert=${ca}`)))).toMatchObject(told);
      expect(await errorOf(open(at('127.0.0.1', 'sslmode=disable')))).toMatchObject({ code: 'STORE_DENIED' });
      await using plain = await TestPostgres.start({ port: await freePort() });
      expect(await errorOf(open(`postgres://anna:${SECRET}@127.0.0.1:${new URL(plain.url('x')).port}/x?sslmode=require`))).toMatchObject(told);
    });
  });

  it('is made once where several come at the same time', async () => {
    const database = await server.makeDatabase();
    const stores = await Promise.all(Array.from({ length: 6 }, () => PostgresStore.open(server.location(database), create)));
    expect(await server.query(database, 'SELECT version FROM tonalitet.versions')).toEqual(POSTGRES_MIGRATIONS.map((_, index) => ({ version: index + 1 })));
    for (const store of stores) await store.close();
  });

  it('stays as it was where a migration fails', async () => {
    const database = await server.makeDatabase();
    await openClosing(server.url(database));
    const failing = [...POSTGRES_MIGRATIONS, ['CREATE TABLE tonalitet.later (a text)', 'CREATE TABLE tonalitet.later (a text)']];
    expect(await errorOf(open(server.url(database), create, failing))).toMatchObject({ code: 'STORE_FAILED' });
    await using store = await PostgresStore.open(server.location(database), { create: false });
    expect(await store.add([response('a')])).toEqual(['added']);
    expect(await server.query(database, "SELECT to_regclass('tonalitet.later') AS later")).toEqual([{ later: null }]);
  });

  it.each(POSTGRES_MIGRATIONS.map((_, index) => index + 1))('of version %i is brought to the newest with what it holds', async (version) => {
    const database = await server.makeDatabase();
    await openClosing(server.url(database), create, POSTGRES_MIGRATIONS.slice(0, version));
    await server.query(
      database,
      `INSERT INTO tonalitet.responses (seq, id, digest, municipality, unit, day, contacted_ms, participation, ratings, state, text, verdict)
        VALUES (nextval('tonalitet.response_seq'), 'a', 'd', '0180', '', 18326, 1583402400000, 'completed', '["helhet",9]', 'classified', 'Bra.', '{"tonality":"positiv"}');
      INSERT INTO tonalitet.corrections (response, by, at_ms, labels) VALUES (1, 'anna', 1600000000000, '{"tonality":"negativ"}');
      INSERT INTO tonalitet.cells (grain, municipality, period, unit, comments, ratings, participation)
        VALUES ('month', '', 24242, '', '[2,1,8,1]', '["helhet",1,9,81]', '[3,1,10,1,12,1]')`,
    );
    await using store = await PostgresStore.open(server.location(database), { create: false });
    expect(await store.find('a')).toMatchObject({ ratings: [{ question: 'helhet', value: 9 }], comment: { text: 'Bra.' }, corrections: [{ by: 'anna', tonality: 'negativ' }] });
    expect(await store.countComments({ subject: 'comments', groupBy: { period: 'month' } })).toMatchObject([{ period: '2020-03', outcomes: { negativ: 1 }, corrected: 1 }]);
    expect((await store.quotes({ limit: 5 })).quotes).toMatchObject([{ id: 'a', labels: { tonality: 'negativ' }, corrected: true }]);
    expect(await store.add([response('b')])).toEqual(['added']);
  });

  it('adds to its cells, whatever is in them, and lets those go that come to nothing', async () => {
    await using database = disposable(await open(server.url(await server.makeDatabase())));
    const change = async (response: SurveyResponse, times: 1 | -1): Promise<void> => {
      const changes = new CellChanges();
      changes.at({ day: 18_326, municipality: '0180', unit: 'Växel "Ö"' }).countResponse(response, undefined, times);
      await database.transaction((statements) => changeCells(statements, changes.cells()));
    };
    const cells = async (): Promise<unknown> => database.all('SELECT comments, ratings, participation FROM tonalitet.cells ORDER BY grain, municipality');
    await fc.assert(
      fc.asyncProperty(fc.array(someResponse, { minLength: 1, maxLength: 4 }), async (made) => {
        const sum = new TallyBuilder();
        for (const one of made) {
          const response = { ...one, id: '' };
          await change(response, 1);
          sum.countResponse(response, undefined, 1);
        }
        const stored = (await database.all("SELECT comments, ratings, participation FROM tonalitet.cells WHERE municipality = '' AND grain = 'month'")) as unknown as StoredTally[];
        expect(encodeTally(decodeTally(stored[0]!))).toEqual(encodeTally(sum));
        for (const one of made) await change({ ...one, id: '' }, -1);
        expect(await cells()).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  describe('whose transactions', () => {
    let database: PostgresDatabase;
    beforeAll(async () => {
      database = await open(server.url(await server.makeDatabase()));
      await database.all('CREATE TABLE tonalitet.tried (a integer PRIMARY KEY)');
    });
    afterAll(async () => {
      await database.close();
    });

    it('wait for the disk, whatever the server does otherwise', async () => {
      expect(await database.all('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'off' }]);
      expect(await database.transaction((statements) => statements.all('SHOW synchronous_commit'))).toEqual([{ synchronous_commit: 'on' }]);
    });

    it('are done again where they were rolled back for another one, and not for ever', async () => {
      let tries = 0;
      const failing = (times: number): Promise<number> =>
        database.transaction(async (statements) => {
          await statements.all('INSERT INTO tonalitet.tried VALUES ($1)', [times]);
          if (++tries <= times) await statements.all("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$");
          return tries;
        });
      expect(await failing(3)).toBe(4);
      tries = 0;
      expect(await errorOf(failing(1_000))).toMatchObject({ code: 'STORE_BUSY' });
      expect(tries).toBe(6);
      expect(await database.all('SELECT a FROM tonalitet.tried')).toEqual([{ a: 3 }]);
    });

    it('fail where a statement failed, even if nobody looked', async () => {
      const careless = database.transaction(async (statements) => {
        await statements.all('INSERT INTO tonalitet.tried VALUES (7)');
        await statements.all('SELECT 1 / 0').catch(() => undefined);
      });
      expect(await errorOf(careless)).toMatchObject({ code: 'STORE_FAILED' });
      expect(await database.all('SELECT a FROM tonalitet.tried WHERE a = 7')).toEqual([]);
    });

    it('say nothing of what was written', async () => {
      const quoting = database.all('SELECT $1::integer', [CANARY]);
      expect(await errorOf(quoting)).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('22P02') });
    });

    it('end where a statement takes too long', async () => {
      const slow = database.transaction(async (statements) => {
        await statements.all("SET LOCAL statement_timeout = '50ms'");
        await statements.all('SELECT pg_sleep(10)');
      });
      expect(await errorOf(slow)).toMatchObject({ code: 'STORE_BUSY', message: expect.stringContaining('57014') });
    });

    it('tell of a connection that is lost, and the next one is done on another', async () => {
      const lost = database.transaction(async (statements) => {
        await statements.all('INSERT INTO tonalitet.tried VALUES (8)');
        await statements.all('SELECT pg_terminate_backend(pg_backend_pid())');
      });
      expect(await errorOf(lost)).toMatchObject({ code: 'STORE_UNREACHABLE' });
      expect(await database.all('SELECT a FROM tonalitet.tried WHERE a = 8')).toEqual([]);
    });

    it('survive the loss of all connections that nobody uses', async () => {
      await Promise.all(Array.from({ length: 8 }, () => database.all('SELECT 1')));
      await server.query('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tonalitet'");
      await expect.poll(() => database.all('SELECT 1').then(() => true, () => false)).toBe(true);
    });

    it('are done before the database is closed', async () => {
      const other = await open(server.url(await server.makeDatabase()));
      const slow = other.transaction((statements) => statements.all("SELECT pg_sleep(0.3), 'done' AS a"));
      await other.close();
      expect(await slow).toMatchObject([{ a: 'done' }]);
      expect(await errorOf(other.all('SELECT 1'))).toMatchObject({ code: 'DISPOSED' });
    });
  });
});
