import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TonalitetError } from '../errors.js';
import { redact } from '../redaction/redact.js';
import type { NewResponse, ResponseStore } from './store.js';

/** The most responses that wait: a day of 500 calls an hour, some tens of megabytes. What comes then is refused aloud. */
export const MAX_WAITING_RESPONSES = 12_000;

/** Responses that are read and written at a time. */
const BATCH = 200;

/** A response's file: its id, and its digest, so that two that claim the same id do not overwrite each other. */
const FILE_NAME = /^[0-9a-f]{32}-[0-9a-f]{32}\.json$/;

/** What became of the responses that waited. */
export interface DrainCounts {
  /** Now in the store, or there already. */
  readonly kept: number;
  /** The store holds another response with their id. They are left as files whose names end in `.conflict`. */
  readonly conflicts: number;
  /** Cannot be read any more: left as files whose names end in `.damaged`. */
  readonly damaged: number;
}

/**
 * Where responses wait while their store cannot take them: a folder with one file for each, written whole and on the disk before it
 * counts. They are as in the store: redacted, under their pseudonym. Several processes may share a folder.
 */
export class ResponseSpool {
  readonly folder: string;
  #waiting: number;
  #draining: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, waiting: number) {
    this.folder = folder;
    this.#waiting = waiting;
  }

  /** Looks into a folder, which need not be there yet. @throws TonalitetError `FILE_UNREADABLE` */
  static async open(folder: string): Promise<ResponseSpool> {
    return new ResponseSpool(folder, (await namesIn(folder)).length);
  }

  /** Responses that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Lets responses wait. When it resolves, they survive the loss of the process and of power.
   *
   * @throws TonalitetError `STORE_FAILED` where there is no room or no leave; some of them may then wait all the same.
   */
  async add(responses: readonly NewResponse[]): Promise<void> {
    if (this.#waiting + responses.length > MAX_WAITING_RESPONSES) {
      throw new TonalitetError('STORE_FAILED', `Expected at most ${MAX_WAITING_RESPONSES} responses to wait for the database, got more: ${this.folder}. Mend the database.`);
    }
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      for (const response of responses) await this.#write(response);
      await using folder = await open(this.folder, 'r');
      await folder.sync();
    } catch (cause) {
      throw new TonalitetError('STORE_FAILED', `Expected to write responses that wait for the database, got ${codeOf(cause)}: ${this.folder}. Check the space and permissions of its disk.`, { cause });
    }
  }

  /**
   * Puts what waits into its store. A response leaves its folder only once it is in the store; broken off in between it is found there
   * the next time, and counts once.
   *
   * @throws TonalitetError as `store.add`; what was not written by then waits on.
   */
  async drain(store: Pick<ResponseStore, 'add'>): Promise<DrainCounts> {
    const counts = this.#draining.then(async () => this.#drain(store));
    this.#draining = counts.catch(() => undefined);
    return counts;
  }

  async #drain(store: Pick<ResponseStore, 'add'>): Promise<DrainCounts> {
    const names = await namesIn(this.folder);
    const counts = { kept: 0, conflicts: 0, damaged: 0 };
    for (let first = 0; first < names.length; first += BATCH) {
      const read: { readonly name: string; readonly response: NewResponse }[] = [];
      for (const name of names.slice(first, first + BATCH)) {
        const response = await this.#read(name);
        if (response !== undefined && response !== 'damaged') read.push({ name, response });
        if (response === 'damaged') {
          counts.damaged++;
          await this.#leave(name, `${name}.damaged`);
        }
      }
      const outcomes = await store.add(read.map(({ response }) => response));
      for (const [index, { name }] of read.entries()) {
        if (outcomes[index] === 'conflict') {
          counts.conflicts++;
          await this.#leave(name, `${name}.conflict`);
        } else {
          counts.kept++;
          await this.#leave(name, undefined);
        }
      }
    }
    // Other processes write and drain too: only the folder knows.
    this.#waiting = (await namesIn(this.folder)).length;
    return counts;
  }

  async #write(response: NewResponse): Promise<void> {
    const name = join(this.folder, `${response.id}-${response.digest}.json`);
    const draft = `${name}.${randomBytes(6).toString('hex')}.part`;
    try {
      {
        await using file = await open(draft, 'wx', 0o600);
        await file.writeFile(JSON.stringify(response));
        await file.sync();
      }
      await rename(draft, name);
      this.#waiting++;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** `undefined` where another process was faster. */
  async #read(name: string): Promise<NewResponse | 'damaged' | undefined> {
    try {
      return responseOf(JSON.parse(await readFile(join(this.folder, name), 'utf8')));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError || error instanceof TypeError) return 'damaged';
      throw new TonalitetError('STORE_FAILED', `Expected to read a response that waits for the database, got ${codeOf(error)}: ${this.folder}`, { cause: error });
    }
  }

  /** Takes a file out of those that wait: away, or under another name. */
  async #leave(name: string, newName: string | undefined): Promise<void> {
    const path = join(this.folder, name);
    try {
      if (newName === undefined) await rm(path);
      else await rename(path, join(this.folder, newName));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw new TonalitetError('STORE_FAILED', `Expected to put away a response that was kept, got ${codeOf(error)}: ${this.folder}`, { cause: error });
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => FILE_NAME.test(name)).toSorted();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw new TonalitetError('FILE_UNREADABLE', `Expected a folder of responses that wait for the database, got ${codeOf(cause)}: ${folder}`, { cause });
  }
}

/** What JSON makes of a response, back. Its text is redacted once more: that changes nothing, unless somebody wrote into the file. */
function responseOf(value: unknown): NewResponse {
  const { contactedAt, answeredAt, comment, ...rest } = value as { [K in keyof NewResponse]: NewResponse[K] extends Date | null ? string | null : NewResponse[K] };
  const contacted = new Date(contactedAt as string);
  const answered = answeredAt === null ? null : new Date(answeredAt);
  if (typeof rest.id !== 'string' || typeof rest.digest !== 'string' || Number.isNaN(contacted.getTime()) || Number.isNaN(answered?.getTime() ?? 0)) {
    throw new TypeError('expected a response that waits for the database');
  }
  return {
    ...rest,
    contactedAt: contacted,
    answeredAt: answered,
    comment: comment === null ? null : { ...comment, text: comment.text === null ? null : redact(comment.text) },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}
