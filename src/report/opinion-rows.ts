import { TONALITIES } from '../classification/labels.js';
import type { Tonality } from '../classification/labels.js';
import type { Figures } from './figures.js';
import type { Change, OpinionRow, Share } from './report.js';
import { percentInterval, wholePercent, wholePoints } from './rounding.js';
import { SIGNIFICANCE_LEVEL, holm, shareChange, wilsonInterval } from './statistics.js';
import type { Proportion, ShareChange } from './statistics.js';
import { sizeOf } from './tally.js';
import type { TonalityCounts } from './tally.js';

/** A group that a table has a row for. */
export interface Group {
  readonly period: string;
  /** The period that its change is measured from. */
  readonly before: string;
  readonly place: string;
  /** The place that its change is measured from. @default its own */
  readonly beforePlace?: string;
  readonly topic: string;
}

export function shareOf(proportion: Proportion): Share {
  return { count: proportion.count, percent: wholePercent(proportion), interval: percentInterval(wilsonInterval(proportion)) };
}

export function byTonality<Value>(of: (tonality: Tonality) => Value): Record<Tonality, Value> {
  return { positiv: of('positiv'), skeptisk: of('skeptisk'), negativ: of('negativ') };
}

/** The rows of one table, in the order of its groups. What is called significant is adjusted for all changes of the table. */
export function opinionRows(figures: Figures, groups: readonly Group[]): OpinionRow[] {
  const seen = groups.map((group) => {
    const now = shownCounts(figures, group.period, group);
    const before = shownCounts(figures, group.before, { ...group, place: group.beforePlace ?? group.place });
    const comparable = now !== null && before !== null && sizeOf(now) > 0 && sizeOf(before) > 0;
    return { now, changes: comparable ? changesBetween(before, now) : null };
  });
  const adjusted = holm(seen.flatMap(({ changes }) => (changes === null ? [] : TONALITIES.map((tonality) => changes[tonality].p)))).values();
  return seen.map(({ now, changes }, index) => {
    const total = now === null ? 0 : sizeOf(now);
    return {
      period: groups[index]!.period,
      comments: now === null ? null : total,
      shares: now === null || total === 0 ? null : byTonality((tonality) => shareOf({ count: now[tonality], total })),
      change: changes === null ? null : byTonality((tonality) => describe(changes[tonality], adjusted.next().value!)),
    };
  });
}

function shownCounts(figures: Figures, period: string, { place, topic }: Group): TonalityCounts | null {
  return figures.shows(period, place, topic) ? figures.comments.get(period, place, topic) : null;
}

function changesBetween(before: TonalityCounts, now: TonalityCounts): Record<Tonality, ShareChange> {
  const [totalBefore, total] = [sizeOf(before), sizeOf(now)];
  return byTonality((tonality) => shareChange({ count: before[tonality], total: totalBefore }, { count: now[tonality], total }));
}

function describe({ difference, interval }: ShareChange, p: number): Change {
  return { points: wholePoints(difference), exactPoints: 100 * difference, interval: percentInterval(interval), p, significant: p <= SIGNIFICANCE_LEVEL };
}
