import { AREAS, SERVICES, TONALITIES } from '../classification/labels.js';
import type { Area, Tonality } from '../classification/labels.js';
import { TonalitetError } from '../errors.js';
import { municipalityName } from '../survey/municipalities.js';
import { parseDay } from '../survey/calendar.js';
import type { Day, Extent, Period, Quote, QuoteQuery } from '../survey/store-queries.js';
import type { Survey } from '../survey/survey.js';
import { indexQuestions, indexRows, participationRow, ratingRows } from './answer-rows.js';
import type { PlaceInPeriod } from './answer-rows.js';
import { Figures, PARTICIPATION_TOPIC } from './figures.js';
import type { ReportStore } from './figures.js';
import { opinionRows } from './opinion-rows.js';
import type { Group } from './opinion-rows.js';
import { countPeriods, planPeriods, startOfLast } from './period-tree.js';
import type { DayRange, PeriodPlan } from './period-tree.js';
import { DEFAULT_THRESHOLD } from './publication.js';
import type { AreaRow, Mover, MunicipalityRow, OpinionRow, QuoteGroup, Report, ServiceRow, SpreadRow, TotalRow, UnitRow } from './report.js';
import { rounded, wholePercent } from './rounding.js';
import { ranksOf, spreadOf } from './statistics.js';
import { ALL_TOPICS, EVERYWHERE, unitPlace } from './tally.js';

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

/** So many movers are told: more is the table itself. */
const MAX_MOVERS = 10;

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
  if (municipality !== undefined && !extent.municipalities.includes(municipality)) {
    throw new TonalitetError('REPORT_INVALID', `municipality: the code of one with responses expected (${listed(extent.municipalities)}), got '${municipality}'`);
  }
  const figures = await Figures.collect(store, plan, extent, threshold);
  // A single municipality is everything: it then has what everything has, services by month too.
  const place = municipality === undefined || extent.municipalities.length === 1 ? EVERYWHERE : municipality;
  const builder = new ReportBuilder(figures, plan, extent, place, survey);
  const opinions = builder.opinions();
  return {
    scope: {
      municipality: municipality === undefined ? null : { code: municipality, name: nameOf(municipality) },
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

function rangeOf({ from, to }: ReportOptions, period: Period, extent: Extent): DayRange {
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
  if (count > MAX_PERIODS) {
    throw new TonalitetError('REPORT_INVALID', `at most ${MAX_PERIODS} periods expected, got ${count}: choose longer periods or a shorter time`);
  }
  return range;
}

function nameOf(municipality: string): string {
  return municipalityName(municipality) ?? municipality;
}

function listed(codes: readonly string[]): string {
  return codes.length > 8 ? `${codes.slice(0, 8).join(', ')} and ${codes.length - 8} more` : codes.join(', ');
}

class ReportBuilder {
  readonly #figures: Figures;
  readonly #extent: Extent;
  readonly #place: string;
  readonly #survey: Survey | undefined;
  /** Each period with the one before it. */
  readonly #periods: readonly { readonly period: string; readonly before: string }[];
  /** Months or longer: for weeks and days nearly every municipality's areas are too small to show, and there would be a great many rows of that. */
  readonly #isCoarse: boolean;

  constructor(figures: Figures, plan: PeriodPlan, extent: Extent, place: string, survey: Survey | undefined) {
    this.#figures = figures;
    this.#extent = extent;
    this.#place = place;
    this.#survey = survey;
    this.#periods = plan.shown.map((period, index) => ({ period, before: plan.shown[index - 1] ?? plan.before }));
    this.#isCoarse = plan.fine === undefined;
  }

  opinions(): Pick<Report, 'totals' | 'areas' | 'services' | 'municipalities' | 'spread' | 'units' | 'movers'> {
    const areas = this.#areas();
    const services = this.#services();
    const municipalities = this.#municipalities();
    return { totals: this.#totals(), areas, services, municipalities, spread: this.#spread(municipalities), units: this.#units(), movers: this.#movers(areas, services) };
  }

  answers(): Pick<Report, 'participation' | 'ratings' | 'unitParticipation' | 'unitRatings' | 'indexes'> {
    const places: PlaceInPeriod[] = this.#periods.flatMap((period) => [
      { ...period, place: this.#place, municipality: null },
      ...(this.#extent.municipalities.length > 1 ? this.#extent.municipalities.map((code) => ({ ...period, place: code, municipality: code })) : []),
    ]);
    const questions = indexQuestions(this.#survey).filter(({ id }) => this.#extent.questions.includes(id));
    // By week and day, of one municipality alone: there would be a great many rows otherwise, and nearly all of them too small.
    const units = this.#isCoarse || this.#place !== EVERYWHERE ? this.#severalUnits() : [];
    const unitPlaces = this.#periods.flatMap((period) =>
      units.map(({ municipality, unit }) => ({ ...period, place: unitPlace(municipality, unit), municipality, named: { municipality, name: nameOf(municipality), unit: unit ?? '' } })),
    );
    const asked = this.#extent.questions;
    return {
      participation: places.map((at) => participationRow(this.#figures, at)),
      ratings: ratingRows(this.#figures, places, asked, this.#survey),
      unitParticipation: unitPlaces.map(({ named, ...at }) => ({ ...participationRow(this.#figures, at), ...named })),
      unitRatings: ratingRows(this.#figures, unitPlaces, asked, this.#survey).map((row, index) => ({ ...row, ...unitPlaces[Math.floor(index / asked.length)]!.named })),
      indexes: questions.length === 0 ? [] : indexRows(this.#figures, places, questions),
    };
  }

  #rows(groups: readonly Group[]): OpinionRow[] {
    return opinionRows(this.#figures, groups);
  }

  #totals(): TotalRow[] {
    const groups = this.#periods.map((period) => ({ ...period, place: this.#place, topic: ALL_TOPICS }));
    return this.#rows(groups).map((row) => ({
      ...row,
      municipalities: this.#municipalitiesIn(row.period),
      fates: row.comments === null ? null : this.#figures.fates.get(row.period, this.#place, ALL_TOPICS),
    }));
  }

  #municipalitiesIn(period: string): number {
    const codes = this.#place === EVERYWHERE ? this.#extent.municipalities : [this.#place];
    return codes.filter((code) => this.#figures.participants.get(period, code, PARTICIPATION_TOPIC).offered > 0).length;
  }

  #areas(): AreaRow[] {
    const groups = this.#periods.flatMap((period) => AREAS.map((area) => ({ ...period, place: this.#place, topic: area })));
    return this.#rows(groups).map((row, index) => {
      const all = this.#figures.size(row.period, this.#place, ALL_TOPICS);
      const isKnown = row.comments !== null && all > 0 && this.#figures.shows(row.period, this.#place, ALL_TOPICS);
      return { ...row, area: groups[index]!.topic, shareOfAll: isKnown ? wholePercent({ count: row.comments, total: all }) : null };
    });
  }

  #services(): ServiceRow[] {
    const groups = this.#periods.flatMap((period) => SERVICES.map((service) => ({ ...period, place: this.#place, topic: service })));
    const rows = this.#rows(groups).map((row, index) => ({ ...row, service: groups[index]!.topic }));
    // Services that nobody has spoken of, and those of a municipality in short periods, which are never shown, have no rows.
    const named = new Set(rows.filter(({ comments }) => comments !== null && comments > 0).map(({ service }) => service));
    return rows.filter(({ service }) => named.has(service));
  }

  #municipalities(): MunicipalityRow[] {
    if (this.#extent.municipalities.length < 2) return [];
    const topics: readonly (Area | null)[] = [null, ...(this.#isCoarse ? AREAS : [])];
    const groups = this.#periods.flatMap((period) =>
      topics.flatMap((area) => this.#extent.municipalities.map((code) => ({ ...period, place: code, topic: area ?? ALL_TOPICS, area }))),
    );
    const rows = this.#rows(groups);
    const ranks = new Map<string, number>();
    for (const { period } of this.#periods) {
      for (const area of topics) {
        const shown = rows.flatMap((row, index) => (row.period === period && groups[index]!.area === area && row.shares !== null ? [{ row, index }] : []));
        const places = ranksOf(shown.map(({ row }) => row.shares!.positiv.count / row.comments!));
        shown.forEach(({ index }, i) => ranks.set(String(index), places[i]!));
      }
    }
    return rows.map((row, index) => {
      const { place, area } = groups[index]!;
      return { ...row, municipality: place, name: nameOf(place), area, rank: ranks.get(String(index)) ?? null };
    });
  }

  #spread(municipalities: readonly MunicipalityRow[]): SpreadRow[] {
    const groups = new Map<string, MunicipalityRow[]>();
    for (const row of municipalities) {
      if (row.shares === null) continue;
      const key = `${row.period} ${row.area ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups.values()].flatMap((rows) => TONALITIES.map((tonality) => spreadRow(rows, tonality)));
  }

  /** The units that are shown: a single one is the municipality itself. */
  #severalUnits(): Extent['units'] {
    const units = this.#extent.units.filter(({ municipality }) => this.#place === EVERYWHERE || municipality === this.#place);
    return units.filter(({ municipality }, _, all) => all.filter((other) => other.municipality === municipality).length > 1);
  }

  #units(): UnitRow[] {
    const groups = this.#periods.flatMap((period) =>
      this.#severalUnits().map(({ municipality, unit }) => ({ ...period, place: unitPlace(municipality, unit), topic: ALL_TOPICS, municipality, unit: unit ?? '' })),
    );
    const rows = this.#rows(groups).map((row, index) => {
      const { municipality, unit } = groups[index]!;
      return { ...row, municipality, name: nameOf(municipality), unit };
    });
    // A unit that nobody has spoken of in any period has no rows.
    const heard = new Set(rows.flatMap(({ municipality, unit, comments }) => (comments === 0 ? [] : [unitPlace(municipality, unit)])));
    return rows.filter(({ municipality, unit }) => heard.has(unitPlace(municipality, unit)));
  }

  #movers(areas: readonly AreaRow[], services: readonly ServiceRow[]): Mover[] {
    const last = this.#periods.at(-1)?.period;
    const rows = [
      ...areas.map((row) => ({ ...row, service: null })),
      ...services.map((row) => ({ ...row, area: 'kommunala_tjanster' as const })),
    ].filter(({ period }) => period === last);
    return rows
      .flatMap(({ period, area, service, change }) => (change === null ? [] : TONALITIES.map((tonality) => ({ period, area, service, tonality, change: change[tonality] }))))
      .filter(({ change }) => change.points !== 0)
      .sort((a, b) => Math.abs(b.change.exactPoints) - Math.abs(a.change.exactPoints))
      .slice(0, MAX_MOVERS);
  }
}

function spreadRow(rows: readonly MunicipalityRow[], tonality: Tonality): SpreadRow {
  const { n, ...figures } = spreadOf(rows.map(({ shares, comments }) => (100 * shares![tonality].count) / comments!))!;
  const { standardDeviation, ...rest } = figures;
  const percents = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, rounded(value, 1)])) as typeof rest;
  const { period, area } = rows[0]!;
  return { period, area, tonality, n, ...percents, standardDeviation: standardDeviation === null ? null : rounded(standardDeviation, 1) };
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
