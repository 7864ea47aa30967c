import type { Day, Period } from './store-queries.js';

/** The calendar that Swedish municipalities live by, whatever the machine's own zone is. */
const ZONE = 'Europe/Stockholm';

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;

/** The years that a contact can lie in: four digits, and far from where `Date` ends. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 9998;

const stockholm = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  calendar: 'iso8601',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/**
 * The zone's distance from UTC, by the day where it is the same from its first hour to its last, and by the hour on the two days a
 * year where it is not: `Intl` takes some microseconds, and a million rows lie in a few thousand days. Begun again when it holds
 * 20 years of hours, so that it cannot grow without bound.
 */
const offsetsMs = new Map<string, number | undefined>();
const MAX_OFFSETS = 175_320;

function offsetMsAt(epochMs: number): number {
  const day = Math.floor(epochMs / MS_PER_DAY);
  const ofDay = remembered(`d${day}`, () => {
    const [first, last] = [zoneOffsetMs(day * MS_PER_DAY), zoneOffsetMs((day + 1) * MS_PER_DAY - MS_PER_HOUR)];
    return first === last ? first : undefined;
  });
  if (ofDay !== undefined) return ofDay;
  const hour = Math.floor(epochMs / MS_PER_HOUR);
  return remembered(`h${hour}`, () => zoneOffsetMs(hour * MS_PER_HOUR))!;
}

function remembered(key: string, make: () => number | undefined): number | undefined {
  if (offsetsMs.has(key)) return offsetsMs.get(key);
  if (offsetsMs.size >= MAX_OFFSETS) offsetsMs.clear();
  const offset = make();
  offsetsMs.set(key, offset);
  return offset;
}

/** At a whole hour. */
function zoneOffsetMs(epochMs: number): number {
  const parts = new Map(stockholm.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - epochMs;
}

/** The calendar day of a moment in Sweden, as a number of days since 1970-01-01. */
export function dayNumberAt(epochMs: number): number {
  return Math.floor((epochMs + offsetMsAt(epochMs)) / MS_PER_DAY);
}

/** The number of a day, or `undefined` for what is not a day between {@link FIRST_YEAR} and {@link LAST_YEAR}. */
export function parseDay(day: Day): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (match === null) return undefined;
  const number = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / MS_PER_DAY;
  const year = Number(match[1]);
  return year >= FIRST_YEAR && year <= LAST_YEAR && formatDay(number) === day ? number : undefined;
}

export function formatDay(dayNumber: number): Day {
  return new Date(dayNumber * MS_PER_DAY).toISOString().slice(0, 10);
}

const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads a moment: ISO 8601 with an offset; without one it is Swedish time; a day alone is its noon. In the hour that comes twice
 * in autumn the first is meant, and the hour that spring leaves out counts from before it.
 *
 * @returns milliseconds since 1970 (UTC), or `undefined` for anything else, or outside the years.
 */
export function parseMoment(text: string): number | undefined {
  const match = MOMENT.exec(text);
  if (match === null) return undefined;
  const [, day = '', hour = '12', minute = '00', second = '00', fraction = '0', offset] = match;
  const dayNumber = parseDay(day);
  if (dayNumber === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const clockMs = Number(hour) * MS_PER_HOUR + Number(minute) * 60_000 + Number(second) * 1_000 + Math.floor(Number(`0.${fraction}`) * 1_000);
  const localMs = dayNumber * MS_PER_DAY + clockMs;
  // Two hours is the zone's largest distance: where the clock jumps, this lands before the jump.
  if (offset === undefined) return localMs - offsetMsAt(localMs - 2 * MS_PER_HOUR);
  if (offset === 'Z') return localMs;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 14 || minutes > 59) return undefined;
  return localMs - (offset.startsWith('-') ? -1 : 1) * (hours * MS_PER_HOUR + minutes * 60_000);
}

/** Months since the beginning of year 0. */
export function monthNumber(dayNumber: number): number {
  const date = new Date(dayNumber * MS_PER_DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first day of a month. */
export function firstDayOfMonth(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / MS_PER_DAY;
}

/** The label of the period that a day lies in. */
export function periodOfDay(period: Period, dayNumber: number): string {
  if (period === 'day') return formatDay(dayNumber);
  if (period === 'week') return isoWeek(dayNumber);
  return periodOfMonth(period, monthNumber(dayNumber));
}

/** The label of the period that a month lies in. */
export function periodOfMonth(period: 'year' | 'quarter' | 'month', month: number): string {
  const year = String(Math.floor(month / 12)).padStart(4, '0');
  if (period === 'year') return year;
  if (period === 'quarter') return `${year}-Q${Math.floor((month % 12) / 3) + 1}`;
  return `${year}-${String((month % 12) + 1).padStart(2, '0')}`;
}

/** ISO 8601: weeks begin on Mondays, and a week belongs to the year of its Thursday. Day 0 was a Thursday. */
function isoWeek(dayNumber: number): string {
  const thursday = Math.floor((dayNumber + 3) / 7) * 7;
  const year = new Date(thursday * MS_PER_DAY).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / MS_PER_DAY) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
