import { open } from 'node:fs/promises';
import { CallIds } from '../survey/call-id.js';
import { SqliteStore } from '../survey/sqlite-store.js';

/** The flags for where responses are kept, as commander gives them. */
export interface StoreFlags {
  readonly db: string;
  readonly key?: string;
}

export const DB_FLAG = '--db <file>';
export const DB_HELP = 'the database: a SQLite file';
export const KEY_FLAG = '--key <file>';
export const KEY_HELP = "the key that call ids are hidden with (default: the database's name and .key)";

/** Opens the database. @param create whether a missing one is made. */
export async function openStore({ db }: StoreFlags, create: boolean): Promise<SqliteStore> {
  return SqliteStore.open(db, { create });
}

export async function openCallIds({ db, key }: StoreFlags): Promise<CallIds> {
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
