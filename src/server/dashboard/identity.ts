import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { findToken, presentedToken } from '../access.js';
import { isLoopback } from '../settings.js';
import type { ServerSettings } from '../settings.js';
import { isRole } from './role.js';
import type { Role } from './role.js';
import type { Sessions } from './sessions.js';

export const SESSION_COOKIE = 'tonalitet_session';

/** The name under which whoever sits at an open server's own machine is written down. */
const OPEN_NAME = 'lokal';

/** A name from a proxy: what fits in a directory service, and on one line. */
const PROXIED_NAME = /^[^\p{Cc}]{1,100}$/u;

/** Who asks. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /**
   * - `token`: with each request, by a program.
   * - `session`: a browser that was logged in with a token.
   * - `proxy`: as a proxy in front says.
   * - `open`: anybody on this machine, where the server has no tokens.
   */
  readonly by: 'token' | 'session' | 'proxy' | 'open';
}

/** Whether nobody needs to say who they are: on loopback without tokens, as for everything else that the server does. */
export function isOpen(settings: ServerSettings): boolean {
  return isLoopback(settings.host) && settings.tokens.length === 0 && settings.proxyRoleHeader === undefined;
}

/**
 * @param isUse whether it keeps a session awake.
 * @returns who asks, or `undefined` where that cannot be told or they have no role.
 */
export function identify(request: IncomingMessage, settings: ServerSettings, sessions: Sessions, isUse: boolean): Identity | undefined {
  if (isOpen(settings)) return isNamedLoopback(request.headers.host) ? { name: OPEN_NAME, role: 'admin', by: 'open' } : undefined;
  const proxied = proxiedIdentity(request, settings);
  if (proxied !== undefined) return proxied;
  const session = sessions.tokenOf(cookieOf(request.headers.cookie, SESSION_COOKIE), isUse);
  const holder = session === undefined ? undefined : settings.tokens.find(({ sha256 }) => sha256 === session);
  if (holder?.role !== undefined) return { name: holder.name, role: holder.role, by: 'session' };
  // Not as ?token=: a dashboard's addresses are sent around, and stand in histories.
  const token = request.headers.authorization === undefined ? undefined : findToken(settings.tokens, presentedToken(request.headers, new URLSearchParams()));
  return token?.role === undefined ? undefined : { name: token.name, role: token.role, by: 'token' };
}

/**
 * Whether a request that changes something was meant by who it comes from. A page elsewhere can make a browser send one, with the cookie
 * or through the proxy, but not without an origin; whether the origin may is checked before any route.
 */
export function isMeant(request: IncomingMessage, { by }: Pick<Identity, 'by'>): boolean {
  return by === 'token' || request.headers.origin !== undefined;
}

/** One cookie's value. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function proxiedIdentity({ socket, headers }: IncomingMessage, { proxyAddresses, proxyUserHeader, proxyRoleHeader }: ServerSettings): Identity | undefined {
  if (proxyUserHeader === undefined || proxyRoleHeader === undefined || !isListed(socket.remoteAddress, proxyAddresses)) return undefined;
  const [given, role] = [headers[proxyUserHeader], headers[proxyRoleHeader]];
  // Node reads headers as Latin-1; names of people come as UTF-8.
  const name = typeof given === 'string' ? Buffer.from(given, 'latin1').toString('utf8') : '';
  return PROXIED_NAME.test(name) && typeof role === 'string' && isRole(role) ? { name, role, by: 'proxy' } : undefined;
}

function isListed(address: string | undefined, listed: readonly string[]): boolean {
  if (address === undefined) return false;
  const addresses = new BlockList();
  for (const one of listed) addresses.addAddress(one, isIP(one) === 6 ? 'ipv6' : 'ipv4');
  // A socket that takes both families gives IPv4 as ::ffff:127.0.0.1.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return addresses.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

/** A foreign name that resolves to this machine (DNS rebinding) would make another page's script one of ours. */
function isNamedLoopback(host: string | undefined): boolean {
  return host !== undefined && isLoopback(host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1'));
}

