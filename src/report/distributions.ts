/**
 * The tails and quantiles that the report's intervals and tests need. Pure; checked against published tables in the tests.
 */

/** The standard normal quantile at 0.975: two-sided 95 %. */
export const NORMAL_975 = 1.959963984540054;

/** Below this |x| the series of the error function converges in a few dozen terms; above it the continued fraction does. */
const SERIES_LIMIT = 2.5;

/** Complementary error function, to about 1e-15 absolute and 1e-13 relative in the tail. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < SERIES_LIMIT) {
    // erf(x) = 2/sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (1*3*...*(2n+1)): all terms positive, nothing cancels.
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // Laplace's continued fraction, from the inside out; 80 levels are ample from x = 2.5 on.
  let fraction = x;
  for (let k = 80; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** How probable it is that a standard normal variable is at least as far from 0 as `z`, on either side. */
export function twoSidedNormalP(z: number): number {
  return Math.min(1, erfc(Math.abs(z) / Math.SQRT2));
}

/** From this many degrees of freedom on the expansion around the normal quantile is exact to six digits. */
const EXPANSION_FROM = 30;

/**
 * The quantile at 0.975 of Student's t.
 *
 * @param degrees degrees of freedom: an integer from 1.
 */
export function studentT975(degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`degrees of freedom must be an integer from 1, got ${degrees}`);
  if (degrees >= EXPANSION_FROM) {
    const z = NORMAL_975;
    // Abramowitz and Stegun 26.7.5.
    const g1 = (z ** 3 + z) / 4;
    const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
    const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
    return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
  }
  // The distribution function rises everywhere: bisect between the normal quantile and that of one degree (12.71).
  let [low, high] = [NORMAL_975, 13];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| <= t) for an integer number of degrees: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4. */
function studentWithin(t: number, degrees: number): number {
  const theta = Math.atan2(t, Math.sqrt(degrees));
  const cosine2 = Math.cos(theta) ** 2;
  const odd = degrees % 2 === 1;
  let term = odd ? Math.cos(theta) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosine2;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}

/** From this many degrees on the two distributions differ by less than 0.0003 anywhere. */
const NORMAL_FROM = 1_000;

/** How probable it is that a variable of Student's t is at least as far from 0 as `t`. @param degrees an integer from 1. */
export function twoSidedStudentP(t: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`degrees of freedom must be an integer from 1, got ${degrees}`);
  return degrees >= NORMAL_FROM ? twoSidedNormalP(t) : Math.max(0, 1 - studentWithin(Math.abs(t), degrees));
}

/** Relative slack with which two tables count as equally probable: rounding must not leave the observed one out. */
const TIE = 1 + 1e-9;

/**
 * Fisher's exact test of a table of two by two, two-sided after Irwin: the sum over all tables with the same margins that are
 * not more probable than the observed one.
 */
export function fisherP(successesA: number, totalA: number, successesB: number, totalB: number): number {
  const successes = successesA + successesB;
  const from = Math.max(0, successes - totalB);
  const to = Math.min(totalA, successes);
  // Weights relative to the observed table, by the ratio of neighbours: no factorials, so no overflow. The two walks from it
  // end where what follows no longer counts.
  const ratioUp = (k: number): number => ((totalA - k) * (successes - k)) / ((k + 1) * (totalB - successes + k + 1));
  let all = 1;
  let extreme = 1;
  const walk = (step: 1 | -1): void => {
    let weight = 1;
    for (let k = successesA; step === 1 ? k < to : k > from; k += step) {
      weight *= step === 1 ? ratioUp(k) : 1 / ratioUp(k - 1);
      all += weight;
      if (weight <= TIE) extreme += weight;
      if (weight < 1e-18) return;
    }
  };
  walk(1);
  walk(-1);
  return Math.min(1, extreme / all);
}
