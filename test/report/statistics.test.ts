import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fisherP, studentT975, twoSidedNormalP, twoSidedStudentP } from '../../src/report/distributions.js';
import { rounded, wholePercent, wholePoints } from '../../src/report/rounding.js';
import { holm, meanDifference, meanOf, ranksOf, shareChange, spreadOf, wilsonInterval } from '../../src/report/statistics.js';
import type { Proportion, Sums } from '../../src/report/statistics.js';

const proportions: fc.Arbitrary<Proportion> = fc
  .tuple(fc.nat({ max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([size, share]) => ({ count: Math.round((size + 1) * share), total: size + 1 }));
const opposite = ({ count, total }: Proportion): Proportion => ({ count: total - count, total });

describe('distributions', () => {
  it.each([
    [0, 1],
    [1, 0.3173105078629141],
    [1.959963984540054, 0.05],
    [3.5, 0.00046525815807105],
    [-6, 1.973175290075396e-9],
  ])('tail of the normal distribution beyond %d', (z, p) => {
    expect(Math.abs(twoSidedNormalP(z) / p - 1)).toBeLessThan(1e-9);
  });

  it.each([
    [1, 12.7062],
    [2, 4.30265],
    [4, 2.77645],
    [10, 2.22814],
    [29, 2.04523],
    [30, 2.04227],
    [120, 1.97993],
  ])("Student's t with %i degrees", (degrees, quantile) => {
    expect(studentT975(degrees)).toBeCloseTo(quantile, 4);
  });

  it.each([
    [12.7062, 1, 0.05],
    [2.77645, 4, 0.05],
    [3.16927, 10, 0.01],
    [2.04523, 29, 0.05],
    [1.96234, 999, 0.05],
    [1.95996, 5_000, 0.05],
    [0, 7, 1],
  ])("tail of Student's t beyond %d with %i degrees", (t, degrees, p) => {
    expect(twoSidedStudentP(t, degrees)).toBeCloseTo(p, 4);
    expect(twoSidedStudentP(-t, degrees)).toBe(twoSidedStudentP(t, degrees));
  });

  it("gives the published p of Fisher's tea: 3 of 4 and 1 of 4", () => {
    expect(fisherP(3, 4, 1, 4)).toBeCloseTo(34 / 70, 12);
    expect(fisherP(4, 4, 0, 4)).toBeCloseTo(2 / 70, 12);
  });
});

describe('Wilson intervals', () => {
  // Newcombe 1998, Statistics in Medicine 17, 857-872, table I.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i', (count, total, low, high) => {
    const interval = wilsonInterval({ count, total });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds the share, lies in [0, 1] and mirrors', () => {
    fc.assert(
      fc.property(proportions, (proportion) => {
        const { low, high } = wilsonInterval(proportion);
        const share = proportion.count / proportion.total;
        const mirrored = wilsonInterval(opposite(proportion));
        expect(low >= 0 && low <= share && share <= high && high <= 1).toBe(true);
        expect(mirrored.low).toBeCloseTo(1 - high, 12);
        expect(mirrored.high).toBeCloseTo(1 - low, 12);
      }),
    );
  });

  it('narrows with the size of the group', () => {
    fc.assert(
      fc.property(proportions, fc.integer({ min: 2, max: 50 }), ({ count, total }, times) => {
        const [small, large] = [wilsonInterval({ count, total }), wilsonInterval({ count: count * times, total: total * times })];
        expect(large.high - large.low).toBeLessThan(small.high - small.low);
      }),
    );
  });

  it.each([
    [1, 0],
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [NaN, 2],
  ])('refuses %d of %d', (count, total) => {
    expect(() => wilsonInterval({ count, total })).toThrow(RangeError);
  });
});

describe('changes', () => {
  // Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10.
  it.each([
    [48, 80, 56, 70, 0.0524, 0.3339],
    [3, 10, 9, 10, 0.1705, 0.809],
  ])('%i of %i, then %i of %i', (before, totalBefore, after, totalAfter, low, high) => {
    const { interval } = shareChange({ count: before, total: totalBefore }, { count: after, total: totalAfter });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('turns with time, and mirrors with the share', () => {
    fc.assert(
      fc.property(proportions, proportions, (before, after) => {
        const there = shareChange(before, after);
        const back = shareChange(after, before);
        const mirrored = shareChange(opposite(before), opposite(after));
        expect(back.difference).toBeCloseTo(-there.difference, 12);
        expect(back.interval.low).toBeCloseTo(-there.interval.high, 12);
        expect(mirrored.difference).toBeCloseTo(-there.difference, 12);
        for (const { p, interval, difference } of [there, back, mirrored]) {
          expect(p).toBeCloseTo(there.p, 9);
          expect(p >= 0 && p <= 1 && interval.low <= difference && difference <= interval.high).toBe(true);
        }
      }),
    );
  });

  it('sees no change in equal shares, and a large one in large groups', () => {
    expect(shareChange({ count: 30, total: 100 }, { count: 60, total: 200 }).p).toBe(1);
    expect(shareChange({ count: 860, total: 2_000 }, { count: 1_157, total: 2_225 }).p).toBeLessThan(1e-7);
  });

  it('has the exact p where a count is expected below 1', () => {
    expect(shareChange({ count: 0, total: 5 }, { count: 1, total: 5 }).p).toBeCloseTo(1, 12);
  });

  it('keeps near its level in groups of 12: at most 6.5 % false alarms where 5 % are promised', () => {
    // All outcomes of two groups of 12 with the same share, weighted by how probable they are: no chance in the test.
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    for (const share of [0.1, 0.3, 0.5]) {
      let rejected = 0;
      for (let a = 0; a <= 12; a++) {
        for (let b = 0; b <= 12; b++) {
          const weight = choose(12, a) * choose(12, b) * share ** (a + b) * (1 - share) ** (24 - a - b);
          if (shareChange({ count: a, total: 12 }, { count: b, total: 12 }).p <= 0.05) rejected += weight;
        }
      }
      expect(rejected).toBeLessThan(0.065);
    }
  });
});

describe('many comparisons', () => {
  it('adjusts as Holm did', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([])).toEqual([]);
  });

  it('never lowers a p, keeps their order and does not depend on the order of the tests', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (ps) => {
        const adjusted = holm(ps);
        const reversed = holm([...ps].reverse()).reverse();
        ps.forEach((p, i) => {
          expect(adjusted[i]! >= p && adjusted[i]! <= 1).toBe(true);
          expect(adjusted[i]).toBe(reversed[i]);
          ps.forEach((other, j) => {
            if (p < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
    );
  });
});

describe('means', () => {
  const scale = { low: 1, high: 5 };

  it('gives mean, error and interval of a sample', () => {
    const { mean, standardError, interval } = meanOf({ n: 5, sum: 18, sumOfSquares: 70 }, scale);
    expect(mean).toBeCloseTo(3.6, 12);
    expect(standardError).toBeCloseTo(Math.sqrt(1.3 / 5), 12);
    expect(interval?.low).toBeCloseTo(3.6 - 2.77645 * Math.sqrt(0.26), 4);
    expect(interval?.high).toBe(5);
  });

  it('says nothing of the spread of one answer', () => {
    expect(meanOf({ n: 1, sum: 4, sumOfSquares: 16 }, scale)).toEqual({ mean: 4, standardError: null, interval: null });
  });

  it('holds the mean, on the scale', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 200 }), (values) => {
        const sum = values.reduce((total, value) => total + value, 0);
        const sumOfSquares = values.reduce((total, value) => total + value * value, 0);
        const { mean, interval } = meanOf({ n: values.length, sum, sumOfSquares }, scale);
        expect(interval!.low >= 1 && interval!.low <= mean && mean <= interval!.high && interval!.high <= 5).toBe(true);
      }),
    );
  });
});

describe('beside each other', () => {
  it('has the quartiles of Excel', () => {
    expect(spreadOf([1, 2, 4, 7, 8, 9, 10, 12])).toMatchObject({ lowerQuartile: 3.5, median: 7.5, upperQuartile: 9.25, lowest: 1, highest: 12 });
    expect(spreadOf([3])).toEqual({ n: 1, lowest: 3, lowerQuartile: 3, median: 3, upperQuartile: 3, highest: 3, standardDeviation: null });
    expect(spreadOf([])).toBeUndefined();
  });

  it('shares a place between equals', () => {
    expect(ranksOf([70, 80, 70, 60])).toEqual([2, 1, 2, 4]);
  });

  it('has its figures in order, whatever the order of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
        const spread = spreadOf(values)!;
        const inOrder = [spread.lowest, spread.lowerQuartile, spread.median, spread.upperQuartile, spread.highest];
        expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
        expect(spreadOf([...values].reverse())).toEqual(spread);
      }),
    );
  });
});

describe('rounding', () => {
  it.each([
    [1, 200, 1],
    [1, 201, 0],
    [29, 200, 15],
    [115, 1_000, 12],
    [1_492, 11_284, 13],
    [5, 5, 100],
    [0, 5, 0],
  ])('%i of %i is %i percent', (count, total, percent) => {
    expect(wholePercent({ count, total })).toBe(percent);
  });

  it('rounds shares by themselves: their sum is off by one at most', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat({ max: 9_999 }), fc.nat({ max: 9_999 }), fc.nat({ max: 9_999 })), (counts) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        fc.pre(total > 0);
        const percents = counts.map((count) => wholePercent({ count, total }));
        percents.forEach((percent, i) => expect(Math.abs(percent - (100 * counts[i]!) / total)).toBeLessThanOrEqual(0.5));
        expect(Math.abs(percents.reduce((sum, percent) => sum + percent, 0) - 100)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('rounds a fall as it rounds a rise', () => {
    expect([0.085, -0.085, 0.0049, -0.0049].map(wholePoints)).toEqual([9, -9, 0, 0]);
    expect(rounded(1.005, 2)).toBe(1.01);
    expect(Object.is(rounded(-0.01, 1), 0)).toBe(true);
  });
});

describe('a difference of two means', () => {
  const sums = (values: readonly number[]): Sums => ({ n: values.length, sum: values.reduce((a, b) => a + b, 0), sumOfSquares: values.reduce((a, b) => a + b * b, 0) });

  it('is that of the example of Student: extra hours of sleep', () => {
    const first = sums([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]);
    const second = sums([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
    const { difference, interval, p } = meanDifference(first, second)!;
    // R 4.2, t.test(extra ~ group): p 0.0794 and -0.205 to 3.365 with 17.78 degrees; here with 17.
    expect(difference).toBeCloseTo(1.58, 10);
    expect(p).toBeGreaterThan(0.0794);
    expect(p).toBeLessThan(0.081);
    expect(interval.low).toBeCloseTo(-0.21, 2);
    expect(interval.high).toBeCloseTo(3.37, 2);
  });

  it('says nothing of single values, and has no p without spread', () => {
    expect(meanDifference(sums([3]), sums([3, 4]))).toBeNull();
    expect(meanDifference(sums([3, 3]), sums([4, 4]))).toEqual({ difference: 1, interval: { low: 1, high: 1 }, p: null });
  });

  it('turns around with its groups, and is significant where the interval leaves out 0', () => {
    const group = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 60 }).map(sums);
    fc.assert(
      fc.property(group, group, (before, after) => {
        const [there, back] = [meanDifference(before, after)!, meanDifference(after, before)!];
        expect(back.difference).toBeCloseTo(-there.difference, 9);
        expect(back.p === null ? null : back.p.toFixed(9)).toBe(there.p === null ? null : there.p.toFixed(9));
        if (there.p !== null && Math.abs(there.p - 0.05) > 1e-4) expect(there.p < 0.05).toBe(there.interval.low > 0 || there.interval.high < 0);
      }),
    );
  });
});
