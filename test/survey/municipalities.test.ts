import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUNICIPALITIES, municipalityName } from '../../src/survey/municipalities.js';

/** The official list, beside the checkout where there is one. */
const LIST = new URL('../../../shared/data/municipalities.csv', import.meta.url);
const present = existsSync(LIST);
if (!present) console.warn('not compared with the official list of municipalities: ../shared/data/municipalities.csv is not there');

describe('municipalities', () => {
  it('are 290, each with a four-digit code and a name of its own', () => {
    expect(MUNICIPALITIES.size).toBe(290);
    expect(new Set(MUNICIPALITIES.values()).size).toBe(290);
    expect([...MUNICIPALITIES.keys()].filter((code) => !/^\d{4}$/.test(code))).toEqual([]);
    expect([...MUNICIPALITIES.keys()]).toEqual([...MUNICIPALITIES.keys()].sort());
  });

  it('are found by code, and only by a code', () => {
    expect(municipalityName('0180')).toBe('Stockholm');
    expect(municipalityName('2584')).toBe('Kiruna');
    for (const code of ['180', '0000', '', 'toString', '__proto__']) expect(municipalityName(code)).toBeUndefined();
  });

  it.skipIf(!present)('are those of the official list', () => {
    const [header, ...lines] = readFileSync(LIST, 'utf8').replace(/^\uFEFF/, '').trim().split(/\r?\n/);
    expect(header).toBe('municipality_code,municipality_name,municipality_name_short,county_code,county_name');
    const official = lines.map((line) => line.split(',')).map(([code, , name]) => [code, name]);
    expect([...MUNICIPALITIES]).toEqual(official.sort(([first], [second]) => first!.localeCompare(second!)));
  });
});
