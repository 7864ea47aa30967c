import type { Interval, Proportion } from './statistics.js';

/**
 * A share in whole percent, half up, each share by itself: three shares may sum to 99 or 101, as in the published tables
 * (34 + 11 + 56). In whole numbers, so that no half falls to the wrong side for want of a binary digit.
 */
export function wholePercent({ count, total }: Proportion): number {
  return Math.floor((200 * count + total) / (2 * total));
}

/** Half away from zero: -0.5 is as far from -0 as 0.5 from 0. The last bits of a binary fraction do not decide a half. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  const scaled = Math.abs(value) * factor;
  const whole = Math.floor(scaled * (1 + Number.EPSILON) + 0.5);
  return whole === 0 ? 0 : (Math.sign(value) * whole) / factor;
}

/** A difference of shares in whole percentage points: rounded once, from the exact shares and not from rounded ones. */
export function wholePoints(difference: number): number {
  return rounded(100 * difference, 0);
}

/** An interval of shares in percent (or of differences in percentage points), with one decimal. */
export function percentInterval({ low, high }: Interval): Interval {
  return { low: rounded(100 * low, 1), high: rounded(100 * high, 1) };
}
