import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';

/**
 * What went wrong at a statement or a connection. The driver's own errors go no further: theirs may quote the row that was written,
 * and with it a citizen.
 */
export class PostgresFault extends Error {
  override readonly name = 'PostgresFault';
  /** The server's five characters (SQLSTATE), or the system's or driver's code; `''` where there is none. */
  readonly code: string;
  /** Whether the connection is of no more use. */
  readonly isLost: boolean;

  constructor(code: string, isLost: boolean) {
    super(code === '' ? 'the connection was lost' : code);
    this.code = code;
    this.isLost = isLost;
  }
}

/** What the driver says of a connection that is none, where it gives no code. */
const DRIVER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/i, 'NO_TLS'],
  [/SASL|SCRAM|password must be a string/i, 'NO_PASSWORD'],
  [/timeout|timed out/i, 'TIMEOUT'],
];

/** @param answered whether the error came from the server. */
export function faultOf(error: unknown, answered: boolean): PostgresFault {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[A-Z0-9_]{1,60}$/.test(error.code) ? error.code : '';
  if (answered) return new PostgresFault(code, /^(?:08|57P)/.test(code));
  const said = error instanceof Error ? DRIVER_WORDS.find(([words]) => words.test(error.message))?.[1] : undefined;
  return new PostgresFault(code === '' ? (said ?? '') : code, true);
}

/** Faults that end when the transaction is done again: it was rolled back for another one's sake. */
export function isTransient({ code }: PostgresFault): boolean {
  return code === '40001' || code === '40P01';
}

/** Whether a certificate was refused. */
const TLS_CODES = /^(?:DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO|NO_TLS|HOSTNAME_MISMATCH|INVALID_CA)/;

type Row = readonly [codes: RegExp, code: TonalitetErrorCode, expected: string, advice: string];

/** The first row that fits counts. */
const MEANINGS: readonly Row[] = [
  [/^(?:28P01|28000)$/, 'STORE_DENIED', 'that the server lets this user in', 'Check the user, its password, and the line for it in pg_hba.conf.'],
  [/^NO_PASSWORD$/, 'STORE_DENIED', 'a password, for which the server asks', 'Give it in a file (password_file=FILE) or as PGPASSWORD.'],
  [/^42501$/, 'STORE_DENIED', 'the right to do this', 'docs/postgres.md lists what the user must be granted.'],
  [/^3D000$/, 'STORE_INVALID', 'a database of this name', 'Check its name, or have it made: docs/postgres.md says how.'],
  [/^(?:42P01|42703|42883|3F000)$/, 'STORE_INVALID', "tonalitet's tables as this version makes them", 'Restore them from a backup.'],
  [/^25006$/, 'STORE_FAILED', 'a server that can be written to', 'This one may be a standby: name the primary.'],
  [/^53100$/, 'STORE_FAILED', 'space on the disk of the database', 'Make room on the server.'],
  [/^(?:53300|53400|53200|TOO_MANY)$/, 'STORE_BUSY', 'a free connection', 'Raise max_connections, or let fewer processes work at once.'],
  [/^(?:40001|40P01|55P03|57014|25P03|25P04)$/, 'STORE_BUSY', 'the work to be done in time, but others kept what it needed, or it took too long', 'Try again.'],
  [TLS_CODES, 'STORE_UNREACHABLE', 'a server with TLS and a certificate that is valid for its name', 'Check sslmode and sslrootcert; docs/postgres.md describes them.'],
  [/^(?:08|57P)/, 'STORE_UNREACHABLE', 'the server to stay', 'It ended the connection or is just starting: try again.'],
];

/** The error for a fault. @param name the database, as messages may show it. */
export function storeError(name: string, fault: PostgresFault): TonalitetError {
  const known = MEANINGS.find(([codes]) => codes.test(fault.code));
  if (known === undefined && !fault.isLost) {
    return new TonalitetError('STORE_FAILED', `Expected to read and write the database, got SQLSTATE ${fault.code}: ${name}. The server's log says more.`, { cause: fault });
  }
  const [, code, expected, advice] =
    known ?? ([/./, 'STORE_UNREACHABLE', 'a PostgreSQL server that answers', 'Check host and port, and that it runs and may be reached from here.'] as const);
  return new TonalitetError(code, `Expected ${expected}, got ${fault.code === '' ? 'a lost connection' : fault.code}: ${name}. ${advice}`, { cause: fault });
}
