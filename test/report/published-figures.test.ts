import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.js';
import { reportJson } from '../../src/report/report-json.js';
import type { SqliteStore } from '../../src/survey/sqlite-store.js';
import { SAMPLE, importedStore } from './sample-store.js';

interface Published {
  readonly totals: readonly { year: number; municipalities: number | null; comments: number }[];
  readonly areas: readonly (Readonly<Record<string, number | null>> & { readonly area: string; readonly year: number })[];
  readonly services: readonly { service: string; area: string; positiv_before: number; positiv_after: number }[];
  readonly participation: { readonly answered_share_of_offered: number };
}
type Row = Readonly<Record<string, unknown>>;

const published = JSON.parse(readFileSync(new URL('../../samples/published-figures.json', import.meta.url), 'utf8')) as Published;
const folder = mkdtempSync(join(tmpdir(), 'tonalitet-report-'));
let store: SqliteStore;
let report: Readonly<Record<'totals' | 'areas' | 'services' | 'participation' | 'municipalities' | 'movers', readonly Row[]>>;

beforeAll(async () => {
  store = await importedStore(join(folder, 'sample.db'));
  report = JSON.parse(JSON.stringify(reportJson(await buildReport(store)))) as typeof report;
}, 120_000);
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('the report of the sample gives the published table', () => {
  it.each(published.totals)('in $year: $comments comments', ({ year, municipalities, comments }) => {
    const row = report.totals.find((total) => total['year'] === year);
    expect(row).toMatchObject({ comments, ...(municipalities === null ? {} : { municipalities }) });
  });

  it.each(published.areas)('$year: $area', ({ change_negativ_percentage_points: change, ...wanted }) => {
    const row = report.areas.find((candidate) => candidate['year'] === wanted.year && candidate['area'] === wanted.area);
    const figures = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
    expect(row).toMatchObject({ ...figures, ...(change === undefined ? {} : { change: { negativ: change } }) });
    for (const tonality of ['positiv', 'skeptisk', 'negativ']) {
      const [low, high] = (row!['intervals'] as Record<string, [number, number]>)[tonality]!;
      const percent = row![tonality] as number;
      expect(low <= percent + 0.5 && percent - 0.5 <= high && high - low < 6).toBe(true);
    }
  });

  it.each(published.services)('$service: from $positiv_before to $positiv_after % positiv', ({ service, area, positiv_before, positiv_after }) => {
    const rows = report.services.filter((row) => row['service'] === service && row['area'] === area);
    expect(rows.find((row) => row['year'] === 2019)?.['positiv']).toBe(positiv_before);
    expect(rows.find((row) => row['year'] === 2020)?.['positiv']).toBe(positiv_after);
  });

  it('knows how many took part only where those who did not are recorded', () => {
    const rates = report.participation.filter((row) => row['municipality'] === null).map((row) => row['response_rate']);
    expect(rates).toEqual([null, null, 100 * published.participation.answered_share_of_offered]);
  });

  it('has the change as significant, and no change in the first year', () => {
    const municipal = report.areas.filter((row) => row['area'] === 'kommunala_tjanster');
    expect(municipal.map((row) => row['change'] !== null)).toEqual([false, true, true]);
    expect(municipal[2]).toMatchObject({ change_significant: { positiv: true, negativ: true } });
  });
});

describe('the sample', () => {
  it('is what its script writes', () => {
    const again = join(folder, 'again.jsonl');
    execFileSync(process.execPath, [fileURLToPath(new URL('../../samples/medborgarpulsen.mjs', import.meta.url)), again]);
    expect(readFileSync(again).equals(readFileSync(SAMPLE))).toBe(true);
  });
});
