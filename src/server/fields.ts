import { FaultError } from './fault.js';

/** The longest id and metadata value that is kept, in characters: room for a URI or a UUID with a prefix. */
export const MAX_FIELD_CHARACTERS = 256;

/** The most metadata entries that are kept of one call. */
export const MAX_METADATA_ENTRIES = 32;

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws FaultError unless the text is one JSON object. The text itself is not quoted. */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FaultError('bad_message', 'Expected a JSON object in a text frame, got text that is not JSON.');
  }
  if (!isObject(value)) throw new FaultError('bad_message', 'Expected a JSON object in a text frame, got another JSON value.');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number, or a string that is wholly one: telephony systems send both. `undefined` for anything else. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return undefined;
  return Number(value);
}

/** A short string without control characters, or `undefined`. */
export function toField(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || text.length === 0 || text.length > MAX_FIELD_CHARACTERS) return undefined;
   
  return /[\u0000-\u001f\u007f]/.test(text) ? undefined : text;
}

/** The short, flat entries of an object; everything else in it is left out. */
export function toMetadata(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (!isObject(value)) return metadata;
  for (const [key, entry] of Object.entries(value).slice(0, MAX_METADATA_ENTRIES)) {
    const text = toField(entry);
    // A key such as __proto__ would not become an entry but change the object.
    if (text !== undefined && toField(key) !== undefined && !(key in Object.prototype)) metadata[key] = text;
  }
  return metadata;
}

/** The keys of a telephone. */
export function isDigit(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9*#A-D]$/.test(value);
}

/** Strict base64 (RFC 4648 section 4) to bytes; `undefined` if it is not. Node's own decoder passes over what it does not know. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
