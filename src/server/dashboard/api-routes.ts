import { comparisonJson } from '../../report/comparison-json.js';
import { reportJson } from '../../report/report-json.js';
import { MAX_QUOTES } from '../../survey/store-queries.js';
import type { Quote } from '../../survey/store-queries.js';
import { FaultError } from '../fault.js';
import { answerJson } from '../http-answer.js';
import type { Route } from '../http-routes.js';
import type { ServerSettings } from '../settings.js';
import { readQuoteChoice, readViewChoice } from './choice-url.js';
import type { CommentReader } from './comment-reader.js';
import { correctionOfJson } from './correction-input.js';
import type { Gate } from './gate.js';
import { identify } from './identity.js';
import type { LiveUpdates } from './live-updates.js';
import type { Sessions } from './sessions.js';
import { readJson } from './small-body.js';
import type { ViewSource } from './view-source.js';

/** The most comments that one answer holds: at 2,000 characters each it stays below a megabyte. */
const MAX_QUOTES_AT_ONCE = 100;
const DEFAULT_QUOTES = 25;

export interface ApiState {
  readonly gate: Gate;
  readonly views: ViewSource;
  readonly comments: CommentReader;
  readonly live: LiveUpdates;
  readonly settings: () => ServerSettings;
  readonly sessions: Sessions;
}

/** The dashboard for programs, beneath `/rapport/api`. */
export function apiRoutes({ gate, views, comments, live, settings, sessions }: ApiState): Route[] {
  return [
    gate.api('GET', '/rapport/api/me', 'reader', (_, response, { identity: { name, role, by } }) => answerJson(response, 200, { name, role, by })),
    gate.api('GET', '/rapport/api/report', 'reader', async (_, response, { url }) => {
      const { report, comparison, extent } = await views.view(readViewChoice(url.searchParams));
      const { responses: __, ...choices } = extent;
      answerJson(response, 200, {
        ...reportJson(report),
        comparison: comparison === null ? null : comparisonJson(comparison),
        choices: { first_day: choices.firstDay, last_day: choices.lastDay, municipalities: choices.municipalities, units: choices.units, questions: choices.questions },
      });
    }),
    gate.api('GET', '/rapport/api/quotes', 'analyst', async (_, response, { url, identity }) => {
      const { quotes, next } = await comments.read(identity, readQuoteChoice(url.searchParams), limitOf(url.searchParams));
      answerJson(response, 200, { quotes: quotes.map(({ seen, ...quote }) => ({ ...quoteJson(quote), ...(seen === null ? {} : { seen }) })), next });
    }),
    gate.api('POST', '/rapport/api/corrections', 'admin', async (request, response, { identity }) => {
      const input = correctionOfJson(await readJson(request));
      answerJson(response, 200, { id: input.id, seen: await comments.correct(identity, input) });
    }),
    gate.api('GET', '/rapport/api/events', 'reader', (request, response, { identity }) => {
      live.open(response, () => identify(request, settings(), sessions, false)?.name === identity.name);
    }),
  ];
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? String(DEFAULT_QUOTES);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  const most = Math.min(MAX_QUOTES, MAX_QUOTES_AT_ONCE);
  if (limit < 1 || limit > most) throw new FaultError('bad_message', `Expected limit to be from 1 to ${most}, got something else.`);
  return limit;
}

function quoteJson({ id, municipality, unit, day, text, labels, uncertain, corrected }: Quote): Record<string, unknown> {
  const { tonality, areas, services } = labels;
  return { id, municipality, unit, day, text, tonality, areas: areas.map(({ area, tonality: how }) => ({ area, tonality: how })), services, uncertain, corrected };
}
