import type { Question, Scale, Survey } from '../survey/survey.js';
import { PARTICIPATION_TOPIC, ratingTopic } from './figures.js';
import type { Figures } from './figures.js';
import { shareOf } from './opinion-rows.js';
import type { IndexRow, MeanChange, ParticipationRow, RatingRow } from './report.js';
import { rounded } from './rounding.js';
import { SIGNIFICANCE_LEVEL, around, holm, meanDifference, meanOf } from './statistics.js';
import type { Interval, Sums } from './statistics.js';
import { NORMAL_975, twoSidedNormalP } from './distributions.js';

/** A place in a period, and the period before. */
export interface PlaceInPeriod {
  readonly period: string;
  readonly before: string;
  readonly place: string;
  /** `null` where the place is all that the report is about. */
  readonly municipality: string | null;
}

const SCALE_ENDS: Readonly<Record<Scale, Interval>> = { '1-5': { low: 1, high: 5 }, '1-10': { low: 1, high: 10 }, 'yes-no': { low: 0, high: 1 } };
/** Every key there is: what a rating can be where the survey is not at hand. */
const ANY_SCALE: Interval = { low: 0, high: 10 };

export function participationRow(figures: Figures, { period, place, municipality }: PlaceInPeriod): ParticipationRow {
  if (!figures.shows(period, place, PARTICIPATION_TOPIC)) {
    return { period, municipality, offered: null, completed: null, abandoned: null, declined: null, rate: null };
  }
  const { offered, completed, abandoned, declined } = figures.participants.get(period, place, PARTICIPATION_TOPIC);
  const isKnown = offered > completed + abandoned;
  return { period, municipality, offered, completed, abandoned, declined, rate: isKnown ? shareOf({ count: completed, total: offered }) : null };
}

/** A change whose p is not adjusted yet. */
interface Unadjusted {
  readonly difference: number;
  readonly interval: Interval;
  readonly p: number | null;
}

/** The sums of a question's ratings, where there are any and they may be shown. */
function shownSums(figures: Figures, period: string, place: string, question: string): Sums | null {
  if (!figures.shows(period, place, ratingTopic(question))) return null;
  const sums = figures.ratings.get(period, place, ratingTopic(question));
  return sums.n === 0 ? null : sums;
}

function roundedInterval({ low, high }: Interval, decimals: number): Interval {
  return { low: rounded(low, decimals), high: rounded(high, decimals) };
}

/** The rows of one table. What is called significant is adjusted for all changes of the table. */
function withSignificance<Row extends { readonly change: Unadjusted | null }>(rows: readonly Row[], decimals: number): (Omit<Row, 'change'> & { change: MeanChange | null })[] {
  const ps = rows.flatMap(({ change }) => (change === null || change.p === null ? [] : [change.p]));
  const adjusted = holm(ps).values();
  return rows.map(({ change, ...row }) => {
    if (change === null) return { ...row, change };
    const p = change.p === null ? null : adjusted.next().value!;
    const moved = { difference: rounded(change.difference, decimals), interval: roundedInterval(change.interval, decimals) };
    return { ...row, change: { ...moved, p, significant: p !== null && p <= SIGNIFICANCE_LEVEL } };
  });
}

/** A row for each place and question, the questions of a place beside each other. */
export function ratingRows(figures: Figures, places: readonly PlaceInPeriod[], questions: readonly string[], survey: Survey | undefined): RatingRow[] {
  return withSignificance(places.flatMap((at) => questions.map((question) => ratingRow(figures, at, question, survey))), 2);
}

function ratingRow(figures: Figures, at: PlaceInPeriod, question: string, survey: Survey | undefined): Omit<RatingRow, 'change'> & { change: Unadjusted | null } {
  const asked = survey?.questions.find(({ id }) => id === question);
  const scale = asked === undefined ? null : SCALE_ENDS[asked.scale];
  const { period, municipality } = at;
  const about = { period, municipality, question, text: asked?.text ?? null, area: asked?.area ?? null, scale };
  const now = shownSums(figures, period, at.place, question);
  if (now === null) {
    const n = figures.shows(period, at.place, ratingTopic(question)) ? 0 : null;
    return { ...about, n, mean: null, interval: null, change: null };
  }
  const before = shownSums(figures, at.before, at.place, question);
  const { mean, interval } = meanOf(now, scale ?? ANY_SCALE);
  return {
    ...about,
    n: now.n,
    mean: rounded(mean, 2),
    interval: interval === null ? null : roundedInterval(interval, 2),
    change: before === null ? null : meanDifference(before, now),
  };
}

interface Index {
  readonly index: number;
  readonly standardError: number;
}

/** See {@link IndexRow} for the definition. `null` figures where a question is left out or has no answers. */
export function indexRows(figures: Figures, places: readonly PlaceInPeriod[], questions: readonly Question[]): IndexRow[] {
  const rows = places.map(({ period, before, place, municipality }) => {
    const now = indexOf(figures, period, place, questions);
    if (now === null) return { period, municipality, index: null, interval: null, change: null };
    const interval = around(now.index, NORMAL_975 * now.standardError, { low: 0, high: 100 });
    const old = indexOf(figures, before, place, questions);
    return { period, municipality, index: rounded(now.index, 1), interval: roundedInterval(interval, 1), change: old === null ? null : indexChange(old, now) };
  });
  return withSignificance(rows, 1);
}

function indexOf(figures: Figures, period: string, place: string, questions: readonly Question[]): Index | null {
  const parts = questions.map(({ id, scale }): Index | null => {
    const ends = SCALE_ENDS[scale];
    const sums = shownSums(figures, period, place, id);
    if (sums === null) return null;
    const { mean, standardError } = meanOf(sums, ends);
    const factor = 100 / (ends.high - ends.low);
    return standardError === null ? null : { index: (mean - ends.low) * factor, standardError: standardError * factor };
  });
  const known = parts.flatMap((part) => (part === null ? [] : [part]));
  if (known.length < parts.length || parts.length === 0) return null;
  const average = (of: (part: Index) => number): number => known.reduce((sum, part) => sum + of(part), 0) / known.length;
  return { index: average(({ index }) => index), standardError: average(({ standardError }) => standardError) };
}

function indexChange(before: Index, now: Index): Unadjusted {
  const difference = now.index - before.index;
  const standardError = Math.hypot(before.standardError, now.standardError);
  const half = NORMAL_975 * standardError;
  return { difference, interval: { low: difference - half, high: difference + half }, p: standardError === 0 ? null : twoSidedNormalP(difference / standardError) };
}

/** The questions whose scale says how satisfied somebody is. */
export function indexQuestions(survey: Survey | undefined): readonly Question[] {
  return survey?.questions.filter(({ scale }) => scale !== 'yes-no') ?? [];
}
