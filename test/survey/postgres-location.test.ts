import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgresUrl, readPostgresLocation, shownDatabase } from '../../src/survey/postgres-location.js';

const SECRET = 'hemligheten';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-location-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('isPostgresUrl', () => {
  it.each([['postgres://a@b/c', true], ['postgresql://a@b/c', true], ['POSTGRES://a@b/c', true], ['svar.db', false], ['./postgres.db', false], ['postgres:', false], ['/srv/postgres://x', false]])('%s: %s', (name, is) => {
    expect(isPostgresUrl(name)).toBe(is);
  });
});

describe('readPostgresLocation', () => {
  it('reads all parts, and gives what is left out its standard', async () => {
    expect(await readPostgresLocation('postgres://anna@db.inre/svar', {})).toEqual({
      name: 'postgres://anna@db.inre/svar',
      host: 'db.inre',
      port: 5432,
      user: 'anna',
      database: 'svar',
      password: undefined,
      tls: { verifyChain: true, verifyHost: true, ca: undefined, cert: undefined, key: undefined },
    });
    expect(await readPostgresLocation(`postgresql://b%C3%A5:${SECRET}%23%2F@[::1]:5433/sv%20ar`, {})).toEqual({
      name: 'postgres://bå@[::1]:5433/sv ar',
      host: '::1',
      port: 5433,
      user: 'bå',
      database: 'sv ar',
      password: `${SECRET}#/`,
      tls: undefined,
    });
  });

  it.each(['postgres://anna@%2Frun%2Fpg:5433/svar', 'postgres:///svar?host=/run/pg&port=5433&user=anna'])('knows the folder of a socket: %s', async (text) => {
    expect(await readPostgresLocation(text, {})).toMatchObject({ host: '/run/pg', port: 5433, user: 'anna', tls: undefined });
  });

  it('takes the password from the string, a file or the environment, in this order', async () => {
    const [first, second] = [await file('first', 'i filen\n'), await file('second', 'i miljöns fil')];
    const environment = { PGPASSWORD: 'i miljön', PGUSER: 'bo' };
    const read = async (text: string, more = {}): Promise<string | undefined> => (await readPostgresLocation(text, { ...environment, ...more })).password;
    expect(await read(`postgres://a:x@localhost/d?password_file=${first}`, { TONALITET_DB_PASSWORD_FILE: second })).toBe('x');
    expect(await read(`postgres://a@localhost/d?password_file=${first}`, { TONALITET_DB_PASSWORD_FILE: second })).toBe('i filen');
    expect(await read('postgres://a@localhost/d', { TONALITET_DB_PASSWORD_FILE: second })).toBe('i miljöns fil');
    expect(await read('postgres://localhost/d')).toBe('i miljön');
    expect((await readPostgresLocation('postgres://localhost/d', environment)).user).toBe('bo');
  });

  it.each([
    ['db.inre/d', { verifyChain: true, verifyHost: true }],
    ['localhost/d', undefined],
    ['127.0.0.7/d', undefined],
    ['db.inre/d?sslmode=disable', undefined],
    ['db.inre/d?sslmode=require', { verifyChain: false, verifyHost: false }],
    ['db.inre/d?sslmode=require&sslrootcert=CA', { verifyChain: true, verifyHost: false, ca: 'PEM' }],
    ['db.inre/d?sslmode=verify-ca&sslrootcert=CA', { verifyChain: true, verifyHost: false, ca: 'PEM' }],
    ['localhost/d?sslmode=verify-full', { verifyChain: true, verifyHost: true }],
    ['localhost/d?sslrootcert=CA&sslcert=CA&sslkey=CA', { verifyChain: true, verifyHost: true, ca: 'PEM', cert: 'PEM', key: 'PEM' }],
  ])('insists on TLS as far as asked: %s', async (text, tls) => {
    const ca = await file('ca.pem', 'PEM');
    const location = await readPostgresLocation(`postgres://a@${text.replaceAll('CA', ca)}`, {});
    if (tls === undefined) expect(location.tls).toBeUndefined();
    else expect(location.tls).toMatchObject(tls);
  });

  it.each([
    `postgres://a:${SECRET}@/d`,
    `postgres://a:${SECRET}@h`,
    `postgres://:${SECRET}@h/d`,
    `postgres://a:${SECRET}@h:0/d`,
    `postgres://a:${SECRET}@h:99999/d`,
    `postgres://a:${SECRET}%zz@h/d`,
    `postgres://a:${SECRET}#1@h/d`,
    `postgres://a:${SECRET}%0A@h/d`,
    `postgres://a:${SECRET}@h1,h2/d`,
    `postgres://a:${SECRET}@h/d/e`,
    `postgres://a:${SECRET}@h/d?sslmode=prefer`,
    `postgres://a:${SECRET}@h/d?options=-cfsync%3Doff`,
    `postgres://a:${SECRET}@h/d?sslmode=disable&sslmode=require`,
    `postgres://a:${SECRET}@h/d?sslmode=verify-ca`,
    `postgres://a:${SECRET}@h/d?sslcert=x`,
    `postgres://a:${SECRET}@h/d?sslmode=disable&sslrootcert=x`,
    `postgres://a:${SECRET}@%2Frun/d?sslmode=require`,
    `postgres://a:${SECRET}@h/d?host=/run`,
    `postgres://a:${SECRET}@h/${'d'.repeat(3_000)}`,
  ])('refuses what is none, without repeating the password: %s', async (text) => {
    const error = await readPostgresLocation(text, {}).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RangeError);
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  it('tells of files that are missing, empty or too large', async () => {
    const read = (file: string): Promise<unknown> => readPostgresLocation(`postgres://a@localhost/d?password_file=${file}`, {});
    await expect(read(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(read(await file('empty', '\n'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    const long = await read(await file('long', SECRET.repeat(50_000))).catch((error: unknown) => error);
    expect(long).toMatchObject({ code: 'FILE_UNREADABLE' });
    expect(inspect(long)).not.toContain(SECRET);
  });

  it('gives back whatever user, password and database were written, and shows no password', async () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\p{Cc}\p{Cs}/]/u.test(text));
    await fc.assert(
      fc.asyncProperty(word, word, word, async (user, secret, database) => {
        const password = `${secret}${SECRET}`;
        const text = `postgres://${[user, password].map(encodeURIComponent).join(':')}@localhost/${encodeURIComponent(database)}`;
        // A dot or two are a step in a path, for whoever reads URLs.
        fc.pre(database !== '.' && database !== '..');
        expect(await readPostgresLocation(text, {})).toMatchObject({ user, password, database });
        expect(shownDatabase(text)).not.toContain(SECRET);
        expect(shownDatabase(text)).toBe(`postgres://${user}@localhost/${database}`);
      }),
    );
  });
});

describe('shownDatabase', () => {
  it('shows a file as it is, and nothing of a connection string that cannot be read', () => {
    expect(shownDatabase('svar.db')).toBe('svar.db');
    expect(shownDatabase(`postgres://a:${SECRET}%zz@/`)).toBe('postgres://…');
    expect(shownDatabase(`postgres://a:${SECRET}@h:5433/d?password_file=x`)).toBe('postgres://a@h:5433/d');
  });
});
