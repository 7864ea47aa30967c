import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresLocation } from '../../src/survey/postgres-location.js';

/** Where Debian's packages put a server's programs. */
const VERSIONS = '/usr/lib/postgresql';
const OLDEST = 15;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** The folder of the newest server's programs; `undefined` where there is none that is new enough. */
export const postgresPrograms: string | undefined = findPrograms();

if (postgresPrograms === undefined) console.warn(`not tested: PostgreSQL, since no server of version ${OLDEST} or newer is in ${VERSIONS}`);

function findPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const [newest] = readdirSync(VERSIONS)
    .map(Number)
    .filter((version) => version >= OLDEST && existsSync(join(VERSIONS, String(version), 'bin', 'initdb')))
    .sort((a, b) => b - a);
  return newest === undefined ? undefined : join(VERSIONS, String(newest), 'bin');
}

export interface TestPostgresOptions {
  /** Whether what is committed is waited for on the disk, as in earnest. Without it, tests are several times as fast. */
  readonly fsync?: boolean;
  /** Further lines of postgresql.conf. */
  readonly settings?: readonly string[];
  /** The lines of pg_hba.conf after the first, which lets the superuser in by the socket. */
  readonly access?: readonly string[];
  /** A loopback port to listen on as well as on the socket. */
  readonly port?: number;
}

/** A PostgreSQL server of one's own, in a folder that goes with it. It is reached by a socket in that folder, and by nobody else. */
export class TestPostgres implements AsyncDisposable {
  readonly folder: string;
  readonly #owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #made = 0;

  private constructor(folder: string, owner: { readonly uid: number; readonly gid: number } | undefined, port: number) {
    this.folder = folder;
    this.#owner = owner;
    this.#port = port;
  }

  static async start({ fsync = false, settings = [], access = [], port }: TestPostgresOptions = {}): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'tonalitet-pg-'));
    const owner = serverUser();
    const server = new TestPostgres(folder, owner, port ?? 5_432);
    try {
      if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
      await chmod(folder, 0o755);
      const data = join(folder, 'data');
      server.#program('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']);
      const lines = [
        `listen_addresses = '${port === undefined ? '' : '127.0.0.1'}'`,
        `port = ${server.#port}`,
        `unix_socket_directories = '${folder}'`,
        `fsync = ${fsync ? 'on' : 'off'}`,
        `synchronous_commit = ${fsync ? 'on' : 'off'}`,
        `full_page_writes = ${fsync ? 'on' : 'off'}`,
        'max_connections = 100',
        'shared_buffers = 64MB',
        'log_min_messages = warning',
        "log_destination = 'stderr'",
        'logging_collector = off',
        ...settings,
      ];
      await writeFile(join(data, 'postgresql.conf'), lines.join('\n'));
      await writeFile(join(data, 'pg_hba.conf'), ['local all postgres trust', ...access, ''].join('\n'));
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the server, which does not run. */
  async restart(): Promise<void> {
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    let said = '';
    const start = (): ChildProcess => {
      const child = spawn(join(postgresPrograms!, 'postgres'), ['-D', join(this.folder, 'data')], { ...this.#owner, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4_000);
      });
      return child;
    };
    this.#process = start();
    while (!(await this.#answers())) {
      if (Date.now() > giveUpAt) throw new Error(`expected PostgreSQL to start: ${said}`);
      await sleep(50);
      if (this.#process.exitCode === null) continue;
      // The processes of a server that was killed take a moment to notice.
      if (!said.includes('shared memory block')) throw new Error(`expected PostgreSQL to start: ${said}`);
      this.#process = start();
    }
  }

  /** Ends the server: `SIGINT` as one stops it, `SIGKILL` as it is lost. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /** How one reaches a database: as the superuser, who needs no password on the socket. */
  location(database: string, user = 'postgres'): PostgresLocation {
    return { name: this.url(database, user), host: this.folder, port: this.#port, user, database, password: undefined, tls: undefined };
  }

  url(database: string, user = 'postgres'): string {
    return `postgres://${user}@${encodeURIComponent(this.folder)}:${this.#port}/${database}`;
  }

  /** Makes a database. @param how further words of CREATE DATABASE. @returns its name. */
  async makeDatabase(how = ''): Promise<string> {
    const name = `test_${this.#made++}`;
    await this.query('postgres', `CREATE DATABASE ${name} ${how}`);
    return name;
  }

  /** Runs a statement as the superuser, and gives its rows. */
  async query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.folder, port: this.#port, user: 'postgres', database, password: async () => '' });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    return this.query('postgres', 'SELECT 1').then(
      () => true,
      () => false,
    );
  }

  #program(name: string, args: readonly string[]): void {
    const { status, stderr, error } = spawnSync(join(postgresPrograms!, name), args, { ...this.#owner, cwd: '/', encoding: 'utf8', timeout: START_TIMEOUT_MS });
    if (status !== 0) throw new Error(`expected ${name} to succeed: ${error?.message ?? stderr}`);
  }
}

/** The server refuses to run as root: there it runs as the user that its package made. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string): number => Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
