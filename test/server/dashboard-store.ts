import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREAS, TONALITIES } from '../../src/classification/labels.js';
import { makeToken } from '../../src/server/access.js';
import type { AuditedAct } from '../../src/server/dashboard/audit.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { NewResponse } from '../../src/survey/store.js';
import { classified, redacted, response } from '../survey/make-responses.js';
import { onCleanup, startServer } from './harness.js';
import type { TestServer } from './harness.js';

/** Texts by tonality; in each, a word that no other text has. */
const TEXTS = {
  positiv: 'Handläggaren var <b>trevlig</b> och väntetiden kort.',
  skeptisk: 'Blanketten var krånglig, men det löste sig.',
  negativ: 'Väntetiderna är alldeles för långa & telefonkön bröts.',
} as const;

export interface TestDashboard extends TestServer {
  readonly store: SqliteStore;
  readonly acts: AuditedAct[];
  readonly tokens: Readonly<Record<'reader' | 'analyst' | 'admin' | 'calls', string>>;
  /** A request with a role's token, or with none. */
  get(path: string, role?: keyof TestDashboard['tokens'], headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** Two years of responses: two large municipalities, one of them with units, and one so small that it is not shown. */
export function someResponses(): NewResponse[] {
  const made: NewResponse[] = [];
  for (let index = 0; index < 360; index++) {
    const tonality = TONALITIES[index % 3]!;
    const area = AREAS[index % 5]!;
    const municipality = index % 2 === 0 ? '0180' : '1480';
    made.push(
      response(`call-${index}`, {
        municipality,
        unit: municipality === '1480' ? ['Växel', 'Kontaktcenter'][Math.floor(index / 4) % 2]! : null,
        contactedAt: new Date(Date.UTC(2019 + (index % 4 < 2 ? 0 : 1), Math.floor(index / 4) % 12, 1 + (index % 28), 12)),
        ratings: [{ question: 'bemotande', value: 1 + (index % 5) }],
        comment: { ...classified({ tonality, areas: [{ area, tonality, probability: 0.9 }], uncertain: index % 10 === 0 }), text: redacted(TEXTS[tonality]) },
      }),
    );
  }
  for (let index = 0; index < 3; index++) {
    made.push(
      response(`small-${index}`, {
        municipality: '2480',
        contactedAt: new Date(Date.UTC(2020, 4, 4 + index, 12)),
        comment: { ...classified({ tonality: 'negativ', areas: [{ area: 'tid', tonality: 'negativ', probability: 0.9 }] }), text: redacted('Ingen svarade alls.') },
      }),
    );
  }
  return made;
}

/** A server with a dashboard over a database of its own. @param raw settings besides the tokens; `tokens: []` for a server without any. */
export async function startDashboard(raw: Readonly<Record<string, unknown>> = {}, responses: readonly NewResponse[] = someResponses()): Promise<TestDashboard> {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-dashboard-'));
  onCleanup(async () => rm(folder, { recursive: true, force: true }));
  const store = await SqliteStore.open(join(folder, 'svar.db'), { create: true });
  onCleanup(async () => store.close());
  await store.add(responses);
  const acts: AuditedAct[] = [];
  const made = { reader: makeToken('rut'), analyst: makeToken('anna'), admin: makeToken('ada'), calls: makeToken('telefoni') };
  const entries = [`${made.reader.entry}:reader`, `${made.analyst.entry}:analyst`, `${made.admin.entry}:admin`, made.calls.entry];
  const audit = { append: async (act: AuditedAct): Promise<void> => void acts.push(act) };
  const server = await startServer({ tokens: entries, ...raw }, { dashboard: { store, audit } });
  const tokens = { reader: made.reader.token, analyst: made.analyst.token, admin: made.admin.token, calls: made.calls.token };
  return {
    ...server,
    store,
    acts,
    tokens,
    get: async (path, role, headers = {}) =>
      fetch(`${server.server.url}${path}`, { redirect: 'manual', headers: { ...(role === undefined ? {} : { authorization: `Bearer ${tokens[role]}` }), ...headers } }),
  };
}
