import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.js';
import { reportHtml } from '../../src/report/report-html.js';
import { reportJson } from '../../src/report/report-json.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { readSurveyFile } from '../../src/survey/survey-file.js';
import type { Survey } from '../../src/survey/survey.js';
import type { NewResponse } from '../../src/survey/store.js';
import { response } from '../survey/make-responses.js';

type Row = Readonly<Record<string, unknown>>;
type Tables = Readonly<Record<'ratings' | 'unit_ratings' | 'participation' | 'unit_participation' | 'indexes' | 'definitions', readonly Row[]>>;
const QUESTIONS = ['bemotande', 'kunskap', 'vantetid', 'webbplats', 'tjansten', 'helhet'];

let folder: string;
let store: SqliteStore;
let survey: Survey;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-answers-'));
  store = await SqliteStore.open(join(folder, 'a.db'), { create: true });
  survey = await readSurveyFile(fileURLToPath(new URL('../../samples/survey.sv.yaml', import.meta.url)));
  await store.add(responses());
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Two years: `bemotande` rises by one in one unit, everything else stays, and another unit is too small to be shown. */
function responses(): NewResponse[] {
  const units = [['0180', 'Norr', 60], ['0180', 'Söder', 60], ['0180', 'Mellan', 10], ['0180', 'Liten', 3], ['1480', null, 50]] as const;
  const unheard = Array.from({ length: 8 }, (_, index) => response(`0180 nobody ${index}`, { municipality: '0180', participation: 'no_answer', contactedAt: new Date('2019-05-05T10:00:00Z') }));
  const heard = [2019, 2020].flatMap((year) =>
    units.flatMap(([municipality, unit, count]) =>
      Array.from({ length: 2 * count }, (_, index) => {
        const rises = unit === 'Norr' && year === 2020 ? 1 : 0;
        const takesPart = index < count;
        return response(`${municipality} ${unit} ${year} ${index}`, {
          municipality,
          unit,
          contactedAt: new Date(Date.UTC(year, index % 12, 12, 9)),
          participation: takesPart ? 'completed' : index % 2 === 0 ? 'declined' : 'no_answer',
          ratings: takesPart ? QUESTIONS.map((question) => ({ question, value: 2 + (index % 3) + (question === 'bemotande' ? rises : 0) })) : [],
        });
      }),
    ),
  );
  return [...unheard, ...heard];
}

async function report(options: object = {}): Promise<Tables> {
  return JSON.parse(JSON.stringify(reportJson(await buildReport(store, { survey, ...options })))) as Tables;
}

describe('ratings', () => {
  it('have the area that the survey says they measure', async () => {
    const { ratings } = await report();
    expect(new Set(ratings.filter(({ question }) => question === 'vantetid').map(({ area }) => area))).toEqual(new Set(['tid']));
    expect((await report({ survey: undefined })).ratings.every(({ area }) => area === null)).toBe(true);
    expect(reportHtml(await buildReport(store, { survey }))).toMatch(/<th scope="row" class="text">Tid<\/th>/);
  });

  it('say which movements are significant, adjusted for all of their table', async () => {
    const { ratings } = await report();
    const moved = ratings.filter(({ period, change }) => period === '2020' && change !== null);
    const significant = moved.filter(({ change }) => (change as Row)['significant'] === true);
    expect(moved.length).toBe(3 * QUESTIONS.length);
    expect(significant.map(({ question, municipality }) => `${String(question)} ${String(municipality)}`)).toEqual(['bemotande null', 'bemotande 0180']);
    for (const { change } of moved) expect((change as Row)['p']).toBeGreaterThanOrEqual(0);
    // Holm multiplies the smallest p by the number of tests: alone it is far smaller.
    const alone = (await report({ municipality: '1480' })).ratings.find(({ question, municipality, period }) => question === 'bemotande' && municipality === null && period === '2020');
    expect(alone!['change']).toMatchObject({ difference: 0, significant: false, p: 1 });
  });

  it('and the response rate are told of each unit too, but of none that is too small', async () => {
    const { unit_ratings: ratings, unit_participation: participation } = await report();
    const norr = ratings.filter(({ unit, question }) => unit === 'Norr' && question === 'bemotande');
    expect(norr).toMatchObject([
      { period: '2019', municipality: '0180', name: 'Stockholm', area: 'handlaggare', answers: 60, mean: 3, change: null },
      { period: '2020', answers: 60, mean: 4, interval: [3.79, 4.21], change: { difference: 1, significant: true } },
    ]);
    expect(participation.filter(({ unit }) => unit === 'Söder')).toMatchObject([
      { period: '2019', offered: 120, completed: 60, response_rate: 50, response_rate_interval: [41.2, 58.8] },
      { period: '2020', offered: 120, completed: 60, response_rate: 50 },
    ]);
    for (const row of [...ratings, ...participation].filter(({ unit }) => unit === 'Liten')) {
      expect([row['answers'], row['mean'], row['interval'], row['change'], row['offered'], row['completed'], row['response_rate']].every((value) => value == null)).toBe(true);
    }
    // Nobody rated anything in the one without a name: there is nothing to say of its ratings, and its response rate is 0.
    expect(ratings.some(({ unit }) => unit === '')).toBe(false);
    expect(participation.filter(({ unit }) => unit === '')).toMatchObject([{ period: '2019', offered: 8, completed: 0, response_rate: 0 }, { period: '2020', offered: 0, response_rate: null }]);
    // What is left out cannot be found by subtraction: another unit is left out beside it, or the rest is no small group.
    const shown = participation.filter(({ period, completed }) => period === '2020' && completed !== null).reduce((sum, { completed }) => sum + Number(completed), 0);
    const whole = (await report()).participation.find(({ period, municipality }) => period === '2020' && municipality === '0180')!['completed'];
    const rest = Number(whole) - shown;
    expect(rest === 0 || rest >= 5).toBe(true);
  });

  it('of units stand in the page of their municipality, and by week only there', async () => {
    const page = reportHtml(await buildReport(store, { survey, municipality: '0180' }));
    expect(page).toContain('<h2 id="enheters-betyg">Enheternas betyg</h2>');
    expect(page).toContain('<h2 id="enheters-deltagande">Enheternas deltagande</h2>');
    expect((await report({ period: 'week' })).unit_ratings).toEqual([]);
    expect((await report({ period: 'week', municipality: '0180' })).unit_ratings.length).toBeGreaterThan(0);
  });
});

describe('the index', () => {
  it('tells how it moved, with an interval and whether that is sure', async () => {
    const { indexes } = await report();
    const norr = indexes.find(({ period, municipality }) => period === '2020' && municipality === '0180')!;
    // One of six questions rose by a quarter of its scale in about half of the answers.
    expect(norr['change']).toMatchObject({ difference: expect.closeTo(2, 0), significant: false });
    const [low, high] = (norr['change'] as { interval: [number, number] }).interval;
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    expect(indexes.filter(({ period }) => period === '2019').every(({ change }) => change === null)).toBe(true);
  });
});

describe('a report as JSON', () => {
  it('says how its figures are made', async () => {
    const { definitions } = await report();
    expect(definitions.map(({ term }) => term)).toEqual(['Tonalitet', 'Avrundning', 'Osäkerhet', 'Små grupper', 'Nöjdhetsindex', 'Kvartiler']);
    expect(definitions.find(({ term }) => term === 'Nöjdhetsindex')!['meaning']).toContain('inte NKI');
  });
});
