/** What kind of value a setting has, and what is taken. */
export type SettingKind =
  | { readonly type: 'text' }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly integer: boolean }
  | { readonly type: 'switch' }
  /** Comma-separated in a flag or variable, an array in the file. */
  | { readonly type: 'list' };

export interface SettingRow {
  /** In the configuration file. The flag is the same with dashes, the environment variable the same in capitals after TONALITET_. */
  readonly key: string;
  readonly kind: SettingKind;
  /** As in the configuration file; `null` where there is none. */
  readonly standard: string | number | boolean | null | readonly string[];
  readonly help: string;
  /** Left out as a flag: what stands on a command line, other users of the machine can read. */
  readonly secret?: boolean;
}

const count = (min: number, max: number): SettingKind => ({ type: 'number', min, max, integer: true });
const seconds = (min: number, max: number): SettingKind => ({ type: 'number', min, max, integer: false });

const TEXT: SettingKind = { type: 'text' };
const SWITCH: SettingKind = { type: 'switch' };
const LIST: SettingKind = { type: 'list' };

/** Every setting of the server, in one table: the file, the environment, the flags and docs/server.md are read off it. */
export const SETTING_TABLE: readonly SettingRow[] = [
  { key: 'host', kind: TEXT, standard: '127.0.0.1', help: 'address to listen on; beyond loopback only with tokens and TLS, or with `insecure`' },
  { key: 'port', kind: count(0, 65_535), standard: 8380, help: 'port for everything; 0 picks a free one' },
  { key: 'vosk_port', kind: count(0, 65_535), standard: null, help: 'a port of its own where vosk-server clients connect at `/`; usually 2700' },
  { key: 'insecure', kind: SWITCH, standard: false, help: 'allow listening beyond loopback without tokens or without TLS' },
  { key: 'tokens', kind: LIST, standard: [], help: 'who may connect, as `name:sha256`, `name:sha256:streams`, or `name:sha256:role` for the dashboard (`reader`, `analyst`, `admin`); `tonalitet serve --new-token NAME` makes one', secret: true },
  { key: 'origins', kind: LIST, standard: [], help: "origins of web pages that may connect, besides the server's own on loopback" },
  { key: 'tls_key', kind: TEXT, standard: null, help: 'private key, PEM file' },
  { key: 'tls_cert', kind: TEXT, standard: null, help: 'certificate chain, PEM file' },
  { key: 'tls_client_ca', kind: TEXT, standard: null, help: 'authorities that must have signed a client certificate, PEM file; without it none is asked for' },
  { key: 'audiohook_keys', kind: LIST, standard: [], help: 'AudioHook API keys and client secrets, as `key:base64`', secret: true },
  { key: 'twilio_auth_tokens', kind: LIST, standard: [], help: "auth tokens of the Twilio account; with them `/twilio` wants Twilio's signature, or a token of `tokens`", secret: true },
  { key: 'public_url', kind: TEXT, standard: null, help: 'address under which a proxy in front shows the server, such as `https://tal.example`: what Twilio signs begins with it' },
  { key: 'freeswitch_rate', kind: count(8_000, 48_000), standard: 8_000, help: 'rate of `/freeswitch` where neither the URL nor the metadata says it' },
  { key: 'results_file', kind: TEXT, standard: null, help: "file to which each ended call's results are appended as a line of JSON, personal identifiers taken out" },
  { key: 'db', kind: TEXT, standard: null, help: 'database in which calls and posted responses are kept: a SQLite file, or `postgres://user@host/database`; without it nothing is' },
  { key: 'db_key', kind: TEXT, standard: null, help: "file with the key that call ids are hidden with; without it the database's name and .key" },
  { key: 'spool', kind: TEXT, standard: null, help: "folder in which responses wait while the database fails; without it a SQLite file's name and .waiting" },
  { key: 'survey', kind: TEXT, standard: null, help: 'survey file: the keys of a call are read as answers to its questions' },
  { key: 'municipality', kind: TEXT, standard: null, help: 'four-digit code of the municipality of calls whose metadata does not say it' },
  { key: 'unit', kind: TEXT, standard: null, help: "the contact centre's unit, of calls whose metadata does not say it" },
  { key: 'citizen_channel', kind: count(0, 7), standard: 0, help: 'channel that the citizen speaks on, where a call has several; from 0' },
  { key: 'beam', kind: count(1, 16), standard: 1, help: 'texts that are followed side by side in recognition; more are more exact and slower' },
  { key: 'words', kind: SWITCH, standard: false, help: 'place each word by what the recogniser attended to, instead of by its length' },
  { key: 'hints', kind: TEXT, standard: null, help: 'file of names that are likely to be said, one a line: at most 200, of at most 60 characters; read at the start' },
  { key: 'page', kind: SWITCH, standard: true, help: 'serve the web page at `/`' },
  { key: 'report_threshold', kind: count(2, 1_000), standard: 5, help: 'the smallest group that the dashboard shows' },
  { key: 'session_s', kind: count(60, 604_800), standard: 28_800, help: 'how long a browser stays logged in to the dashboard; an hour without use ends it too' },
  { key: 'max_live_views', kind: count(1, 10_000), standard: 128, help: 'dashboards that are kept up to date at the same time; more have to be loaded again by hand' },
  { key: 'proxy_user_header', kind: TEXT, standard: null, help: "header in which a proxy in front says a dashboard's user; believed only from `proxy_addresses`" },
  { key: 'proxy_role_header', kind: TEXT, standard: null, help: 'header in which it says their role: `reader`, `analyst` or `admin`' },
  { key: 'proxy_addresses', kind: LIST, standard: ['127.0.0.1', '::1'], help: 'addresses of the proxy, if the two headers are set' },
  { key: 'max_streams', kind: count(1, 10_000), standard: 24, help: 'calls with audio at the same time; more are refused with 503' },
  { key: 'max_connections', kind: count(1, 100_000), standard: 512, help: 'connections of all kinds at the same time' },
  { key: 'max_lag_s', kind: seconds(0.5, 600), standard: 5, help: 'new calls are refused while answers are further behind than this' },
  { key: 'max_call_s', kind: seconds(1, 86_400), standard: 1_800, help: 'audio in one call, in seconds' },
  { key: 'max_message_bytes', kind: count(1_024, 67_108_864), standard: 1_048_576, help: 'one WebSocket message; `/vosk` takes 16 times this, for whole recordings' },
  { key: 'max_small_messages_s', kind: count(10, 100_000), standard: 500, help: 'text messages, and audio messages under 80 bytes, in a second; four times this at once' },
  { key: 'max_upload_bytes', kind: count(1_024, 4_294_967_296), standard: 104_857_600, help: 'one uploaded recording' },
  { key: 'max_uploads', kind: count(1, 1_000), standard: 4, help: 'uploads worked on at the same time' },
  { key: 'hello_timeout_s', kind: seconds(1, 600), standard: 10, help: 'time for the request headers, and then for the first message' },
  { key: 'idle_timeout_s', kind: seconds(1, 3_600), standard: 60, help: 'time without a message before a call is ended' },
  { key: 'drain_s', kind: seconds(0, 3_600), standard: 20, help: 'time for open calls to end by themselves when the server is stopped' },
  { key: 'log_level', kind: { type: 'choice', values: ['debug', 'info', 'warn', 'error', 'silent'] }, standard: 'info', help: 'least severe log line that is written' },
];
