import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayNumberAt, firstDayOfMonth, formatDay, monthNumber, parseDay, parseMoment, periodOfDay, periodOfMonth } from '../../src/survey/calendar.js';

const iso = (text: string): string | undefined => {
  const ms = parseMoment(text);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};
const dayOf = (text: string): string => formatDay(dayNumberAt(Date.parse(text)));

describe('parseMoment', () => {
  it.each([
    ['2018-03-05T10:12:00+01:00', '2018-03-05T09:12:00.000Z'],
    ['2018-03-05T10:12:00.5Z', '2018-03-05T10:12:00.500Z'],
    ['2018-03-05 10:12', '2018-03-05T09:12:00.000Z'],
    ['2018-07-05T10:12:30', '2018-07-05T08:12:30.000Z'],
    ['2018-07-05', '2018-07-05T10:00:00.000Z'],
    ['2018-07-05T10:12-0330', '2018-07-05T13:42:00.000Z'],
    // Clocks go forward at 02:00 and back at 03:00, local time.
    ['2020-03-29T01:59:59', '2020-03-29T00:59:59.000Z'],
    ['2020-03-29T02:30', '2020-03-29T01:30:00.000Z'],
    ['2020-03-29T03:00', '2020-03-29T01:00:00.000Z'],
    ['2020-10-25T02:30', '2020-10-25T00:30:00.000Z'],
    ['2020-10-25T03:00', '2020-10-25T02:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each(['', '2018', '2018-02-29', '2018-13-01', '2018-03-05T24:00', '2018-03-05T10:60', '2018-03-05T10', '05/03/2018', '0180-01-01', '9999-01-01', '2018-03-05T10:12:00+15:00', ' 2018-03-05', '2018-03-05T10:12:00Zx'])(
    '%j is no moment',
    (text) => {
      expect(parseMoment(text)).toBeUndefined();
    },
  );

  it('reads back any moment that it is told with an offset', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1970-01-02'), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
        expect(parseMoment(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('the day in Sweden', () => {
  it.each([
    ['2018-01-01T22:59:59Z', '2018-01-01'],
    ['2018-01-01T23:00:00Z', '2018-01-02'],
    ['2018-07-01T21:59:59Z', '2018-07-01'],
    ['2018-07-01T22:00:00Z', '2018-07-02'],
    ['2017-12-31T23:30:00Z', '2018-01-01'],
  ])('at %s is %s', (moment, day) => {
    expect(dayOf(moment)).toBe(day);
  });

  it('is the one that Intl says, at any moment', () => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm' });
    fc.assert(
      fc.property(fc.date({ min: new Date('1985-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }), (date) => {
        expect(formatDay(dayNumberAt(date.getTime()))).toBe(format.format(date));
      }),
    );
  });
});

describe('periods', () => {
  it.each([
    ['2020-01-01', '2020', '2020-Q1', '2020-01', '2020-W01'],
    ['2020-12-31', '2020', '2020-Q4', '2020-12', '2020-W53'],
    ['2021-01-03', '2021', '2021-Q1', '2021-01', '2020-W53'],
    ['2021-01-04', '2021', '2021-Q1', '2021-01', '2021-W01'],
    ['2018-12-31', '2018', '2018-Q4', '2018-12', '2019-W01'],
    ['2019-05-30', '2019', '2019-Q2', '2019-05', '2019-W22'],
  ])('of %s are %s, %s, %s and %s', (day, ...labels) => {
    const number = parseDay(day)!;
    expect((['year', 'quarter', 'month', 'week'] as const).map((period) => periodOfDay(period, number))).toEqual(labels);
    expect(periodOfDay('day', number)).toBe(day);
    expect((['year', 'quarter', 'month'] as const).map((period) => periodOfMonth(period, monthNumber(number)))).toEqual(labels.slice(0, 3));
  });

  it('of seven days from a Monday are one week, and a month begins on its first day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (day) => {
        const first = firstDayOfMonth(monthNumber(day));
        expect(formatDay(first)).toBe(`${formatDay(day).slice(0, 7)}-01`);
        const monday = day - ((day + 3) % 7);
        const weeks = new Set(Array.from({ length: 7 }, (_, index) => periodOfDay('week', monday + index)));
        expect(weeks.size).toBe(1);
        expect(weeks).not.toContain(periodOfDay('week', monday + 7));
      }),
    );
  });
});
