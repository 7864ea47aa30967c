import { readFile } from 'node:fs/promises';
import { answer } from './http-answer.js';
import type { Route } from './http-routes.js';

/** Path, file and type of everything that the page consists of. No part of a request becomes a file's name. */
const FILES: readonly (readonly [string, string, string])[] = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/capture.js', 'capture.js', 'text/javascript; charset=utf-8'],
];

/** Nothing from elsewhere, nothing inline, no frames; the microphone for the page itself. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** The web page for trying it out. It holds nothing secret, and asks for a token itself where one is needed. */
export function pageRoutes(): Route[] {
  return FILES.map(([path, file, type]) => ({
    method: 'GET',
    path,
    open: true,
    handle: async (_, response) => answer(response, 200, type, await readFile(new URL(`../../page/${file}`, import.meta.url)), HEADERS),
  }));
}
