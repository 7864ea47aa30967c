import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { TonalitetError } from '../errors.js';
import { PostgresFault, faultOf, isTransient, storeError } from './postgres-fault.js';
import type { PostgresLocation, PostgresTls } from './postgres-location.js';
import { migrate } from './postgres-migrate.js';
import type { PostgresMigration } from './postgres-migrate.js';
import type { PostgresRow, PostgresStatements, PostgresTransactions, PostgresValue } from './postgres-statements.js';

/** Connections of one process: its calls wait for each other above that. A server takes 100 by default, for all processes. */
export const POOL_SIZE = 8;
/** Calls that wait for a connection; more are refused. Each holds at most a batch in memory. */
const MAX_WAITING_CALLS = 1_000;
/** How long one waits for the server to let one in. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a call waits for one of the connections, until others are done or the server lets one in. */
const POOL_TIMEOUT_MS = 30_000;
/** How long one waits for the server to take note of the end of a connection. */
const END_TIMEOUT_MS = 5_000;
/** The server ends a statement after this long, waits for locks included. An import's largest takes some seconds. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** Where not even the end of a statement is told: the server, or the way to it, is gone. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
/** A transaction whose process was stopped, or is cut off, is rolled back by the server after this long, and its locks with it. */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;
/** Bringing large tables to a new version may take long, and so may waiting for another process that does. */
const MIGRATION_TIMEOUT_MS = 1_800_000;
/** An unused connection is given back after this long. */
const IDLE_CONNECTION_MS = 30_000;
/** A dead peer is noticed by the system's keep-alive, which begins after this long. */
const KEEP_ALIVE_MS = 30_000;
/** A transaction that was rolled back for another's sake is done this often. */
const MAX_TRIES = 6;
/** The longest wait before the second try; it doubles with each. The waits are random, so that two do not meet again. */
const FIRST_WAIT_MS = 20;

export interface PostgresOptions {
  /** Whether the tables are made where there are none. */
  readonly create: boolean;
}

/** The numbers of types in the catalogue: int8, json, jsonb. */
const PARSERS = new Map<number, (text: string) => unknown>([[20, Number], [114, (text) => text], [3_802, (text) => text]]);
const TYPES = { getTypeParser: ((type: number, format?: 'text' | 'binary') => PARSERS.get(type) ?? (pg.types.getTypeParser(type, format) as unknown)) as typeof pg.types.getTypeParser };

/** One connection that listens; see {@link PostgresDatabase.listen}. */
export interface PostgresListener {
  close(): Promise<void>;
}

/** A PostgreSQL database: the only place that speaks to the driver. */
export class PostgresDatabase implements PostgresTransactions {
  /** As messages may show it. */
  readonly name: string;
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(name: string, config: pg.ClientConfig) {
    this.name = name;
    this.#config = config;
    this.#pool = new pg.Pool({ ...config, max: POOL_SIZE, connectionTimeoutMillis: POOL_TIMEOUT_MS, idleTimeoutMillis: IDLE_CONNECTION_MS });
    // A connection that breaks while nobody uses it is replaced; one that is used tells whoever uses it.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Opens a database and brings it to the newest version. Where that needs no change, the user needs no right to make tables.
   *
   * @throws TonalitetError `STORE_UNREACHABLE`, `STORE_DENIED`, `STORE_INVALID`, `STORE_VERSION`, `STORE_BUSY`, `STORE_FAILED`.
   */
  static async open(location: PostgresLocation, migrations: readonly PostgresMigration[], { create }: PostgresOptions): Promise<PostgresDatabase> {
    const config = clientConfig(location);
    // On a connection of its own, whose statements may take longer than any other's.
    const client = new pg.Client({ ...config, statement_timeout: MIGRATION_TIMEOUT_MS, query_timeout: MIGRATION_TIMEOUT_MS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    client.on('error', () => undefined);
    try {
      await client.connect().catch(rethrow);
      await migrate(new ClientStatements(client), location.name, migrations, create);
    } catch (error) {
      throw error instanceof PostgresFault ? storeError(location.name, error) : error;
    } finally {
      await ended(client.end());
    }
    return new PostgresDatabase(location.name, config);
  }

  async all(sql: string, args: readonly PostgresValue[] = []): Promise<readonly PostgresRow[]> {
    return this.#run(async () => this.#withClient((client) => new ClientStatements(client).all(sql, args)));
  }

  /**
   * Runs statements as one transaction: all that they change is kept, on the server's disk, when the promise is fulfilled, and
   * nothing of it otherwise. It sees what others commit meanwhile: what must not change under it is to be locked, in the order that
   * postgres-store.ts tells.
   *
   * @param work may be done several times.
   */
  async transaction<T>(work: (statements: PostgresStatements) => Promise<T>): Promise<T> {
    return this.#run(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#withClient((client) => inTransaction(new ClientStatements(client), work));
        } catch (error) {
          if (!(error instanceof PostgresFault && isTransient(error)) || attempt >= MAX_TRIES) throw error;
          await sleep(Math.random() * FIRST_WAIT_MS * 2 ** (attempt - 1));
        }
      }
    });
  }

  /**
   * Listens to a channel, on a connection of its own.
   *
   * @param onMessage told of every message, without its content.
   * @param onLost told when the connection breaks; nothing more is heard then.
   */
  async listen(channel: string, onMessage: () => void, onLost: () => void): Promise<PostgresListener> {
    if (!/^[a-z_]{1,60}$/.test(channel)) throw new RangeError("expected a channel's name of a-z and underscores");
    return this.#run(async () => {
      const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
      client.on('error', () => undefined);
      try {
        await client.connect().catch(rethrow);
        client.on('notification', onMessage);
        client.on('end', onLost);
        await new ClientStatements(client).all(`LISTEN ${channel}`);
      } catch (error) {
        await ended(client.end());
        throw error;
      }
      return {
        close: async () => {
          client.off('end', onLost);
          await ended(client.end());
        },
      };
    });
  }

  /** Waits for what runs and ends the connections. Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      while (this.#running.size > 0) await Promise.allSettled(this.#running);
      await ended(this.#pool.end());
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new TonalitetError('DISPOSED', 'Expected an open database, got one that was closed.');
    const result = work();
    this.#running.add(result);
    try {
      return await result;
    } catch (error) {
      throw error instanceof PostgresFault ? storeError(this.name, error) : error;
    } finally {
      this.#running.delete(result);
    }
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    if (this.#pool.waitingCount >= MAX_WAITING_CALLS) throw new PostgresFault('TOO_MANY', false);
    const client = await this.#pool.connect().catch(rethrow);
    let isLost = true;
    try {
      const result = await work(client);
      isLost = false;
      return result;
    } catch (error) {
      isLost = error instanceof PostgresFault && error.isLost;
      throw error;
    } finally {
      // A connection that was lost is not used again.
      client.release(isLost);
    }
  }
}

/**
 * The first statement also undoes a server's default that would acknowledge before the disk has it, or hold back what others have
 * committed.
 */
const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'";

async function inTransaction<T>(statements: ClientStatements, work: (statements: PostgresStatements) => Promise<T>): Promise<T> {
  await statements.command(BEGIN);
  let result: T;
  try {
    result = await work(statements);
  } catch (error) {
    // Where that fails the connection is given up, and the server rolls back by itself.
    if (!(error instanceof PostgresFault && error.isLost)) await statements.command('ROLLBACK');
    throw error;
  }
  // A transaction in which a statement failed answers ROLLBACK to COMMIT.
  if ((await statements.command('COMMIT')) !== 'COMMIT') throw new PostgresFault('25P02', false);
  return result;
}

class ClientStatements implements PostgresStatements {
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  async all(sql: string, args: readonly PostgresValue[] = []): Promise<readonly PostgresRow[]> {
    return (await this.#client.query<PostgresRow>(sql, args as unknown[]).catch(rethrow)).rows;
  }

  /** Runs statements without values. @returns the tag of the last one. */
  async command(sql: string): Promise<string> {
    const result = (await this.#client.query(sql).catch(rethrow)) as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(result) ? result.at(-1)?.command : result.command) ?? '';
  }
}

/** Waits for the end of a connection, however it comes: nothing is lost by it any more. */
async function ended(end: Promise<void>): Promise<void> {
  const time = new AbortController();
  await Promise.race([end.catch(() => undefined), sleep(END_TIMEOUT_MS, undefined, { signal: time.signal }).catch(() => undefined)]);
  time.abort();
}

function rethrow(error: unknown): never {
  throw faultOf(error, error instanceof pg.DatabaseError);
}

function clientConfig({ host, port, user, database, password, tls }: PostgresLocation): pg.ClientConfig {
  return {
    host,
    port,
    user,
    database,
    // A function, because the driver takes an empty one for a wish to look in places of its own.
    password: async () => password ?? '',
    ssl: tls === undefined ? false : tlsOptions(tls),
    application_name: 'tonalitet',
    client_encoding: 'UTF8',
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: TYPES,
  };
}

function tlsOptions({ verifyChain, verifyHost, ca, cert, key }: PostgresTls): NonNullable<Exclude<pg.ClientConfig['ssl'], boolean>> {
  return {
    rejectUnauthorized: verifyChain,
    ...(verifyHost ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}
