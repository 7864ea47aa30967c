import type { IncomingMessage, ServerResponse } from 'node:http';
import { findToken, isAllowedOrigin, presentedToken, tokensForCalls } from './access.js';
import type { Fault } from './fault.js';
import { answer, answerJson, answerProblem } from './http-answer.js';
import type { Metrics } from './metrics.js';
import type { ServerSettings } from './settings.js';

/** One route of plain HTTP. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Whether it wants a token, where any are set. */
  readonly open: boolean;
  readonly handle: (request: IncomingMessage, response: ServerResponse, context: RouteContext) => Promise<void> | void;
  /** How a fault is told where the clients expect another form than problem documents. */
  readonly answerFault?: (response: ServerResponse, fault: Fault) => void;
}

export interface RouteContext {
  readonly url: URL;
  /** The token's name; empty where none is needed. */
  readonly owner: string;
}

/** What the routes of operations have to know of the server. */
export interface OperationsState {
  closedBecause(): Fault | undefined;
  readonly metrics: Metrics;
}

/** `/health`: the process answers. `/ready`: it takes calls. `/metrics`: for Prometheus. */
export function operationsRoutes(state: OperationsState): Route[] {
  return [
    { method: 'GET', path: '/health', open: true, handle: (_, response) => answerJson(response, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/ready',
      open: true,
      handle: (_, response) => {
        const fault = state.closedBecause();
        if (fault === undefined) answerJson(response, 200, { status: 'ready' });
        else answerProblem(response, fault);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      open: false,
      handle: async (_, response) => answer(response, 200, state.metrics.contentType, await state.metrics.text()),
    },
  ];
}

/** @returns why a request may not go on to its route, or whose it is. */
export function admitRequest(
  route: Route,
  request: IncomingMessage,
  url: URL,
  settings: ServerSettings,
  port: number,
): { readonly fault: Fault } | { readonly owner: string } {
  if (!isAllowedOrigin(request.headers.origin, port, settings.origins)) {
    return { fault: { code: 'forbidden', message: 'Expected an origin that is listed in origins, got another.' } };
  }
  if (route.open || settings.tokens.length === 0) return { owner: '' };
  const token = findToken(tokensForCalls(settings.tokens), presentedToken(request.headers, url.searchParams));
  if (token === undefined) {
    return { fault: { code: 'unauthorised', message: 'Expected a token that is known, got none or another. Send Authorization: Bearer TOKEN.' } };
  }
  return { owner: token.name };
}
