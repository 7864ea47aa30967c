import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TokenSetting } from './settings.js';

/** Longer ones are no tokens, and are not hashed. */
const MAX_TOKEN_CHARACTERS = 512;

/** Prefix of the subprotocol in which a browser, which cannot set headers, sends its token. */
export const TOKEN_SUBPROTOCOL = 'tonalitet.token.';

/**
 * A new token and what is stored of it. Tokens are 256 random bits, so their SHA-256 cannot be searched back, and checking
 * one costs nothing that an attacker could use; a slow hash is for passwords that people think of.
 */
export function makeToken(name: string): { readonly token: string; readonly entry: string } {
  const token = `tnl_${randomBytes(32).toString('base64url')}`;
  return { token, entry: `${name}:${sha256(token)}` };
}

/** The holder of a token, or `undefined`. Every entry is compared, in constant time. */
export function findToken(tokens: readonly TokenSetting[], presented: string | undefined): TokenSetting | undefined {
  if (presented === undefined || presented.length === 0 || presented.length > MAX_TOKEN_CHARACTERS) return undefined;
  const digest = Buffer.from(sha256(presented), 'hex');
  let found: TokenSetting | undefined;
  for (const token of tokens) if (timingSafeEqual(digest, Buffer.from(token.sha256, 'hex'))) found = token;
  return found;
}

/** The tokens that make calls and uploads: those without a role in the dashboard. */
export function tokensForCalls(tokens: readonly TokenSetting[]): readonly TokenSetting[] {
  return tokens.filter(({ role }) => role === undefined);
}

/**
 * The token in a request: `Authorization: Bearer` (Deepgram's clients say `Token`), the password of `Basic` (Asterisk and
 * FreeSWITCH send user and password), a browser's subprotocol, or, for clients that can do nothing else, `?token=`.
 */
export function presentedToken(headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined {
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(/ +/, 2);
  if (/^(bearer|token)$/i.test(scheme)) return credentials;
  if (/^basic$/i.test(scheme)) {
    const pair = Buffer.from(credentials, 'base64').toString('utf8');
    return pair.slice(pair.indexOf(':') + 1);
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const ours = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL));
  if (ours !== undefined) return ours.slice(TOKEN_SUBPROTOCOL.length);
  // Deepgram's clients in browsers offer the two subprotocols "token" and the key itself.
  if (offered[0] === 'token' || offered[0] === 'bearer') return offered[1];
  return query.get('token') ?? undefined;
}

/**
 * Whether a web page may connect. Requests without an origin do not come from a page. On loopback the server's own page may,
 * by a loopback name: a foreign name that resolves to this machine (DNS rebinding) is not one.
 */
export function isAllowedOrigin(origin: string | undefined, port: number, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return ['127.0.0.1', 'localhost', '[::1]'].some((host) => origin === `http://${host}:${port}` || origin === `https://${host}:${port}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
