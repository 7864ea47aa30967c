import { AREAS, TONALITIES } from '../classification/labels.js';
import { TonalitetError } from '../errors.js';
import { municipalityTitle } from '../survey/municipalities.js';
import { parseDay } from '../survey/calendar.js';
import type { Day, Extent, Period, Quote, QuoteQuery } from '../survey/store-queries.js';
import type { Survey } from '../survey/survey.js';
import { Figures } from './figures.js';
import type { ReportStore } from './figures.js';
import { countPeriods, planPeriods, startOfLast } from './period-tree.js';
import type { DayRange } from './period-tree.js';
import { DEFAULT_THRESHOLD } from './publication.js';
import { ReportBuilder } from './report-builder.js';
import type { AreaRow, QuoteGroup, Report } from './report.js';
import { EVERYWHERE } from './tally.js';

/** Where quotes come from: a store, or something that reads one. */
export interface QuoteSource {
  quotes(query: QuoteQuery): Promise<{ readonly quotes: readonly Quote[] }>;
}

export interface ReportOptions {
  /** @default 'year' */
  readonly period?: Period;
  /** The first day; the report begins with the period that it lies in. @default the last periods that hold responses */
  readonly from?: Day;
  /** The last day; the report ends with the period that it lies in. @default the last day with a response */
  readonly to?: Day;
  /** The municipality's code. @default all municipalities */
  readonly municipality?: string;
  /** The smallest group that is shown; at least 2. @default DEFAULT_THRESHOLD */
  readonly threshold?: number;
  /** Gives questions their text and scale, and makes the index possible. */
  readonly survey?: Survey;
  /** Redacted comments to read, so many for each area and tonality at most. @default none */
  readonly quotes?: { readonly source: QuoteSource; readonly perGroup: number };
}

/** A report has at most so many periods: the days of a leap year. More is no longer read, and takes time to count. */
export const MAX_PERIODS = 366;

/** How many periods a report has where nobody said: what fits beside each other. */
const DEFAULT_PERIODS: Readonly<Record<Period, number>> = { year: 10, quarter: 12, month: 13, week: 13, day: 31 };

/**
 * Makes a report of what a store holds.
 *
 * @throws TonalitetError `REPORT_INVALID` where there is nothing to report on: no responses, no such municipality, a range that
 *   ends before it begins or holds more than {@link MAX_PERIODS} periods.
 */
export async function buildReport(store: ReportStore, options: ReportOptions = {}): Promise<Report> {
  const { period = 'year', municipality, threshold = DEFAULT_THRESHOLD, survey } = options;
  if (!Number.isInteger(threshold) || threshold < 2) throw new RangeError(`threshold must be an integer from 2, got ${threshold}`);
  const extent = await store.extent();
  const plan = planPeriods(period, rangeOf(options, period, extent));
  if (municipality !== undefined) checkMunicipality(municipality, extent);
  const figures = await Figures.collect(store, plan, extent, threshold);
  // A single municipality is everything: it then has what everything has, services by month too.
  const place = municipality === undefined || extent.municipalities.length === 1 ? EVERYWHERE : municipality;
  const unitsOf = place === EVERYWHERE ? undefined : municipality;
  const builder = new ReportBuilder({ figures, plan, extent, place, unitsOf, survey, neighboursOnlyLast: false });
  const opinions = builder.opinions();
  return {
    scope: {
      municipality: municipality === undefined ? null : { code: municipality, name: municipalityTitle(municipality) },
      period,
      from: plan.range.from,
      to: plan.range.to,
      periods: plan.shown,
      threshold,
    },
    ...opinions,
    ...builder.answers(),
    quotes: options.quotes === undefined ? [] : await readQuotes(options.quotes, plan.range, municipality, opinions.areas),
  };
}

/** @throws TonalitetError `REPORT_INVALID` for a municipality that has no responses. */
export function checkMunicipality(code: string, { municipalities }: Extent): void {
  if (municipalities.includes(code)) return;
  throw new TonalitetError('REPORT_INVALID', `municipality: the code of one with responses expected (${listed(municipalities)}), got '${code}'`);
}

/**
 * The days of a report, before they are widened to whole periods.
 *
 * @throws TonalitetError `REPORT_INVALID` as {@link buildReport}.
 */
export function rangeOf({ from, to }: Pick<ReportOptions, 'from' | 'to'>, period: Period, extent: Extent, maxPeriods: number = MAX_PERIODS): DayRange {
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== undefined && parseDay(day) === undefined) {
      throw new TonalitetError('REPORT_INVALID', `${name}: a day like 2020-03-05 expected, got '${day}'`);
    }
  }
  if (extent.firstDay === null || extent.lastDay === null) {
    throw new TonalitetError('REPORT_INVALID', 'the database holds no responses yet: import some first (tonalitet import FILE --db FILE)');
  }
  const last = to ?? extent.lastDay;
  const start = startOfLast(DEFAULT_PERIODS[period], period, last);
  const range = { from: from ?? (start < extent.firstDay ? extent.firstDay : start), to: last };
  const count = countPeriods(period, range);
  if (count < 1) throw new TonalitetError('REPORT_INVALID', `from: a day up to ${range.to} expected, got ${range.from}`);
  if (count > maxPeriods) {
    throw new TonalitetError('REPORT_INVALID', `at most ${maxPeriods} periods expected, got ${count}: choose longer periods or a shorter time`);
  }
  return range;
}

function listed(codes: readonly string[]): string {
  return codes.length > 8 ? `${codes.slice(0, 8).join(', ')} and ${codes.length - 8} more` : codes.join(', ');
}

/** Comments of the groups that are shown; they come without place and day. */
async function readQuotes({ source, perGroup }: NonNullable<ReportOptions['quotes']>, range: DayRange, municipality: string | undefined, areas: readonly AreaRow[]): Promise<QuoteGroup[]> {
  const groups: QuoteGroup[] = [];
  for (const area of AREAS) {
    if (!areas.some((row) => row.area === area && row.comments !== null && row.comments > 0)) continue;
    for (const tonality of TONALITIES) {
      const filter = { ...range, ...(municipality === undefined ? {} : { municipalities: [municipality] }) };
      const { quotes } = await source.quotes({ filter, area, tonality, state: 'classified', limit: perGroup });
      if (quotes.length > 0) groups.push({ area, tonality, texts: quotes.map(({ text }) => text) });
    }
  }
  return groups;
}
