import type { ServerResponse } from 'node:http';
import { escapeHtml } from '../../report/html-table.js';
import type { ServerSettings } from '../settings.js';
import { VIEW_PATH } from './choice-url.js';
import { SESSION_COOKIE } from './identity.js';
import { answerPage } from './page-html.js';

export const LOGIN_PATH = '/rapport/login';

/** Asks for a token. @param wanted where to go afterwards. @param failed whether the token that was given is none. */
export function answerLogin(response: ServerResponse, wanted: URL | undefined, { tokens, proxyRoleHeader }: ServerSettings, failed = false): void {
  const next = wanted === undefined ? VIEW_PATH : `${wanted.pathname}${wanted.search}`;
  const error = failed ? '<p id="fel" class="error" role="alert">Nyckeln gäller inte här. Den ska ha en roll i rapporten.</p>' : '';
  const form = `${error}<form method="post" action="${LOGIN_PATH}" class="login">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<div class="field"><label for="token">Nyckel</label><input type="password" id="token" name="token" autocomplete="current-password" required maxlength="512"${failed ? ' aria-invalid="true" aria-describedby="fel"' : ''}></div>
<p class="buttons"><button>Logga in</button></p>
</form>
<p class="quiet">Du får en nyckel av den som sköter servern. Den stannar i den här webbläsaren tills du loggar ut.</p>`;
  const none = '<p>Ingen nyckel ger tillgång till rapporten ännu. Den som sköter servern lägger till en med en roll: läsare, analytiker eller administratör.</p>';
  const behindProxy = '<p>Inloggningen sköts av en server framför den här, som inte har gett dig någon roll.</p>';
  const main = tokens.some(({ role }) => role !== undefined) ? form : proxyRoleHeader === undefined ? none : behindProxy;
  answerPage(response, 401, { title: 'Logga in i rapporten', identity: undefined, main });
}

/** A form's wish, if it is a page of the dashboard. */
export function nextPath(form: URLSearchParams): string {
  const path = form.get('next') ?? '';
  const url = URL.canParse(path, 'http://server') ? new URL(path, 'http://server') : undefined;
  const isOurs = url?.origin === 'http://server' && (url.pathname === VIEW_PATH || url.pathname.startsWith(`${VIEW_PATH}/`)) && url.pathname !== LOGIN_PATH;
  return isOurs ? `${url.pathname}${url.search}` : VIEW_PATH;
}

/** @param isSecure whether the browser came over TLS. @param lifetimeS 0 takes the cookie away. */
export function sessionCookie(id: string, lifetimeS: number, isSecure: boolean): string {
  return `${SESSION_COOKIE}=${id}; Path=${VIEW_PATH}; Max-Age=${Math.floor(lifetimeS)}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
