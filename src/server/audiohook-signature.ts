import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Fault } from './fault.js';
import type { AudioHookKey } from './settings.js';

/** What a signature has to cover, in any order. */
const REQUIRED = ['@request-target', '@authority', 'audiohook-organization-id', 'audiohook-session-id', 'audiohook-correlation-id', 'x-api-key'];

/** How old or how far in the future a signature may be, in seconds: clocks of servers are closer together than that. */
const MAX_AGE_S = 10;
const MAX_AHEAD_S = 3;

/** The nonce is at least 128 bits, which is 22 characters of base64. */
const MIN_NONCE_CHARACTERS = 22;

/** Signatures seen lately, so that none is taken twice; bounded by what can come within their age. */
const MAX_REMEMBERED = 10_000;

/**
 * Checks the HTTP message signature of AudioHook (a draft of RFC 9421): HMAC-SHA256 over the covered components with the
 * client secret of the API key.
 */
export class AudioHookVerifier {
  readonly #seen = new Map<string, number>();

  /** @returns `authorised`, or why not. The reason is the same for an unknown key and a wrong signature. */
  verify(request: IncomingMessage, keys: readonly AudioHookKey[], nowS: number): Fault | 'authorised' {
    const refused: Fault = { code: 'unauthorised', message: 'Expected a valid AudioHook signature by a known API key, got none. Check key, client secret and clock.' };
    const input = parseInput(header(request, 'signature-input'));
    const signature = input === undefined ? undefined : parseSignature(header(request, 'signature'), input.label);
    if (input === undefined || signature === undefined) return refused;
    const apiKey = header(request, 'x-api-key');
    const { keyid, created, expires, nonce, alg } = input;
    if (apiKey === undefined || keyid !== apiKey || (alg !== undefined && alg !== 'hmac-sha256')) return refused;
    if (nonce === undefined || nonce.length < MIN_NONCE_CHARACTERS) return refused;
    if (created === undefined || created < nowS - MAX_AGE_S || created > nowS + MAX_AHEAD_S || (expires !== undefined && expires < nowS)) return refused;
    if (!REQUIRED.every((name) => input.components.includes(name))) return refused;
    const lines: string[] = [];
    for (const name of input.components) {
      const value = componentValue(request, name);
      if (value === undefined) return refused;
      lines.push(`"${name}": ${value}`);
    }
    lines.push(`"@signature-params": ${input.raw}`);
    // An unknown key takes the same way with a random secret, so that the time tells nothing.
    const secret = keys.find(({ key }) => key === apiKey)?.secret ?? randomBytes(32);
    const expected = createHmac('sha256', secret).update(lines.join('\n')).digest();
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return refused;
    return this.#isReplay(signature.toString('base64'), nowS) ? refused : 'authorised';
  }

  #isReplay(signature: string, nowS: number): boolean {
    for (const [known, atS] of this.#seen) {
      // In the order of their coming: the first that is young enough ends it.
      if (atS > nowS - MAX_AGE_S - MAX_AHEAD_S && this.#seen.size < MAX_REMEMBERED) break;
      this.#seen.delete(known);
    }
    if (this.#seen.has(signature)) return true;
    this.#seen.set(signature, nowS);
    return false;
  }
}

interface SignatureInput {
  readonly label: string;
  readonly components: readonly string[];
  /** The list with its parameters, as it was sent: it is signed in that form. */
  readonly raw: string;
  readonly keyid: string | undefined;
  readonly nonce: string | undefined;
  readonly alg: string | undefined;
  readonly created: number | undefined;
  readonly expires: number | undefined;
}

/** The part of structured fields (RFC 8941) that is in use: `sig1=("a" "b");keyid="k";created=1`. */
function parseInput(value: string | undefined): SignatureInput | undefined {
  const match = /^([a-z*][a-z0-9_.*-]{0,63})=(\(("[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}"(?: +"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}"){0,31})\)((?:;[a-z*][a-z0-9_.*-]{0,63}=(?:"[^"\\]{0,512}"|\d{1,15}))*))$/.exec(value ?? '');
  if (match === null) return undefined;
  const [, label, raw, names, rest] = match;
  const parameters = new Map([...rest!.matchAll(/;([a-z*][a-z0-9_.*-]*)=(?:"([^"]*)"|(\d+))/g)].map(([, key, text, number]) => [key!, text ?? number!]));
  const number = (key: string): number | undefined => (parameters.has(key) ? Number(parameters.get(key)) : undefined);
  return {
    label: label!,
    components: [...names!.matchAll(/"([^"]*)"/g)].map(([, name]) => name!),
    raw: raw!,
    keyid: parameters.get('keyid'),
    nonce: parameters.get('nonce'),
    alg: parameters.get('alg'),
    created: number('created'),
    expires: number('expires'),
  };
}

function parseSignature(value: string | undefined, label: string): Buffer | undefined {
  const prefix = `${label}=:`;
  if (value === undefined || !value.startsWith(prefix) || !/^[A-Za-z0-9+/]{43}=:$/.test(value.slice(prefix.length))) return undefined;
  return Buffer.from(value.slice(prefix.length, -1), 'base64');
}

function componentValue(request: IncomingMessage, name: string): string | undefined {
  if (name === '@request-target') return request.url;
  if (name === '@authority') return header(request, 'host')?.toLowerCase();
  return name.startsWith('@') ? undefined : header(request, name);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value?.trim();
}
