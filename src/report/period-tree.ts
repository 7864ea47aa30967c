import { firstDayOfMonth, formatDay, monthNumber, parseDay, periodOfDay, periodOfMonth } from '../survey/calendar.js';
import type { Day, Period } from '../survey/store-queries.js';
import type { PeriodNode } from './publication.js';

/** The days of a report, both ends included. */
export interface DayRange {
  readonly from: Day;
  readonly to: Day;
}

/** The periods of a report, and what has to be counted to know what may be shown of them. */
export interface PeriodPlan {
  readonly period: Period;
  /** The periods that are shown, oldest first. */
  readonly shown: readonly string[];
  /** Their days. */
  readonly range: DayRange;
  /** The period before the first that is shown: what its change is measured from. */
  readonly before: string;
  /** Whole years, cut no finer than the report. */
  readonly years: readonly PeriodNode[];
  /** The days of the years. */
  readonly coarse: DayRange;
  /** The days that are counted day by day; `undefined` where months are fine enough. */
  readonly fine: DayRange | undefined;
}

function dayNumber(day: Day): number {
  const number = parseDay(day);
  if (number === undefined) throw new RangeError(`a day is a date like 2020-03-05, got '${day}'`);
  return number;
}

/** The first day of the period that a day lies in. */
function firstDayOf(period: Period, day: number): number {
  if (period === 'day') return day;
  // Day 0 was a Thursday: weeks begin three days before it.
  if (period === 'week') return Math.floor((day + 3) / 7) * 7 - 3;
  const month = monthNumber(day);
  const length = period === 'year' ? 12 : period === 'quarter' ? 3 : 1;
  return firstDayOfMonth(Math.floor(month / length) * length);
}

/** The first day after the period that a day lies in. */
function firstDayAfter(period: Period, day: number): number {
  const first = firstDayOf(period, day);
  if (period === 'day') return first + 1;
  if (period === 'week') return first + 7;
  return firstDayOf(period, first + { year: 370, quarter: 95, month: 33 }[period]);
}

/**
 * A week that lies in two months is two parts: years, quarters, months, parts of weeks and days then lie in each other like
 * boxes, and what may be shown can be decided from the largest to the smallest.
 */
export function weekPart(day: number): string {
  return `${periodOfDay('month', day)}/${periodOfDay('week', day)}`;
}

/** The first days of the periods of a kind, from the one that `from` lies in to the one that `to` lies in. */
function firstDays(period: Period, from: number, to: number): number[] {
  const days: number[] = [];
  for (let day = firstDayOf(period, from); day <= to; day = firstDayAfter(period, day)) days.push(day);
  return days;
}

/** Widens a range to whole periods, and lays out what has to be counted for them. */
export function planPeriods(period: Period, { from, to }: DayRange): PeriodPlan {
  const shown = firstDays(period, dayNumber(from), dayNumber(to));
  const first = shown[0]!;
  const beforeDay = firstDayOf(period, first - 1);
  const end = firstDayAfter(period, shown.at(-1)!) - 1;
  const isFine = period === 'week' || period === 'day';
  const fine = { from: firstDayOf('month', beforeDay), to: firstDayAfter('month', end) - 1 };
  const coarse = { from: firstDayOf('year', isFine ? fine.from : beforeDay), to: firstDayAfter('year', isFine ? fine.to : end) - 1 };

  const inMonth = (month: number): PeriodNode[] => {
    if (!isFine || month < fine.from || month > fine.to) return [];
    const last = firstDayAfter('month', month) - 1;
    return firstDays('week', month, last).map((week) => {
      const [start, stop] = [Math.max(week, month), Math.min(week + 6, last)];
      const days = period === 'day' ? firstDays('day', start, stop).map((day) => ({ period: formatDay(day), children: [] })) : [];
      return { period: weekPart(start), children: days };
    });
  };
  const finer: Readonly<Record<'year' | 'quarter', Period>> = { year: 'quarter', quarter: 'month' };
  const node = (kind: 'year' | 'quarter' | 'month', day: number): PeriodNode => {
    const label = periodOfMonth(kind, monthNumber(day));
    if (kind === period) return { period: label, children: [] };
    if (kind === 'month') return { period: label, children: inMonth(day) };
    const child = finer[kind] as 'quarter' | 'month';
    return { period: label, children: firstDays(child, day, firstDayAfter(kind, day) - 1).map((start) => node(child, start)) };
  };
  const dayRange = (range: { from: number; to: number }): DayRange => ({ from: formatDay(range.from), to: formatDay(range.to) });
  return {
    period,
    shown: shown.map((day) => periodOfDay(period, day)),
    range: dayRange({ from: first, to: end }),
    before: periodOfDay(period, beforeDay),
    years: firstDays('year', coarse.from, coarse.to).map((day) => node('year', day)),
    coarse: dayRange(coarse),
    fine: isFine ? dayRange(fine) : undefined,
  };
}

/** The days of a period. @param label as {@link PeriodPlan.shown} has it. @throws RangeError for a label of another kind of period. */
export function daysOfPeriod(period: Period, label: string): DayRange {
  const start = startOfLabel(period, label);
  if (start === undefined || periodOfDay(period, start) !== label) throw new RangeError(`expected the label of a ${period}, got '${label}'`);
  return { from: formatDay(start), to: formatDay(firstDayAfter(period, start) - 1) };
}

function startOfLabel(period: Period, label: string): number | undefined {
  const [year = '', part = ''] = label.split('-');
  if (period === 'day') return parseDay(label);
  if (period === 'month') return parseDay(`${label}-01`);
  if (period === 'year') return parseDay(`${label}-01-01`);
  if (period === 'quarter') return parseDay(`${year}-${String(3 * Number(part.slice(1)) - 2).padStart(2, '0')}-01`);
  // Week 1 is the one with 4 January.
  const fourth = parseDay(`${year}-01-04`);
  return fourth === undefined ? undefined : firstDayOf('week', fourth) + 7 * (Number(part.slice(1)) - 1);
}

/** How many periods lie in a range. */
export function countPeriods(period: Period, { from, to }: DayRange): number {
  // Days are counted, not listed: the range may be a thousand years of them.
  const [first, last] = [dayNumber(from), dayNumber(to)];
  if (last < first) return 0;
  if (period === 'day') return last - first + 1;
  if (period === 'week') return (firstDayOf('week', last) - firstDayOf('week', first)) / 7 + 1;
  const length = period === 'year' ? 12 : period === 'quarter' ? 3 : 1;
  return Math.floor(monthNumber(last) / length) - Math.floor(monthNumber(first) / length) + 1;
}

/** The first day of the period that lies `count - 1` periods before the one that `day` lies in. */
export function startOfLast(count: number, period: Period, day: Day): Day {
  let first = firstDayOf(period, dayNumber(day));
  for (let i = 1; i < count; i++) first = firstDayOf(period, first - 1);
  return formatDay(first);
}
