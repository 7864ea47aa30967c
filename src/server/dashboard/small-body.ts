import type { IncomingMessage } from 'node:http';
import { FaultError } from '../fault.js';

/** A correction or a token: two kilobytes at most, percent-encoded. */
const MAX_BODY_BYTES = 16_384;

/** @throws FaultError `too_large`, `unsupported_format`, `bad_message`. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(request, 'application/x-www-form-urlencoded'));
}

/** @throws FaultError, as {@link readForm}. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, 'application/json');
  try {
    return JSON.parse(body);
  } catch {
    throw new FaultError('bad_message', 'Expected JSON, got a body that is none.');
  }
}

async function readBody(request: IncomingMessage, type: string): Promise<string> {
  const given = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (given !== type) throw new FaultError('unsupported_format', `Expected ${type}, got another content type.`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) throw new FaultError('too_large', `Expected a body of at most ${MAX_BODY_BYTES} bytes, got more.`);
    pieces.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new FaultError('bad_message', 'Expected text in UTF-8, got bytes that are not.');
  }
}
