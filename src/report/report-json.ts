import { TONALITIES } from '../classification/labels.js';
import type { Change, MeanChange, OpinionRow, ParticipationRow, RatingRow, Report, Share } from './report.js';
import { definitions } from './report-text.js';
import type { Interval } from './statistics.js';

/** A report as JSON: snake_case, shares in percent, changes in percentage points, `null` for what is left out or not known. */
export function reportJson(report: Report): Readonly<Record<string, unknown>> {
  const { scope } = report;
  return {
    format: 1,
    scope: { municipality: scope.municipality, period: scope.period, from: scope.from, to: scope.to, threshold: scope.threshold },
    totals: report.totals.map((row) => ({
      ...when(row.period),
      municipalities: row.municipalities,
      ...opinionsJson(row),
      no_opinion: row.fates?.noOpinion ?? null,
      no_words: row.fates?.noWords ?? null,
      waiting: row.fates?.pending ?? null,
      failed: row.fates?.failed ?? null,
      uncertain: row.fates?.uncertain ?? null,
      corrected: row.fates?.corrected ?? null,
    })),
    areas: report.areas.map((row) => ({ ...when(row.period), area: row.area, ...opinionsJson(row), share_of_all_comments: row.shareOfAll })),
    services: report.services.map((row) => ({ ...when(row.period), area: 'kommunala_tjanster', service: row.service, ...opinionsJson(row) })),
    municipalities: report.municipalities.map(({ municipality, name, area, rank, ...row }) => ({ ...when(row.period), municipality, name, area, ...opinionsJson(row), rank })),
    spread: report.spread.map(({ period, area, tonality, n, ...row }) => ({
      ...when(period),
      area,
      tonality,
      municipalities: n,
      lowest: row.lowest,
      lower_quartile: row.lowerQuartile,
      median: row.median,
      upper_quartile: row.upperQuartile,
      highest: row.highest,
      standard_deviation: row.standardDeviation,
    })),
    units: report.units.map(({ municipality, name, unit, ...row }) => ({ ...when(row.period), municipality, name, unit, ...opinionsJson(row) })),
    participation: report.participation.map((row) => ({ ...when(row.period), municipality: row.municipality, ...participation(row) })),
    ratings: report.ratings.map((row) => ({ ...when(row.period), municipality: row.municipality, ...rating(row) })),
    unit_participation: report.unitParticipation.map(({ municipality, name, unit, ...row }) => ({ ...when(row.period), municipality, name, unit, ...participation(row) })),
    unit_ratings: report.unitRatings.map(({ municipality, name, unit, ...row }) => ({ ...when(row.period), municipality, name, unit, ...rating(row) })),
    indexes: report.indexes.map(({ period, municipality, index, change, ...row }) => ({
      ...when(period),
      municipality,
      index,
      interval: interval(row.interval),
      change: meanChange(change),
    })),
    movers: report.movers.map(({ period, area, service, tonality, change }) => ({ ...when(period), area, service, tonality, ...changeJson(change) })),
    ...(report.quotes.length === 0 ? {} : { quotes: report.quotes }),
    definitions: definitions(report),
  };
}

function when(period: string): { period: string; year: number } {
  return { period, year: Number(period.slice(0, 4)) };
}

function interval(of: Interval | null | undefined): readonly [number, number] | null {
  return of == null ? null : [of.low, of.high];
}

/** Values by tonality, `null` where there is nothing to show. */
function each<Value, Json>(values: Readonly<Record<(typeof TONALITIES)[number], Value>> | null, json: (value: Value) => Json): Record<string, Json> | null {
  return values === null ? null : Object.fromEntries(TONALITIES.map((tonality) => [tonality, json(values[tonality])]));
}

/** What a row says of a group of comments. */
export function opinionsJson({ comments, shares, change }: Pick<OpinionRow, 'comments' | 'shares' | 'change'>): Record<string, unknown> {
  const percents = each(shares, ({ percent }: Share) => percent) ?? Object.fromEntries(TONALITIES.map((tonality) => [tonality, null]));
  return {
    comments,
    suppressed: comments === null,
    ...percents,
    intervals: each(shares, (share: Share) => interval(share.interval)),
    change: each(change, ({ points }: Change) => points),
    change_intervals: each(change, (moved: Change) => interval(moved.interval)),
    change_significant: each(change, ({ significant }: Change) => significant),
  };
}

function participation({ offered, completed, abandoned, declined, rate }: Omit<ParticipationRow, 'period' | 'municipality'>): Record<string, unknown> {
  return { offered, completed, abandoned, declined, response_rate: rate?.percent ?? null, response_rate_interval: interval(rate?.interval) };
}

function rating({ question, text, area, scale, n, mean, change, ...row }: Omit<RatingRow, 'period' | 'municipality'>): Record<string, unknown> {
  return { question, text, area, scale: interval(scale), answers: n, mean, interval: interval(row.interval), change: meanChange(change) };
}

function meanChange(change: MeanChange | null): Record<string, unknown> | null {
  return change === null ? null : { difference: change.difference, interval: interval(change.interval), p: change.p, significant: change.significant };
}

function changeJson({ points, interval: range, p, significant }: Change): Record<string, unknown> {
  return { change: points, interval: interval(range), p, significant };
}
