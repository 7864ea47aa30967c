import { TonalitetError } from '../errors.js';
import { integerOf } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';

/** The statements that lead from one version to the next. */
export type PostgresMigration = readonly string[];

/** The oldest server that this was tried with. */
const OLDEST_SERVER = 15;

/** Any number that no other program on the same database is likely to take for its advisory locks: 'tona' and 'lite' in ASCII. */
const MIGRATION_LOCK = '8390045995524256869';

/**
 * Brings a database to the newest version, in one transaction; processes that come at the same time wait for each other. A
 * connection of its own is wanted: a failure leaves its transaction open, for the end of the connection to roll back.
 *
 * @param name the database, as messages may show it.
 * @param create whether the tables are made where there are none.
 * @throws TonalitetError `STORE_VERSION` for a server that is too old or tables of a newer version, `STORE_INVALID` for a database
 *   that is not tonalitet's, or in another encoding than UTF-8.
 */
export async function migrate(statements: PostgresStatements, name: string, migrations: readonly PostgresMigration[], create: boolean): Promise<void> {
  const [server] = await statements.all("SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding");
  checkServer(name, integerOf(server?.['version']), String(server?.['encoding']));
  if ((await versionOf(statements, name)) === migrations.length) return;
  await statements.all('BEGIN ISOLATION LEVEL READ COMMITTED');
  await statements.all(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  // Asked again: another process may have been at it until now.
  const from = await versionOf(statements, name);
  if (from > migrations.length) {
    throw new TonalitetError(
      'STORE_VERSION',
      `Expected a database of version ${migrations.length} or older, got version ${from}: ${name}. Use the newer tonalitet that made it.`,
    );
  }
  if (from === 0) {
    if (!create) throw new TonalitetError('STORE_INVALID', `Expected a database with tonalitet's tables, found none: ${name}. 'tonalitet import' makes them.`);
    // Asked first: where it is there, no right to make schemas is needed.
    if (!(await hasSchema(statements))) await statements.all('CREATE SCHEMA tonalitet');
    await statements.all('CREATE TABLE tonalitet.versions (version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now())');
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    for (const statement of migration) await statements.all(statement);
    await statements.all('INSERT INTO tonalitet.versions (version) VALUES ($1)', [index + 1]);
  }
  await statements.all('COMMIT');
}

/** @param version as the server counts: 150018 is 15.18. */
export function checkServer(name: string, version: number, encoding: string): void {
  const major = Math.floor(version / 10_000);
  if (major < OLDEST_SERVER) {
    throw new TonalitetError('STORE_VERSION', `Expected PostgreSQL ${OLDEST_SERVER} or newer, got ${major}: ${name}. Name another server.`);
  }
  if (encoding !== 'UTF8') {
    const message = `Expected a database whose encoding is UTF8, got ${encoding}: ${name}. Make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`;
    throw new TonalitetError('STORE_INVALID', message);
  }
}

/** 0 where there are no tables yet. */
async function versionOf(statements: PostgresStatements, name: string): Promise<number> {
  const [found] = await statements.all(
    `SELECT to_regclass('tonalitet.versions') IS NOT NULL AS versioned,
      EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'tonalitet') AS used`,
  );
  if (found?.['versioned'] !== true) {
    if (found?.['used'] === true) {
      throw new TonalitetError('STORE_INVALID', `Expected a database of tonalitet's, got one whose schema 'tonalitet' is another program's: ${name}. Name another one.`);
    }
    return 0;
  }
  const [row] = await statements.all('SELECT coalesce(max(version), 0) AS version FROM tonalitet.versions');
  return integerOf(row?.['version']);
}

async function hasSchema(statements: PostgresStatements): Promise<boolean> {
  return (await statements.all("SELECT 1 FROM pg_namespace WHERE nspname = 'tonalitet'")).length > 0;
}
