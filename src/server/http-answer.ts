import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { httpStatusOf } from './fault.js';
import type { Fault } from './fault.js';

/** After how many seconds a refused client may try again, where it is a matter of time. */
const RETRY_AFTER_S = 5;

/** On every answer: nothing is to be kept by caches, guessed at, or framed. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function answer(response: ServerResponse, status: number, contentType: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(status, { ...COMMON_HEADERS, 'content-type': contentType, 'content-length': String(bytes.length), ...headers });
  response.end(bytes);
}

export function answerJson(response: ServerResponse, status: number, value: unknown, headers?: Readonly<Record<string, string>>): void {
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify(value), headers);
}

/** RFC 9457. `code` is the same as in the error frames of the stream; `errors` says where in the body it is, as in the RFC's example. */
export function problemJson(fault: Fault): string {
  const status = httpStatusOf(fault.code);
  const errors = fault.pointer === undefined || fault.pointer === '' ? {} : { errors: [{ detail: fault.message, pointer: `#${fault.pointer}` }] };
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, code: fault.code, detail: fault.message, ...errors });
}

export function answerProblem(response: ServerResponse, fault: Fault): void {
  answer(response, httpStatusOf(fault.code), 'application/problem+json; charset=utf-8', problemJson(fault), faultHeaders(fault));
}

/** Headers that go with a fault. */
export function faultHeaders(fault: Fault): Record<string, string> {
  const status = httpStatusOf(fault.code);
  if (status === 401) return { 'www-authenticate': 'Bearer realm="tonalitet"' };
  return status === 503 || status === 429 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
}

/** Refuses an upgrade: a plain HTTP answer on the bare socket, and its end. */
export function refuseUpgrade(socket: Duplex, fault: Fault): void {
  const body = problemJson(fault);
  const status = httpStatusOf(fault.code);
  const headers = {
    ...COMMON_HEADERS,
    ...faultHeaders(fault),
    connection: 'close',
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
