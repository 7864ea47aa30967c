import type { IncomingMessage } from 'node:http';

/** How long the rest of a refused body is passed over. */
const LINGER_MS = 2_000;

/** The request's target; undefined for one that is no path. Dots in it are resolved here, and no path names a file. */
export function urlOfRequest(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '';
  return target.startsWith('/') && URL.canParse(target.replace(/^\/+/, '/'), 'http://server') ? new URL(target.replace(/^\/+/, '/'), 'http://server') : undefined;
}

/**
 * What is left of a body that is not wanted is passed over for a moment, so that the client gets to read the answer; cutting
 * the socket at once would take the answer with it.
 */
export function leaveUnread(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const { socket } = request;
  request.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
