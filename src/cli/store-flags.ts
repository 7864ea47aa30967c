import { open } from 'node:fs/promises';
import { CallIds } from '../survey/call-id.js';
import { isPostgresUrl, readPostgresLocation } from '../survey/postgres-location.js';
import type { ResponseStore } from '../survey/store.js';
import { UsageError } from './context.js';

/** The flags for where responses are kept, as commander gives them. */
export interface StoreFlags {
  readonly db: string;
  readonly key?: string;
}

export const DB_FLAG = '--db <file>';
export const DB_HELP = 'the database: a SQLite file, or a PostgreSQL database as postgres://user@host/database (docs/postgres.md)';
export const KEY_FLAG = '--key <file>';
export const KEY_HELP = "the key that call ids are hidden with (default: the SQLite file's name and .key)";

/** Opens the database; only its own driver is loaded. @param create whether a missing file, or missing tables, are made. */
export async function openStore({ db }: Pick<StoreFlags, 'db'>, create: boolean): Promise<ResponseStore> {
  if (isPostgresUrl(db)) {
    const location = await readPostgresLocation(db, process.env);
    const { PostgresStore } = await import('../survey/postgres-store.js');
    return PostgresStore.open(location, { create });
  }
  const { SqliteStore } = await import('../survey/sqlite-store.js');
  return SqliteStore.open(db, { create });
}

/** @throws UsageError where there is no file that the key could lie beside. */
export async function openCallIds({ db, key }: StoreFlags): Promise<CallIds> {
  if (key === undefined && isPostgresUrl(db)) {
    throw new UsageError('expected --key FILE: the key that call ids are hidden with, the same for everyone who imports into this database');
  }
  return CallIds.open(key ?? `${db}.key`);
}

/** A file of lines for a person to read, made only when there is a first line. What was in it before is gone. */
export class LazyLines implements AsyncDisposable {
  readonly path: string;
  #file: Awaited<ReturnType<typeof open>> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  async line(text: string): Promise<void> {
    this.#file ??= await open(this.path, 'w', 0o600);
    await this.#file.writeFile(`${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}
