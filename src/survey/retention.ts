import { z } from 'zod';
import { formatDay } from './calendar.js';
import type { Checked, FileKind } from './checked-file.js';
import { readChecked } from './checked-file.js';
import { faultsIn } from './schema-faults.js';

/**
 * What is kept for a time of its own, from the most to the least personal.
 * - `recording`: the file with the voice. - `text`: the redacted words. - `response`: all the rest of one call: answers, labels,
 * corrections. - `aggregate`: the counts of the report, which are of nobody; they stay when the responses go.
 */
export const RETENTION_CLASSES = ['recording', 'text', 'response', 'aggregate'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

export type RetentionUnit = 'days' | 'months' | 'years';

/** How long one class is kept, counted from the day of the contact. */
export type RetentionRule =
  | { readonly keep: 'forever' }
  | {
      readonly keep: { readonly count: number; readonly unit: RetentionUnit };
      /** The deletion decision that allows it (gallringsbeslut): without one, municipal records may not be deleted. */
      readonly decision: string;
    };

export type RetentionRules = Readonly<Record<RetentionClass, RetentionRule>>;

const MAX_COUNT = 1_000;
const duration = z
  .string()
  .regex(/^(?:forever|[1-9]\d{0,2} (?:days|months|years))$/, 'forever, or a number from 1 to 999 and days, months or years, such as "2 years"')
  .describe('forever, or a number and days, months or years.');
const rule = z
  .strictObject({ keep: duration, decision: z.string().trim().min(1).max(200).optional().describe('The reference of the deletion decision.') })
  .superRefine(({ keep, decision }, context) => {
    if (keep !== 'forever' && decision === undefined) context.addIssue({ code: 'custom', path: ['decision'], message: 'the reference of the deletion decision, which every finite time needs' });
  });

const retentionSchema = z
  .strictObject({ format: z.literal(1), recording: rule, text: rule, response: rule, aggregate: rule })
  .superRefine(({ text, response, aggregate }, context) => {
    // What belongs to a response cannot outlive it.
    if (longer(text.keep, response.keep)) context.addIssue({ code: 'custom', path: ['text', 'keep'], message: 'a time that is not longer than that of response, which holds the text' });
    if (longer(response.keep, aggregate.keep)) context.addIssue({ code: 'custom', path: ['response', 'keep'], message: 'a time that is not longer than that of aggregate, which counts the response' });
  });

/** About: only which of two is longer. */
function longer(first: string, second: string): boolean {
  const days = (keep: string): number => {
    if (keep === 'forever') return Infinity;
    const [count, unit] = keep.split(' ');
    return Number(count) * { days: 1, months: 30.44, years: 365.25 }[unit as RetentionUnit];
  };
  return days(first) > days(second);
}

export function checkRetention(value: unknown): Checked<RetentionRules> {
  const result = retentionSchema.safeParse(value);
  if (!result.success) return faultsIn(result.error);
  const rules = Object.fromEntries(RETENTION_CLASSES.map((name) => [name, ruleOf(result.data[name])]));
  return { kind: 'value', value: rules as Record<RetentionClass, RetentionRule> };
}

function ruleOf({ keep, decision }: { readonly keep: string; readonly decision?: string | undefined }): RetentionRule {
  if (keep === 'forever' || decision === undefined) return { keep: 'forever' };
  const [count, unit] = keep.split(' ');
  return { keep: { count: Math.min(Number(count), MAX_COUNT), unit: unit as RetentionUnit }, decision };
}

export const RETENTION_FILE: FileKind<RetentionRules> = { noun: 'a retention file', code: 'RETENTION_INVALID', check: checkRetention };

/** Reads a retention file. @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or `RETENTION_INVALID` with the place of each problem. */
export async function readRetentionFile(path: string): Promise<RetentionRules> {
  return readChecked(path, RETENTION_FILE);
}

/**
 * The first day that is still kept: what was before it goes. A month or year is counted on the calendar; a day that a shorter month
 * does not have becomes that month's last.
 *
 * @param today days since 1970-01-01.
 */
export function firstDayKept(rule: RetentionRule, today: number): number | undefined {
  if (rule.keep === 'forever') return undefined;
  const { count, unit } = rule.keep;
  if (unit === 'days') return today - count;
  const [year, month, day] = formatDay(today).split('-').map(Number) as [number, number, number];
  const months = year * 12 + (month - 1) - count * (unit === 'years' ? 12 : 1);
  const lastOfMonth = new Date(Date.UTC(Math.floor(months / 12), (months % 12) + 1, 0)).getUTCDate();
  return Math.floor(Date.UTC(Math.floor(months / 12), months % 12, Math.min(day, lastOfMonth)) / 86_400_000);
}
