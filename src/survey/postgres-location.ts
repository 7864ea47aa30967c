import { readFile } from 'node:fs/promises';
import { TonalitetError } from '../errors.js';

/** Whether a database is named by a PostgreSQL connection string, and not by a file's path. */
export function isPostgresUrl(name: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(name);
}

/**
 * How far TLS is insisted on, by libpq's names; its `allow` and `prefer` are not taken, because they fall back to plain text
 * without a word.
 */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** Where a PostgreSQL database is, after its connection string was checked and the files that it names were read. */
export interface PostgresLocation {
  /** For messages: without the password. */
  readonly name: string;
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** `undefined`: none was given, which is right where the server trusts the socket or the certificate. */
  readonly password: string | undefined;
  readonly tls: PostgresTls | undefined;
}

export interface PostgresTls {
  /** Whether the server's certificate must be signed by an authority that is trusted. */
  readonly verifyChain: boolean;
  /** Whether it must also be made out to the host's name. */
  readonly verifyHost: boolean;
  /** PEM; `undefined`: the authorities that Node trusts. */
  readonly ca: string | undefined;
  /** PEM, for a server that knows its users by certificates. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const PARAMETERS = ['host', 'port', 'user', 'password_file', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;
const STANDARD_PORT = 5_432;
/** A connection string, and each file that it names, is a few kilobytes at most. */
const MAX_URL_CHARACTERS = 2_000;
const MAX_FILE_CHARACTERS = 262_144;

/** What of the environment counts, with libpq's names. */
export interface PostgresEnvironment {
  readonly PGUSER?: string | undefined;
  readonly PGPASSWORD?: string | undefined;
  readonly TONALITET_DB_PASSWORD_FILE?: string | undefined;
}

/**
 * Reads a connection string: `postgres://user[:password]@host[:port]/database[?parameters]`. The parameters are `host` (the folder of
 * a Unix socket), `port`, `user`, `password_file`, `sslmode`, `sslrootcert`, `sslcert` and `sslkey`. The password is that of the
 * first of these that gives one: the string, `password_file`, the file in TONALITET_DB_PASSWORD_FILE, PGPASSWORD.
 *
 * Without `sslmode`, a Unix socket and the machine itself are spoken to without TLS, and every other host must show a certificate
 * that is valid for its name (`verify-full`).
 *
 * @throws RangeError for a string that is none; it never repeats what may be a password.
 * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE` for a file that the string names.
 */
export async function readPostgresLocation(text: string, environment: PostgresEnvironment): Promise<PostgresLocation> {
  const url = parse(text);
  const parameter = (name: (typeof PARAMETERS)[number]): string | undefined => url.searchParams.get(name) || undefined;
  for (const name of new Set(url.searchParams.keys())) {
    if (!PARAMETERS.some((known) => known === name)) throw invalid(`only the parameters ${PARAMETERS.join(', ')}, got another one`);
    if (url.searchParams.getAll(name).length > 1) throw invalid(`the parameter ${name} only once`);
  }
  const host = decoded('host', url.hostname).replace(/^\[(.+)\]$/, '$1') || parameter('host') || 'localhost';
  if (url.hostname !== '' && parameter('host') !== undefined) throw invalid('the host once, and not also as a parameter');
  const isSocket = host.startsWith('/');
  if (!isSocket && !/^[\p{L}\p{N}._:%-]{1,255}$/u.test(host)) throw invalid('one host name, address or folder of a socket');
  const port = readPort(url.port || parameter('port'));
  const user = decoded('user', url.username) || parameter('user') || environment.PGUSER || '';
  if (user === '') throw invalid('a user before the @');
  const database = decoded('database', url.pathname.slice(1));
  if (database === '' || database.includes('/')) throw invalid("a database's name after the host");
  const tls = await readTls(parameter('sslmode'), isSocket || isThisMachine(host), isSocket, parameter);
  const password = decoded('password', url.password) || (await readPassword(parameter('password_file') ?? environment.TONALITET_DB_PASSWORD_FILE)) || environment.PGPASSWORD;
  return { name: nameOf(user, host, port, database), host, port, user, database, password: password || undefined, tls };
}

/** The name of a database that messages may show: a connection string without its password and its parameters. */
export function shownDatabase(text: string): string {
  if (!isPostgresUrl(text)) return text;
  try {
    const url = parse(text);
    const host = decoded('host', url.hostname) || url.searchParams.get('host') || 'localhost';
    return nameOf(decoded('user', url.username) || url.searchParams.get('user') || '', host, readPort(url.port || undefined), decoded('database', url.pathname.slice(1)));
  } catch {
    return 'postgres://…';
  }
}

function parse(text: string): URL {
  if (text.length > MAX_URL_CHARACTERS) throw invalid(`at most ${MAX_URL_CHARACTERS} characters`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The parser's own error has the whole string in it.
    throw invalid('postgres://user@host:port/database, with what is special in the password written as %XX');
  }
  if (!isPostgresUrl(`${url.protocol}//`)) throw invalid('a string that begins with postgres://');
  if (url.hash !== '') throw invalid('no # in it: in a password it is written as %23');
  return url;
}

function nameOf(user: string, host: string, port: number, database: string): string {
  const place = host.startsWith('/') ? `${host}:${port}` : `${host.includes(':') ? `[${host}]` : host}${port === STANDARD_PORT ? '' : `:${port}`}`;
  return `postgres://${user === '' ? '' : `${user}@`}${place}/${database}`;
}

function decoded(what: string, text: string): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    throw invalid(`% only before two hexadecimal digits in the ${what}: a % itself is written as %25`);
  }
  if (/\p{Cc}/u.test(plain)) throw invalid(`no control characters in the ${what}`);
  return plain;
}

function readPort(text: string | undefined): number {
  if (text === undefined) return STANDARD_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw invalid('a port from 1 to 65535');
  return port;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

async function readTls(
  text: string | undefined,
  isLocal: boolean,
  isSocket: boolean,
  parameter: (name: 'sslrootcert' | 'sslcert' | 'sslkey') => string | undefined,
): Promise<PostgresTls | undefined> {
  const files = [parameter('sslrootcert'), parameter('sslcert'), parameter('sslkey')] as const;
  const given = SSL_MODES.find((mode) => mode === text);
  if (text !== undefined && given === undefined) throw invalid(`sslmode to be one of ${SSL_MODES.join(', ')}`);
  const named = files.some((file) => file !== undefined);
  const mode: SslMode = given ?? (isLocal && !named ? 'disable' : 'verify-full');
  if (mode === 'disable') {
    if (named) throw invalid('no certificates where sslmode is disable');
    return undefined;
  }
  if (isSocket) throw invalid('sslmode=disable for the folder of a socket, which has no TLS');
  if ((files[1] === undefined) !== (files[2] === undefined)) throw invalid('sslcert and sslkey together');
  if (mode === 'verify-ca' && files[0] === undefined) throw invalid('sslrootcert, the file of the authority, where sslmode is verify-ca');
  const [ca, cert, key] = await Promise.all(files.map(async (file) => (file === undefined ? undefined : readSmallFile(file))));
  // As in libpq: `require` with an authority's file checks who signed the certificate.
  return { verifyChain: mode !== 'require' || ca !== undefined, verifyHost: mode === 'verify-full', ca, cert, key };
}

async function readPassword(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === '') return undefined;
  const password = (await readSmallFile(path)).replace(/\r?\n$/, '');
  if (password === '' || /\p{Cc}/u.test(password)) {
    throw new TonalitetError('FILE_UNREADABLE', `Expected a file with a password on its only line, got another one: ${path}`);
  }
  return password;
}

async function readSmallFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const missing = code === 'ENOENT';
    throw new TonalitetError(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', `Expected a file that can be read, got ${String(code)}: ${path}`, { cause });
  }
  if (text.length > MAX_FILE_CHARACTERS) throw new TonalitetError('FILE_UNREADABLE', `Expected a file of at most ${MAX_FILE_CHARACTERS} characters: ${path}`);
  return text;
}

function invalid(expected: string): RangeError {
  return new RangeError(`--db: expected ${expected}. A connection string looks like postgres://user@host/database; docs/postgres.md has the rest.`);
}
