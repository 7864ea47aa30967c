import type { AuditAction, AuditEntry } from './audit-log.js';
import { firstDayOfMonth, formatDay, parseDay } from './calendar.js';
import type { Expired } from './privacy-store.js';
import type { RetentionClass } from './retention.js';
import type { Day } from './store-queries.js';

/* What both databases keep of forgetting and of its log, as their rows have it. */

/** The reason of a comment that was given up because what it would be judged by is gone. */
export const FORGOTTEN = 'FORGOTTEN';

export const ENTRY_COLUMNS = 'seq, at_ms, actor, action, subject, detail, hash';

type Row = Readonly<Record<string, unknown>>;

/** An entry of the log. @param row with {@link ENTRY_COLUMNS}. @throws TypeError where a column does not hold what the tables say. */
export function entryOf(row: Row): AuditEntry {
  return {
    seq: integer(row, 'seq'),
    at: new Date(integer(row, 'at_ms')),
    actor: text(row, 'actor'),
    action: text(row, 'action') as AuditAction,
    subject: text(row, 'subject'),
    detail: text(row, 'detail'),
    hash: text(row, 'hash'),
  };
}

/** The values of an entry, in the order of {@link ENTRY_COLUMNS}. */
export function entryValues({ seq, at, actor, action, subject, detail, hash }: AuditEntry): (string | number)[] {
  return [seq, at.getTime(), actor, action, subject, detail, hash];
}

/** What has had its time. @param row with municipality, n, first and last: days, and months of `aggregate`. @throws TypeError likewise. */
export function expiredOf(part: RetentionClass, row: Row): Expired {
  const [first, last] = [integer(row, 'first'), integer(row, 'last')];
  const [firstDay, lastDay] = part === 'aggregate' ? [firstDayOfMonth(first), firstDayOfMonth(last + 1) - 1] : [first, last];
  return { municipality: text(row, 'municipality'), count: integer(row, 'n'), firstDay: formatDay(firstDay), lastDay: formatDay(lastDay) };
}

/** @throws RangeError for a day that is none. */
export function dayNumberOf(day: Day): number {
  const number = parseDay(day);
  if (number === undefined) throw new RangeError(`expected a day like 2020-03-31, got '${day}'`);
  return number;
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`expected a text in ${column}, got ${typeof value}`);
  return value;
}

function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError(`expected a whole number in ${column}, got ${typeof value}`);
  return value;
}
