import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LibsqlError, createClient } from '@libsql/client/sqlite3';
import type { Client, InArgs, Transaction } from '@libsql/client/sqlite3';
import { TonalitetError } from '../errors.js';

/**
 * How long one waits for another process that writes: an import's transaction takes a fraction of a second. The waiting is done
 * here, in small random steps, because SQLite's own would stop everything else in this process.
 */
const BUSY_TIMEOUT_MS = 10_000;
const BUSY_STEP_MS = 20;

/** 64 MiB of pages in memory: the index of ids of a million responses fits. */
const CACHE_KIB = 65_536;

/**
 * What was committed moves from the file beside the database into it after so many pages of 4 KiB (16 MiB; SQLite's default is 1,000).
 * It is on the disk in either: an import changes the same pages of the index again and again, and so moves them less often.
 */
const CHECKPOINT_PAGES = 4_000;

/** Marks the file as tonalitet's: 'tona' in ASCII. */
const APPLICATION_ID = 0x74_6f_6e_61;

export type SqlValue = string | number | null;
/** A row, by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Statements of one transaction, or outside of any. */
export interface SqliteStatements {
  /** Runs one statement and gives its rows. */
  all(sql: string, args?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** What leads from one version to the next: statements, and work that SQL alone cannot do. All of it happens in one transaction. */
export type Migration = readonly (string | ((statements: SqliteStatements) => Promise<void>))[];

/** SQLite's own limit on the values of one statement. */
const MAX_VALUES = 32_766;
/** What JSON can say and SQLite's JSON cannot: a character 0, and half a character. */
const UNSAFE_IN_JSON = /\\u(?:0000|d[89a-f])/;

/**
 * Writes many rows with few statements: as one JSON text, which SQLite takes apart in a third of the time that the driver needs to
 * hand over its values one by one.
 *
 * @param sql what comes around the list of rows.
 */
export async function insertRows(
  statements: SqliteStatements,
  sql: readonly [before: string, after: string],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = rows[0]!.length;
  const json = JSON.stringify(rows);
  if (!UNSAFE_IN_JSON.test(json)) {
    const values = Array.from({ length: columns }, (_, column) => `value ->> ${column}`).join(', ');
    // Without the condition, what comes after would be read as one of a join.
    await statements.all(`${sql[0]} SELECT ${values} FROM json_each(?1) WHERE true ${sql[1]}`, [json]);
    return;
  }
  const rowsAtOnce = Math.min(500, Math.floor(MAX_VALUES / columns));
  const marks = `(${Array.from({ length: columns }, () => '?').join(', ')})`;
  for (let first = 0; first < rows.length; first += rowsAtOnce) {
    const some = rows.slice(first, first + rowsAtOnce);
    await statements.all(`${sql[0]} VALUES ${some.map(() => marks).join(', ')} ${sql[1]}`, some.flat());
  }
}

export interface SqliteOptions {
  /** Whether a missing file is made. */
  readonly create: boolean;
}

/**
 * A SQLite file: the only place that speaks to the driver. There is one connection, since its settings belong to it, and calls
 * take turns on it. The driver is synchronous: while a statement runs, nothing else does.
 */
export class SqliteDatabase implements SqliteStatements {
  readonly path: string;
  readonly #client: Client;
  /** The end of the last call's turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #configured = false;
  /** How many connections were made so far. */
  #connections = 0;
  #closed = false;

  private constructor(path: string, client: Client) {
    this.path = path;
    this.#client = client;
  }

  /**
   * Opens a database and brings it to the newest version.
   *
   * @param migrations what leads from each version to the next one; the first begin with an empty file.
   * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `STORE_INVALID`, `STORE_VERSION`, `STORE_BUSY`, `STORE_FAILED`.
   */
  static async open(path: string, migrations: readonly Migration[], { create }: SqliteOptions): Promise<SqliteDatabase> {
    await prepareFile(path, create);
    let database: SqliteDatabase | undefined;
    try {
      // One connection: see the class. The driver decodes the URL's path, so that any file name is told as it is.
      const client = createClient({ url: pathToFileURL(resolve(path)).href, concurrency: 1, timeout: 0 });
      database = new SqliteDatabase(path, client);
      await database.#migrate(migrations);
      return database;
    } catch (error) {
      await database?.close();
      throw storeError(path, error);
    }
  }

  async all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#inTurn(() => this.#unlessBusy(() => this.#execute(sql, args)));
  }

  /**
   * Runs statements as one transaction that no other process writes beside: all that they change is kept, on the disk, when the
   * promise is fulfilled, and nothing of it otherwise.
   */
  async transaction<T>(work: (statements: SqliteStatements) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const transaction = await this.#unlessBusy(() => this.#client.transaction('write'));
      try {
        const result = await work(new TransactionStatements(transaction));
        await transaction.commit();
        return result;
      } finally {
        transaction.close();
      }
    });
  }

  /** A text that is another one after each commit, of this process or of another one. */
  async revision(): Promise<string> {
    // The first counts what others commit, the second what this connection changes; a new connection starts both again.
    return this.#inTurn(() =>
      this.#unlessBusy(async () => {
        const [others] = await this.#execute('PRAGMA data_version');
        const [own] = await this.#execute('SELECT total_changes() AS n');
        return `${this.#connections}.${integer(others?.['data_version'])}.${integer(own?.['n'])}`;
      }),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn;
    try {
      // What is in the file beside it moves into the one file; a process that still reads keeps it there for now.
      await this.#execute('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!(error instanceof LibsqlError)) throw error;
    } finally {
      this.#client.close();
    }
  }

  async #execute(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return (await this.#client.execute({ sql, args: args as InArgs })).rows;
  }

  /** Does what fails at once while another process writes, until it succeeds or the time is up. */
  async #unlessBusy<T>(work: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        if (!this.#configured) await this.#configure();
        return await work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        await sleep(BUSY_STEP_MS * Math.random());
        // The driver leaves a refused statement open, and then commits nothing more on its connection: a new one is taken.
        this.#configured = false;
        this.#client.reconnect();
      }
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new TonalitetError('DISPOSED', 'Expected an open database, got one that was closed.');
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } catch (error) {
      throw storeError(this.path, error);
    }
  }

  async #configure(): Promise<void> {
    // Readers go on while one process writes.
    await this.#execute('PRAGMA journal_mode = WAL');
    // A commit is on the disk when it returns: what was acknowledged survives the loss of the process, and of power.
    await this.#execute('PRAGMA synchronous = FULL');
    await this.#execute('PRAGMA foreign_keys = ON');
    // What is deleted is overwritten.
    await this.#execute('PRAGMA secure_delete = ON');
    await this.#execute(`PRAGMA cache_size = -${CACHE_KIB}`);
    await this.#execute(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.#configured = true;
    this.#connections++;
  }

  async #migrate(migrations: readonly Migration[]): Promise<void> {
    const version = async (statements: SqliteStatements): Promise<number> => integer((await statements.all('PRAGMA user_version'))[0]?.['user_version']);
    const application = integer((await this.all('PRAGMA application_id'))[0]?.['application_id']);
    const tables = integer((await this.all('SELECT count(*) AS n FROM sqlite_schema'))[0]?.['n']);
    if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
      throw new TonalitetError('STORE_INVALID', `Expected a database of tonalitet's, got another one: ${this.path}. Name another file.`);
    }
    if ((await version(this)) === migrations.length) return;
    await this.transaction(async (statements) => {
      // Asked again: another process may have been at it until now.
      const from = await version(statements);
      if (from > migrations.length) {
        throw new TonalitetError(
          'STORE_VERSION',
          `Expected a database of version ${migrations.length} or older, got version ${from}: ${this.path}. Use the newer tonalitet that made it.`,
        );
      }
      for (const step of migrations.slice(from).flat()) await (typeof step === 'string' ? statements.all(step) : step(statements));
      await statements.all(`PRAGMA application_id = ${APPLICATION_ID}`);
      await statements.all(`PRAGMA user_version = ${migrations.length}`);
    });
  }
}

class TransactionStatements implements SqliteStatements {
  readonly #transaction: Transaction;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  async all(sql: string, args: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return (await this.#transaction.execute({ sql, args: args as InArgs })).rows;
  }
}

/** Makes the file readable for its owner alone: SQLite gives the files beside it the same mode. */
async function prepareFile(path: string, create: boolean): Promise<void> {
  try {
    await using file = await open(path, create ? 'a' : 'r', 0o600);
    if (!(await file.stat()).isFile()) throw new TonalitetError('FILE_UNREADABLE', `Expected a database file, got something else: ${path}`);
  } catch (cause) {
    if (cause instanceof TonalitetError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !create) {
      throw new TonalitetError('FILE_NOT_FOUND', `Expected a database, found none: ${path}. 'tonalitet import' makes one.`, { cause });
    }
    throw new TonalitetError('FILE_UNREADABLE', `Expected a database file that can be opened, got ${String(code)}: ${path}`, { cause });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof LibsqlError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

function storeError(path: string, error: unknown): unknown {
  if (!(error instanceof LibsqlError)) return error;
  const { code } = error;
  if (isBusy(error)) {
    const message = `Expected to write within ${BUSY_TIMEOUT_MS / 1_000} s, but another process keeps the database locked: ${path}. Try again when it is done.`;
    return new TonalitetError('STORE_BUSY', message, { cause: error });
  }
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT')) {
    const message = `Expected a database of tonalitet's, got a file that is none, or is damaged (${code}): ${path}. Restore it from a backup.`;
    return new TonalitetError('STORE_INVALID', message, { cause: error });
  }
  const message = `Expected to read and write the database, got ${code}: ${path}. Check the space and permissions of its disk.`;
  return new TonalitetError('STORE_FAILED', message, { cause: error });
}

function integer(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`expected a number from SQLite, got ${typeof value}`);
  return value;
}
