import type { Question, Scale, Survey } from '../survey/survey.js';
import { PARTICIPATION_TOPIC, ratingTopic } from './figures.js';
import type { Figures } from './figures.js';
import { shareOf } from './opinion-rows.js';
import type { IndexRow, ParticipationRow, RatingRow } from './report.js';
import { rounded } from './rounding.js';
import { around, meanOf } from './statistics.js';
import type { Interval, Mean } from './statistics.js';
import { NORMAL_975 } from './distributions.js';

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

/** The mean of a question's ratings, where there are any and they may be shown. */
function shownMean(figures: Figures, period: string, place: string, question: string, scale: Interval): (Mean & { n: number }) | null {
  if (!figures.shows(period, place, ratingTopic(question))) return null;
  const sums = figures.ratings.get(period, place, ratingTopic(question));
  return sums.n === 0 ? null : { ...meanOf(sums, scale), n: sums.n };
}

function roundedInterval({ low, high }: Interval, decimals: number): Interval {
  return { low: rounded(low, decimals), high: rounded(high, decimals) };
}

export function ratingRow(figures: Figures, at: PlaceInPeriod, question: string, survey: Survey | undefined): RatingRow {
  const asked = survey?.questions.find(({ id }) => id === question);
  const scale = asked === undefined ? null : SCALE_ENDS[asked.scale];
  const { period, municipality } = at;
  const about = { period, municipality, question, text: asked?.text ?? null, scale };
  const now = shownMean(figures, period, at.place, question, scale ?? ANY_SCALE);
  if (now === null) {
    const n = figures.shows(period, at.place, ratingTopic(question)) ? 0 : null;
    return { ...about, n, mean: null, interval: null, change: null };
  }
  const before = shownMean(figures, at.before, at.place, question, scale ?? ANY_SCALE);
  return {
    ...about,
    n: now.n,
    mean: rounded(now.mean, 2),
    interval: now.interval === null ? null : roundedInterval(now.interval, 2),
    change: before === null ? null : changeOf(before, now),
  };
}

function changeOf(before: Mean, now: Mean): RatingRow['change'] {
  if (before.standardError === null || now.standardError === null) return null;
  const difference = now.mean - before.mean;
  const half = NORMAL_975 * Math.hypot(before.standardError, now.standardError);
  return { difference: rounded(difference, 2), interval: roundedInterval({ low: difference - half, high: difference + half }, 2) };
}

/** See {@link IndexRow} for the definition. `null` figures where a question is left out or has no answers. */
export function indexRow(figures: Figures, { period, place, municipality }: PlaceInPeriod, questions: readonly Question[]): IndexRow {
  const parts = questions.map(({ id, scale }) => {
    const ends = SCALE_ENDS[scale];
    const mean = shownMean(figures, period, place, id, ends);
    if (mean === null || mean.standardError === null) return null;
    const factor = 100 / (ends.high - ends.low);
    return { index: (mean.mean - ends.low) * factor, standardError: mean.standardError * factor };
  });
  const known = parts.flatMap((part) => (part === null ? [] : [part]));
  if (known.length < parts.length || parts.length === 0) return { period, municipality, index: null, interval: null };
  const average = (of: (part: (typeof known)[number]) => number): number => known.reduce((sum, part) => sum + of(part), 0) / known.length;
  const index = average((part) => part.index);
  const half = NORMAL_975 * average((part) => part.standardError);
  return { period, municipality, index: rounded(index, 1), interval: roundedInterval(around(index, half, { low: 0, high: 100 }), 1) };
}

/** The questions whose scale says how satisfied somebody is. */
export function indexQuestions(survey: Survey | undefined): readonly Question[] {
  return survey?.questions.filter(({ scale }) => scale !== 'yes-no') ?? [];
}
