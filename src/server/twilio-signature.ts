import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Fault } from './fault.js';

/** SHA-1 gives 20 bytes, which are 28 characters of base64. Anything else is no signature. */
const SIGNATURE = /^[A-Za-z0-9+/]{27}=$/;

/** The longest address that is checked: what Twilio takes in `<Stream url>` at most. */
const MAX_URL_CHARACTERS = 4_096;

export interface TwilioSigner {
  /** Auth tokens of the account: the primary one and, while they are exchanged, the secondary one. */
  readonly authTokens: readonly string[];
  /** The address that `<Stream url>` begins with, without a path: `https://tal.example`. `undefined`: the one of the request. */
  readonly publicUrl: string | undefined;
}

/**
 * Checks that an upgrade comes from the holder of a Twilio account: `X-Twilio-Signature` is the HMAC-SHA1 of the address that was
 * called, with the account's auth token as its key. It covers neither the time nor the connection, so it is only as secret as the
 * line: use TLS up to the server or to the proxy before it.
 *
 * @returns `authorised`, or why not; `undefined` where there is no signature.
 */
export function checkTwilioSignature(request: IncomingMessage, { authTokens, publicUrl }: TwilioSigner): Fault | 'authorised' | undefined {
  const presented = request.headers['x-twilio-signature'];
  if (presented === undefined) return undefined;
  const refused: Fault = {
    code: 'unauthorised',
    message: "Expected Twilio's signature of this address by a known auth token, got another. Check twilio_auth_tokens, and public_url where a proxy is in front.",
  };
  const target = request.url ?? '';
  if (typeof presented !== 'string' || !SIGNATURE.test(presented) || target.length > MAX_URL_CHARACTERS) return refused;
  const signature = Buffer.from(presented, 'base64');
  const isTls = 'encrypted' in request.socket;
  const addresses = addressesOf(publicUrl ?? `${isTls ? 'https' : 'http'}://${request.headers.host ?? ''}`, target);
  let matches = false;
  // All are compared, so that the time does not tell which of them was near.
  for (const authToken of authTokens) {
    for (const address of addresses) {
      const expected = createHmac('sha1', authToken).update(address, 'utf8').digest();
      if (timingSafeEqual(expected, signature)) matches = true;
    }
  }
  return matches ? 'authorised' : refused;
}

/**
 * The ways in which one address may have been written where it was signed: Twilio signs the text of `<Stream url>`, with the scheme
 * of a WebSocket or of the HTTP beneath it, with or without the port that goes without saying, with or without a slash at the end.
 */
function addressesOf(base: string, target: string): readonly string[] {
  if (!URL.canParse(base)) return [];
  const { protocol, hostname, port } = new URL(base);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const standardPort = isSecure ? '443' : '80';
  const ports = port === '' || port === standardPort ? ['', `:${standardPort}`] : [`:${port}`];
  const [path = '', query] = target.split('?', 2);
  const bare = path.replace(/\/$/, '');
  const ends = query === undefined ? [bare, `${bare}/`] : [`${path}?${query}`];
  return ['ws', 'http'].flatMap((scheme) => ports.flatMap((withPort) => ends.map((end) => `${scheme}${isSecure ? 's' : ''}://${hostname}${withPort}${end}`)));
}
