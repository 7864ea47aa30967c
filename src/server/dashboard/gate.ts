import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaultError, httpStatusOf } from '../fault.js';
import type { Fault } from '../fault.js';
import type { Route, RouteContext } from '../http-routes.js';
import type { ServerSettings } from '../settings.js';
import { identify, isMeant } from './identity.js';
import type { Identity } from './identity.js';
import { answerAgain, answerMessagePage } from './page-html.js';
import { answerLogin } from './login-page.js';
import { allows } from './role.js';
import type { Role } from './role.js';
import type { Sessions } from './sessions.js';

type Handle = (request: IncomingMessage, response: ServerResponse, context: RouteContext & { readonly identity: Identity }) => Promise<void> | void;

/** Lets those in who may, to pages and to the routes for programs. */
export interface Gate {
  /** A page: who is not known is asked to log in, and faults are told in Swedish. */
  page(method: 'GET' | 'POST', path: string, role: Role, handle: Handle): Route;
  /** A route that answers with JSON. */
  api(method: 'GET' | 'POST', path: string, role: Role, handle: Handle): Route;
}

/** What a page says of a fault. */
const FAULT_TEXTS: Readonly<Partial<Record<Fault['code'], string>>> = {
  bad_message: 'Det går inte att visa det här urvalet. Kontrollera perioder, kommuner och sökord.',
  conflict: 'Någon annan har rättat kommentaren sedan sidan hämtades. Hämta den igen och se om din rättelse fortfarande behövs.',
  not_found: 'Kommentaren finns inte längre.',
  overloaded: 'Servern har fullt just nu. Försök igen om en stund.',
  forbidden: 'Det får inte din roll göra, eller så kom begäran från en annan sida.',
};
const OTHER_FAULT = 'Något gick fel i servern. Försök igen; loggen har mer att säga.';

export function createGate(settings: () => ServerSettings, sessions: Sessions): Gate {
  const admitted = (request: IncomingMessage, method: string, role: Role): Identity | undefined => {
    const identity = identify(request, settings(), sessions, true);
    if (identity === undefined) return undefined;
    if (!allows(identity.role, role)) throw new FaultError('forbidden', `Expected the role ${role}, got ${identity.role}.`);
    if (method !== 'GET' && !isMeant(request, identity)) throw new FaultError('forbidden', 'Expected an Origin header beside a cookie or a proxy, got none.');
    return identity;
  };
  return {
    page: (method, path, role, handle) => ({
      method,
      path,
      open: true,
      answerFault: (response, fault) => answerMessagePage(response, httpStatusOf(fault.code), undefined, 'Det gick inte', FAULT_TEXTS[fault.code] ?? OTHER_FAULT),
      handle: async (request, response, context) => {
        const identity = admitted(request, method, role);
        if (identity !== undefined) return handle(request, response, { ...context, identity });
        // A link in a letter: the browser keeps a strict cookie back until the page asks from here.
        if (method === 'GET' && request.headers['sec-fetch-site'] === 'cross-site') return answerAgain(response, context.url);
        return answerLogin(response, method === 'GET' ? context.url : undefined, settings());
      },
    }),
    api: (method, path, role, handle) => ({
      method,
      path,
      open: true,
      handle: async (request, response, context) => {
        const identity = admitted(request, method, role);
        if (identity === undefined) throw new FaultError('unauthorised', 'Expected a token with a role in the dashboard, got none or another. Send Authorization: Bearer TOKEN.');
        await handle(request, response, { ...context, identity });
      },
    }),
  };
}
