import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { STYLE } from '../../report/html-style.js';
import { viewTitle } from '../../report/view-html.js';
import type { ResponseStore } from '../../survey/store.js';
import type { Survey } from '../../survey/survey.js';
import { TonalitetError } from '../../errors.js';
import { findToken } from '../access.js';
import { FaultError } from '../fault.js';
import { answer } from '../http-answer.js';
import type { Route } from '../http-routes.js';
import { errorField } from '../logger.js';
import type { Logger } from '../logger.js';
import type { ServerSettings } from '../settings.js';
import { apiRoutes } from './api-routes.js';
import type { AuditTrail } from './audit.js';
import { QUOTES_PATH, VIEW_PATH, readQuoteChoice, readViewChoice, viewHref } from './choice-url.js';
import { CommentReader } from './comment-reader.js';
import { CORRECTION_PATH, correctionOfForm, returnPath } from './correction-input.js';
import { createGate } from './gate.js';
import { SESSION_COOKIE, cookieOf } from './identity.js';
import { LiveUpdates } from './live-updates.js';
import { LOGIN_PATH, answerLogin, nextPath, sessionCookie } from './login-page.js';
import { answerMessagePage, answerPage, redirect } from './page-html.js';
import { quoteMain } from './quote-page.js';
import { readForm } from './small-body.js';
import { allows } from './role.js';
import { Sessions } from './sessions.js';
import { viewLead, viewMain } from './view-page.js';
import { ViewSource } from './view-source.js';

/** Comments on a page: what one reads before one looks further. */
const QUOTES_PER_PAGE = 25;

export interface DashboardOptions {
  readonly store: ResponseStore;
  readonly audit: AuditTrail;
  readonly settings: () => ServerSettings;
  /** Gives questions their text, and makes the index possible. */
  readonly survey?: Survey | undefined;
  readonly log: Logger;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
}

export interface Dashboard {
  readonly routes: readonly Route[];
  /** Ends the connections that are kept open. */
  close(): void;
}

/** The report in the browser, beneath `/rapport`; docs/dashboard.md describes it. */
export function createDashboard({ store, audit, settings, survey, log, now }: DashboardOptions): Dashboard {
  const sessions = new Sessions(now);
  const gate = createGate(settings, sessions);
  const views = new ViewSource(store, () => ({ threshold: settings().reportThreshold, survey }));
  const comments = new CommentReader(store, audit);
  const live = new LiveUpdates({
    revision: async () => store.revision(),
    maxViewers: () => settings().maxLiveViews,
    now,
    failed: (error) => log.warn('store could not be asked for changes', { error: errorField(error) }),
  });
  const routes = [
    gate.page('GET', VIEW_PATH, 'reader', async (_, response, { url, identity }) => {
      const asked = readViewChoice(url.searchParams);
      const mayRead = allows(identity.role, 'analyst');
      try {
        const choice = await views.settled(asked);
        const href = viewHref(choice);
        if (href !== viewHref(asked)) return redirect(response, href);
        const view = await views.view(choice);
        const main = await views.rendered(`${href} ${mayRead}`, choice, (made) => viewMain(made, mayRead));
        answerPage(response, 200, { title: viewTitle(view), identity, lead: viewLead(view), main, live: true });
      } catch (error) {
        if (!(error instanceof TonalitetError) || error.code !== 'REPORT_INVALID') throw error;
        const { responses } = await views.extent();
        const why = responses === 0 ? 'Det finns inga svar i databasen ännu.' : 'Urvalet går inte att visa: tiden är för lång för indelningen, slutar innan den börjar, eller så finns kommunen inte.';
        answerMessagePage(response, responses === 0 ? 200 : 400, identity, 'Ingenting att visa', why);
      }
    }),
    gate.page('GET', QUOTES_PATH, 'analyst', async (_, response, { url, identity }) => {
      const choice = readQuoteChoice(url.searchParams);
      const { quotes, next } = await comments.read(identity, choice, QUOTES_PER_PAGE);
      const notice = url.searchParams.get('rattad') === '1' ? 'Rättelsen är sparad och räknas från och med nu.' : undefined;
      const main = quoteMain({ choice, quotes, next, extent: await views.extent(), notice });
      answerPage(response, 200, { title: 'Kommentarer i ord', identity, main });
    }),
    gate.page('POST', CORRECTION_PATH, 'admin', async (request, response, { identity }) => {
      const form = await readForm(request);
      const input = correctionOfForm(form);
      await comments.correct(identity, input);
      const back = new URL(returnPath(form), 'http://server');
      back.searchParams.set('rattad', '1');
      redirect(response, `${back.pathname}${back.search}#c-${encodeURIComponent(input.id)}`);
    }),
    loginRoute(settings, sessions),
    logoutRoute(sessions),
    ...apiRoutes({ gate, views, comments, live, settings, sessions }),
    ...FILES.map(fileRoute),
  ];
  return { routes, close: () => live.close() };
}

function loginRoute(settings: () => ServerSettings, sessions: Sessions): Route {
  return {
    method: 'POST',
    path: LOGIN_PATH,
    open: true,
    handle: async (request, response) => {
      checkMeant(request);
      const form = await readForm(request);
      const { tokens, sessionS } = settings();
      const holder = findToken(tokens, form.get('token')?.trim());
      const next = nextPath(form);
      if (holder?.role === undefined) return answerLogin(response, new URL(next, 'http://server'), settings(), true);
      redirect(response, next, { 'set-cookie': sessionCookie(sessions.open(holder.sha256, sessionS), sessionS, isSecure(request)) });
    },
  };
}

function logoutRoute(sessions: Sessions): Route {
  return {
    method: 'POST',
    path: '/rapport/logout',
    open: true,
    handle: (request, response) => {
      checkMeant(request);
      sessions.close(cookieOf(request.headers.cookie, SESSION_COOKIE));
      redirect(response, VIEW_PATH, { 'set-cookie': sessionCookie('', 0, isSecure(request)) });
    },
  };
}

/** Nobody is logged in or out by a page elsewhere: whether the origin is ours was checked before. */
function checkMeant(request: IncomingMessage): void {
  if (request.headers.origin === undefined) throw new FaultError('forbidden', 'Expected an Origin header, got none. Log in with a browser, or send Authorization: Bearer TOKEN.');
}

/** Whether the browser came over TLS, to this server or to a proxy in front. */
function isSecure(request: IncomingMessage): boolean {
  return request.headers.origin?.startsWith('https:') === true;
}

interface ServedFile {
  readonly path: string;
  readonly type: string;
  readonly read: () => Promise<string | Uint8Array>;
}

const page = async (name: string): Promise<Uint8Array> => readFile(new URL(`../../../page/${name}`, import.meta.url));

/** What pages consist of besides themselves. No part of a request becomes a file's name. */
const FILES: readonly ServedFile[] = [
  { path: '/rapport/rapport.css', type: 'text/css; charset=utf-8', read: async () => STYLE },
  { path: '/rapport/dashboard.css', type: 'text/css; charset=utf-8', read: async () => page('dashboard.css') },
  { path: '/rapport/dashboard.js', type: 'text/javascript; charset=utf-8', read: async () => page('dashboard.js') },
];

function fileRoute({ path, type, read }: ServedFile): Route {
  return { method: 'GET', path, open: true, handle: async (_, response) => answer(response, 200, type, await read()) };
}
