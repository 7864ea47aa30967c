import { isIP } from 'node:net';
import { municipalityName } from '../survey/municipalities.js';
import { ROLES, isRole } from './dashboard/role.js';
import type { Role } from './dashboard/role.js';
import { SETTING_TABLE } from './setting-table.js';
import type { SettingRow } from './setting-table.js';

/** One holder of a token. */
export interface TokenSetting {
  readonly name: string;
  /** SHA-256 of the token, in hexadecimal. */
  readonly sha256: string;
  /** Calls at the same time; `undefined` for no limit but the server's. */
  readonly maxStreams: number | undefined;
  /** What it may do with the dashboard; a token with a role makes no calls and no uploads. `undefined`: those, and nothing of the dashboard. */
  readonly role: Role | undefined;
}

export interface AudioHookKey {
  readonly key: string;
  readonly secret: Uint8Array;
}

/** Everything that can be set, resolved. See {@link SETTING_TABLE} for what each means. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly voskPort: number | undefined;
  readonly insecure: boolean;
  readonly tokens: readonly TokenSetting[];
  readonly origins: readonly string[];
  readonly tlsKey: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsClientCa: string | undefined;
  readonly audiohookKeys: readonly AudioHookKey[];
  readonly twilioAuthTokens: readonly string[];
  /** An origin. */
  readonly publicUrl: string | undefined;
  readonly freeswitchRate: number;
  readonly resultsFile: string | undefined;
  readonly db: string | undefined;
  readonly dbKey: string | undefined;
  readonly spool: string | undefined;
  readonly survey: string | undefined;
  readonly municipality: string | undefined;
  readonly unit: string | undefined;
  readonly citizenChannel: number;
  readonly beam: number;
  readonly words: boolean;
  readonly hints: string | undefined;
  readonly page: boolean;
  readonly reportThreshold: number;
  readonly sessionS: number;
  readonly maxLiveViews: number;
  /** In lower case, as Node gives headers. */
  readonly proxyUserHeader: string | undefined;
  readonly proxyRoleHeader: string | undefined;
  readonly proxyAddresses: readonly string[];
  readonly maxStreams: number;
  readonly maxConnections: number;
  readonly maxLagS: number;
  readonly maxCallS: number;
  readonly maxMessageBytes: number;
  readonly maxSmallMessagesS: number;
  readonly maxUploadBytes: number;
  readonly maxUploads: number;
  readonly helloTimeoutS: number;
  readonly idleTimeoutS: number;
  readonly drainS: number;
  readonly logLevel: string;
}

type RawValue = string | number | boolean | null | readonly string[];

/** Values by key, as they come from a file, the environment or flags. */
export type RawSettings = Readonly<Record<string, unknown>>;

/** The environment's settings: `TONALITET_MAX_STREAMS` for `max_streams`. An empty variable counts as not set. */
export function settingsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): RawSettings {
  const raw: Record<string, string> = {};
  for (const { key } of SETTING_TABLE) {
    const value = environment[`TONALITET_${key.toUpperCase()}`];
    if (value !== undefined && value !== '') raw[key] = value;
  }
  return raw;
}

/**
 * Puts settings together; later sources win over earlier ones.
 *
 * @throws RangeError or TypeError that names the setting, the rule and what came; a secret's value is not shown.
 */
export function resolveSettings(...sources: readonly RawSettings[]): ServerSettings {
  const values = new Map<string, RawValue>(SETTING_TABLE.map((row) => [row.key, row.standard]));
  for (const source of sources) {
    for (const [key, value] of Object.entries(source)) {
      const row = SETTING_TABLE.find((candidate) => candidate.key === key);
      if (row === undefined) throw new TypeError(`expected a known setting, got ${JSON.stringify(key)}; see docs/server.md for the list`);
      if (value !== undefined) values.set(key, readValue(row, value));
    }
  }
  return toSettings(values);
}

function readValue(row: SettingRow, value: unknown): RawValue {
  const { kind } = row;
  const wrong = (expected: string): TypeError =>
    new TypeError(`expected ${row.key} to be ${expected}, got ${row.secret === true ? 'something else' : JSON.stringify(value)}`);
  if (value === null && row.standard === null) return null;
  if (kind.type === 'switch') {
    if (value === true || value === 'true' || value === '1') return true;
    if (value === false || value === 'false' || value === '0') return false;
    throw wrong('true or false');
  }
  if (kind.type === 'number') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !(number >= kind.min && number <= kind.max) || (kind.integer && !Number.isInteger(number))) {
      throw new RangeError(wrong(`${kind.integer ? 'a whole number' : 'a number'} from ${kind.min} to ${kind.max}`).message);
    }
    return number;
  }
  if (kind.type === 'list') {
    const list: unknown = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '') : value;
    if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string')) throw wrong('a list of texts');
    return list;
  }
  if (typeof value !== 'string' || value === '') throw wrong('a text');
  if (kind.type === 'choice' && !kind.values.includes(value)) throw wrong(`one of ${kind.values.join(', ')}`);
  return value;
}

function toSettings(values: ReadonlyMap<string, RawValue>): ServerSettings {
  const text = (key: string): string | undefined => (values.get(key) as string | null) ?? undefined;
  const number = (key: string): number => values.get(key) as number;
  const list = (key: string): readonly string[] => values.get(key) as readonly string[];
  return {
    host: text('host')!,
    port: number('port'),
    voskPort: (values.get('vosk_port') as number | null) ?? undefined,
    insecure: values.get('insecure') as boolean,
    tokens: list('tokens').map(readToken),
    origins: list('origins').map(readOrigin),
    tlsKey: text('tls_key'),
    tlsCert: text('tls_cert'),
    tlsClientCa: text('tls_client_ca'),
    audiohookKeys: list('audiohook_keys').map(readAudioHookKey),
    twilioAuthTokens: list('twilio_auth_tokens').map(readTwilioAuthToken),
    publicUrl: readPublicUrl(text('public_url')),
    freeswitchRate: number('freeswitch_rate'),
    resultsFile: text('results_file'),
    db: text('db'),
    dbKey: text('db_key'),
    spool: text('spool'),
    survey: text('survey'),
    municipality: readMunicipality(text('municipality')),
    unit: text('unit'),
    citizenChannel: number('citizen_channel'),
    beam: number('beam'),
    words: values.get('words') as boolean,
    hints: text('hints'),
    page: values.get('page') as boolean,
    reportThreshold: number('report_threshold'),
    sessionS: number('session_s'),
    maxLiveViews: number('max_live_views'),
    proxyUserHeader: headerName(text('proxy_user_header'), 'proxy_user_header'),
    proxyRoleHeader: headerName(text('proxy_role_header'), 'proxy_role_header'),
    proxyAddresses: list('proxy_addresses').map(readAddress),
    maxStreams: number('max_streams'),
    maxConnections: number('max_connections'),
    maxLagS: number('max_lag_s'),
    maxCallS: number('max_call_s'),
    maxMessageBytes: number('max_message_bytes'),
    maxSmallMessagesS: number('max_small_messages_s'),
    maxUploadBytes: number('max_upload_bytes'),
    maxUploads: number('max_uploads'),
    helloTimeoutS: number('hello_timeout_s'),
    idleTimeoutS: number('idle_timeout_s'),
    drainS: number('drain_s'),
    logLevel: text('log_level')!,
  };
}

function readMunicipality(code: string | undefined): string | undefined {
  if (code !== undefined && municipalityName(code) === undefined) throw new RangeError(`expected municipality to be a municipality's four-digit code, got ${JSON.stringify(code)}`);
  return code;
}

function readToken(entry: string): TokenSetting {
  const match = /^([\w.-]{1,64}):([0-9a-f]{64})(?::(\d{1,5}))?(?::([a-z]{1,16}))?$/i.exec(entry);
  const role = match?.[4];
  if (match === null || (role !== undefined && !isRole(role))) {
    throw new TypeError(
      `expected each of tokens as name:sha256, name:sha256:streams or name:sha256:role (${ROLES.join(', ')}), got another form; --new-token makes one`,
    );
  }
  return { name: match[1]!, sha256: match[2]!.toLowerCase(), maxStreams: match[3] === undefined ? undefined : Number(match[3]), role };
}

function headerName(name: string | undefined, key: string): string | undefined {
  if (name !== undefined && !/^[\w-]{1,64}$/.test(name)) throw new TypeError(`expected ${key} to be the name of a header, got ${JSON.stringify(name)}`);
  return name?.toLowerCase();
}

function readAddress(entry: string): string {
  if (isIP(entry) === 0) throw new TypeError(`expected each of proxy_addresses to be an IP address, got ${JSON.stringify(entry)}`);
  return entry;
}

function readOrigin(entry: string): string {
  let origin: string;
  try {
    origin = new URL(entry).origin;
  } catch (error) {
    throw new TypeError(`expected each of origins as https://host[:port], got ${JSON.stringify(entry)}`, { cause: error });
  }
  if (origin === 'null') throw new TypeError(`expected each of origins as https://host[:port], got ${JSON.stringify(entry)}`);
  return origin;
}

function readAudioHookKey(entry: string): AudioHookKey {
  const match = /^([^:\s]{1,256}):([A-Za-z0-9+/]{16,}={0,2})$/.exec(entry);
  if (match === null) throw new TypeError('expected each of audiohook_keys as key:base64 of the client secret, got another form');
  return { key: match[1]!, secret: Buffer.from(match[2]!, 'base64') };
}

/** Twilio's are 32 hexadecimal digits; other systems that sign like it have longer ones. */
function readTwilioAuthToken(entry: string): string {
  if (!/^[!-~]{16,256}$/.test(entry)) throw new TypeError('expected each of twilio_auth_tokens to be 16 to 256 printable characters without spaces, got another text');
  return entry;
}

function readPublicUrl(entry: string | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  if (url === undefined || !/^(https?|wss?):$/.test(url.protocol) || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new TypeError(`expected public_url as https://host[:port] without a path, got ${JSON.stringify(entry)}`);
  }
  return `${url.protocol}//${url.host}`;
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses settings that would let strangers in or be of no use.
 *
 * @throws TypeError that says what to set.
 */
export function checkSettings(settings: ServerSettings): void {
  const { host, insecure, tokens, tlsKey, tlsCert, tlsClientCa } = settings;
  if ((tlsKey === undefined) !== (tlsCert === undefined)) throw new TypeError('expected tls_key and tls_cert together, got one of them; set both or neither');
  if (tlsClientCa !== undefined && tlsKey === undefined) throw new TypeError('expected tls_key and tls_cert beside tls_client_ca, got none; client certificates need TLS');
  if ((settings.proxyUserHeader === undefined) !== (settings.proxyRoleHeader === undefined)) {
    throw new TypeError('expected proxy_user_header and proxy_role_header together, got one of them; set both or neither');
  }
  if (isLoopback(host) || insecure) return;
  if (tokens.length === 0 && tlsClientCa === undefined) {
    throw new TypeError(`expected tokens or tls_client_ca to listen on ${host}, got neither; set one, or insecure to let anyone in`);
  }
  if (tlsKey === undefined) {
    throw new TypeError(`expected tls_key and tls_cert to listen on ${host}, got none; set them, or insecure where a proxy in front has TLS`);
  }
}
