import type { ServerResponse } from 'node:http';
import { escapeHtml } from '../../report/html-table.js';
import { answer } from '../http-answer.js';
import { QUOTES_PATH, VIEW_PATH } from './choice-url.js';
import type { Identity } from './identity.js';
import { allows } from './role.js';

/** Only what comes from this server: no script and no style in the page itself, no frames, no forms to elsewhere. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'permissions-policy': 'microphone=(), camera=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  // A form that is sent without a referrer has no origin either, and its origin is what tells that it is ours.
  'referrer-policy': 'same-origin',
};

const ROLE_NAMES = { reader: 'läsare', analyst: 'analytiker', admin: 'administratör' } as const;

export interface PageParts {
  readonly title: string;
  /** `undefined` where nobody is logged in. */
  readonly identity: Identity | undefined;
  /** Of `<main>`, as HTML. */
  readonly main: string;
  /** Between the heading and `<main>`, as HTML. @default nothing */
  readonly lead?: string;
  /** Whether it is kept up to date while it is open. @default false */
  readonly live?: boolean;
}

/** Sends a page of the dashboard. */
export function answerPage(response: ServerResponse, status: number, parts: PageParts): void {
  answer(response, status, 'text/html; charset=utf-8', pageHtml(parts), HEADERS);
}

/** Sends the browser on; what follows is always fetched with GET. */
export function redirect(response: ServerResponse, to: string, headers: Readonly<Record<string, string>> = {}): void {
  answer(response, 303, 'text/plain; charset=utf-8', '', { location: to, ...headers });
}

function pageHtml({ title, identity, main, lead = '', live = false }: PageParts): string {
  return `<!DOCTYPE html>
<html lang="sv">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – tonalitet</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/rapport/rapport.css">
<link rel="stylesheet" href="/rapport/dashboard.css">
<script type="module" src="/rapport/dashboard.js"></script>
</head>
<body${live ? ' data-live' : ''}>
<a class="skip" href="#innehall">Till innehållet</a>
${identity === undefined ? '' : topBar(identity)}
<header>
${identity?.by === 'open' ? OPEN_NOTICE : ''}
<h1>${escapeHtml(title)}</h1>
${lead}
</header>
<main id="innehall" tabindex="-1">
${main}
</main>
</body>
</html>
`;
}

function topBar({ name, role, by }: Identity): string {
  const who = by === 'open' ? '' : `<span>${escapeHtml(name)}, ${ROLE_NAMES[role]}</span>`;
  const logout = by === 'session' ? '<form method="post" action="/rapport/logout"><button class="plain">Logga ut</button></form>' : '';
  const comments = allows(role, 'analyst') ? `<a href="${QUOTES_PATH}">Kommentarer</a>` : '';
  return `<nav class="top" aria-label="Rapporten"><div><a href="${VIEW_PATH}">Rapporten</a>${comments}${who}${logout}</div></nav>`;
}

const OPEN_NOTICE = `<p class="notice" role="note"><strong>Öppen utan nyckel.</strong> Servern har inga nycklar och nås bara från den här datorn. Alla
som kan logga in på datorn kan här läsa siffrorna och kommentarerna, rätta etiketter och läsa granskningsloggen.</p>`;

/** A page that says why there is no other. */
export function answerMessagePage(response: ServerResponse, status: number, identity: Identity | undefined, title: string, text: string, back = '/rapport'): void {
  answerPage(response, status, { title, identity, main: `<p>${escapeHtml(text)}</p><p><a href="${escapeHtml(back)}">Tillbaka</a></p>` });
}

/**
 * Has the browser ask for the same address again, from here. A redirect would not do: it still counts as coming from elsewhere.
 */
export function answerAgain(response: ServerResponse, { pathname, search }: URL): void {
  const address = escapeHtml(`${pathname}${search}`);
  const html = `<!DOCTYPE html>
<html lang="sv"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${address}"><title>Öppnar rapporten – tonalitet</title></head>
<body><p><a href="${address}">Öppna rapporten</a></p></body></html>
`;
  answer(response, 200, 'text/html; charset=utf-8', html, HEADERS);
}
