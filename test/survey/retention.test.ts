import { describe, expect, it } from 'vitest';
import { formatDay, parseDay } from '../../src/survey/calendar.js';
import { parseChecked } from '../../src/survey/checked-file.js';
import { RETENTION_FILE, firstDayKept } from '../../src/survey/retention.js';

const FILE = `format: 1
recording: { keep: 30 days, decision: KS 2026/1 }
text: { keep: 2 years, decision: KS 2026/1 }
response: { keep: 5 years, decision: KS 2026/1 }
aggregate: { keep: forever }
`;

function problemsOf(text: string): readonly string[] {
  const reading = parseChecked(text, RETENTION_FILE);
  return reading.kind === 'problems' ? reading.problems.map(({ line, message }) => `${line}: ${message}`) : [];
}

describe('a retention file', () => {
  it('is read', () => {
    expect(parseChecked(FILE, RETENTION_FILE)).toEqual({
      kind: 'value',
      value: {
        recording: { keep: { count: 30, unit: 'days' }, decision: 'KS 2026/1' },
        text: { keep: { count: 2, unit: 'years' }, decision: 'KS 2026/1' },
        response: { keep: { count: 5, unit: 'years' }, decision: 'KS 2026/1' },
        aggregate: { keep: 'forever' },
      },
    });
  });

  it.each([
    ['keep: 30 days, decision: KS 2026/1', 'keep: 30 days', /^2: recording.*: expected the reference of the deletion decision/],
    ['keep: 30 days', 'keep: 30', /^2: recording\.keep: expected/],
    ['keep: 30 days', 'keep: 0 days', /^2: recording\.keep: expected/],
    ['text: { keep: 2 years', 'text: { keep: 6 years', /^3: text\.keep: expected a time that is not longer than that of response/],
    ['aggregate: { keep: forever }', 'aggregate: { keep: 1 years, decision: x }', /^4: response\.keep: expected a time that is not longer than that of aggregate/],
    ['aggregate:', 'agregate:', /^5: agregate: expected only the fields of the schema/],
  ])('%s -> %s is told with its line', (from, to, expected) => {
    expect(FILE).toContain(from);
    expect(problemsOf(FILE.replace(from, to)).some((problem) => expected.test(problem))).toBe(true);
  });
});

describe('the first day that is kept', () => {
  it.each([
    ['2026-03-31', 30, 'days', '2026-03-01'],
    ['2026-03-31', 1, 'months', '2026-02-28'],
    ['2024-03-31', 1, 'months', '2024-02-29'],
    ['2024-02-29', 1, 'years', '2023-02-28'],
    ['2026-01-15', 14, 'months', '2024-11-15'],
    ['2026-12-01', 5, 'years', '2021-12-01'],
  ] as const)('on %s, %i %s back, is %s', (today, count, unit, first) => {
    expect(formatDay(firstDayKept({ keep: { count, unit }, decision: 'x' }, parseDay(today)!)!)).toBe(first);
  });

  it('is none where it is kept for ever', () => {
    expect(firstDayKept({ keep: 'forever' }, 20_000)).toBeUndefined();
  });
});
