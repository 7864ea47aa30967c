import { NORMAL_975, fisherP, studentT975, twoSidedNormalP, twoSidedStudentP } from './distributions.js';

/** A closed interval, in the unit of what it is about. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The level of every interval and test of the report: 95 %, and 5 % for what is called significant. */
export const SIGNIFICANCE_LEVEL = 0.05;

/** A count of some among `total`. */
export interface Proportion {
  readonly count: number;
  readonly total: number;
}

function checkProportion({ count, total }: Proportion): void {
  if (Number.isInteger(count) && Number.isInteger(total) && count >= 0 && total >= 1 && count <= total) return;
  throw new RangeError(`a proportion needs whole numbers 0 <= count <= total and total >= 1, got ${count} of ${total}`);
}

/**
 * Wilson's score interval of a share, 95 %, without continuity correction: it holds its level for small groups and shares near
 * 0 and 1, where the usual normal interval leaves the scale.
 */
export function wilsonInterval(proportion: Proportion): Interval {
  checkProportion(proportion);
  const { count, total } = proportion;
  const share = count / total;
  const z2 = NORMAL_975 ** 2;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (NORMAL_975 / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total * total));
  // Exact at the ends, where rounding would leave a share of 0 outside its own interval.
  return { low: count === 0 ? 0 : Math.max(0, centre - half), high: count === total ? 1 : Math.min(1, centre + half) };
}

/** A difference of two shares, with what chance alone would do. */
export interface ShareChange {
  /** `after - before`, as a share. */
  readonly difference: number;
  /** Newcombe's interval of the difference (his method 10: from the two Wilson intervals), 95 %. */
  readonly interval: Interval;
  /** Two-sided p of no difference. */
  readonly p: number;
}

/**
 * How a share moved between two independent groups.
 *
 * The test is the chi-squared test with N - 1 in place of N where every expected count is at least 1, and Fisher's exact test
 * (two-sided after Irwin) otherwise: of the usual tests these two together keep closest to their level from small groups on
 * (Campbell 2007, Statistics in Medicine 26, 3661-3675).
 */
export function shareChange(before: Proportion, after: Proportion): ShareChange {
  checkProportion(before);
  checkProportion(after);
  const [shareBefore, shareAfter] = [before.count / before.total, after.count / after.total];
  const [wilsonBefore, wilsonAfter] = [wilsonInterval(before), wilsonInterval(after)];
  const difference = shareAfter - shareBefore;
  return {
    difference,
    interval: {
      low: difference - Math.hypot(shareAfter - wilsonAfter.low, wilsonBefore.high - shareBefore),
      high: difference + Math.hypot(wilsonAfter.high - shareAfter, shareBefore - wilsonBefore.low),
    },
    p: differenceP(before, after),
  };
}

function differenceP(before: Proportion, after: Proportion): number {
  const all = before.total + after.total;
  const count = before.count + after.count;
  const smallestExpected = (Math.min(before.total, after.total) * Math.min(count, all - count)) / all;
  if (smallestExpected < 1) return fisherP(before.count, before.total, after.count, after.total);
  const cross = before.count * (after.total - after.count) - after.count * (before.total - before.count);
  const chi2 = ((all - 1) * cross ** 2) / (count * (all - count) * before.total * after.total);
  return twoSidedNormalP(Math.sqrt(chi2));
}

/**
 * Holm's adjustment of the p values of one family of tests, in their order: what is at most 0.05 afterwards is significant.
 *
 * Holm and not Benjamini-Hochberg: a reader takes single rows out of a table ("waiting times got worse") and acts on them, so
 * the promise must be about every row that is marked: the chance that a whole table holds even one false mark is at most 5 %.
 * It needs no assumption about how the tests hang together, and they do: the three tonalities of an area sum to one.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length).fill(1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, ps[index]! * (ps.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** Sums that a mean and its spread follow from. */
export interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

export interface Mean {
  readonly mean: number;
  /** `null` for a single value, which says nothing of its spread. */
  readonly standardError: number | null;
  /** Student's t, 95 %, cut to the scale; `null` where there is no standard error. */
  readonly interval: Interval | null;
}

/** The mean of ratings on a scale, with its interval. */
export function meanOf({ n, sum, sumOfSquares }: Sums, scale: Interval): Mean {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`a mean needs at least 1 value, got ${n}`);
  const mean = sum / n;
  if (n === 1) return { mean, standardError: null, interval: null };
  const variance = Math.max(0, (sumOfSquares - sum * mean) / (n - 1));
  const standardError = Math.sqrt(variance / n);
  return { mean, standardError, interval: around(mean, studentT975(n - 1) * standardError, scale) };
}

/** A difference of two means, with what chance alone would do. */
export interface MeanDifference {
  /** `after - before`. */
  readonly difference: number;
  /** 95 %. */
  readonly interval: Interval;
  /** Two-sided p of no difference; `null` where neither group has any spread to judge by. */
  readonly p: number | null;
}

/**
 * How a mean moved between two independent groups: Welch's t, which does not ask that both have the same spread, with whole degrees
 * of freedom, rounded down.
 *
 * @returns `null` where a group has fewer than two values.
 */
export function meanDifference(before: Sums, after: Sums): MeanDifference | null {
  if (before.n < 2 || after.n < 2) return null;
  const anything = { low: -Infinity, high: Infinity };
  const [old, now] = [meanOf(before, anything), meanOf(after, anything)];
  const difference = now.mean - old.mean;
  const [oldVariance, nowVariance] = [old.standardError! ** 2, now.standardError! ** 2];
  const standardError = Math.sqrt(oldVariance + nowVariance);
  if (standardError === 0) return { difference, interval: { low: difference, high: difference }, p: null };
  const degrees = Math.max(1, Math.floor((oldVariance + nowVariance) ** 2 / (oldVariance ** 2 / (before.n - 1) + nowVariance ** 2 / (after.n - 1))));
  return { difference, interval: around(difference, studentT975(degrees) * standardError, anything), p: twoSidedStudentP(difference / standardError, degrees) };
}

/** `centre` plus and minus `half`, cut to the scale. */
export function around(centre: number, half: number, scale: Interval): Interval {
  return { low: Math.max(scale.low, centre - half), high: Math.min(scale.high, centre + half) };
}

/** How values lie beside each other. */
export interface Spread {
  readonly n: number;
  readonly lowest: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly highest: number;
  /** With n - 1; `null` for a single value. */
  readonly standardDeviation: number | null;
}

/**
 * Median, quartiles and spread. Quartiles are interpolated between neighbours at (n - 1) * q: what Excel's KVARTIL.INK and R's
 * default give, so that a reader who checks a table finds the same.
 *
 * @returns `undefined` for no values.
 */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => {
    const position = (sorted.length - 1) * q;
    const below = Math.floor(position);
    const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
    return low + (high - low) * (position - below);
  };
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    n: sorted.length,
    lowest: sorted[0]!,
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
    highest: sorted.at(-1)!,
    standardDeviation: sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : null,
  };
}

/** Places, the largest value first; equal values share a place and the next ones are left out (1, 2, 2, 4). */
export function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => 1 + values.filter((other) => other > value).length);
}
