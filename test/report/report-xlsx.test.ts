import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/report/report.js';
import { reportCsv } from '../../src/report/report-csv.js';
import { reportJson } from '../../src/report/report-json.js';
import { reportTables } from '../../src/report/report-tables.js';
import { MAX_SHEET_ROWS, reportXlsx } from '../../src/report/report-xlsx.js';
import { expectedCells } from './expected-cells.js';
import type { Value } from './expected-cells.js';
import { HOSTILE_UNITS, hostileReport } from './hostile-report.js';
import { readXlsx } from './read-xlsx.js';
import type { ReadSheet } from './read-xlsx.js';

let report: Report;
let sheets: readonly ReadSheet[];
beforeAll(async () => {
  report = await hostileReport();
  sheets = readXlsx(await reportXlsx(report));
});

const SHEETS: Readonly<Record<string, string>> = {
  totalt: 'Alla kommentarer',
  omraden: 'Områden',
  tjanster: 'Kommunala tjänster',
  kommuner: 'Kommuner',
  enheter: 'Enheter',
  spridning: 'Spridning',
  deltagande: 'Deltagande',
  betyg: 'Betyg',
  'enheters-deltagande': 'Enheternas deltagande',
  'enheters-betyg': 'Enheternas betyg',
  index: 'Nöjdhetsindex',
};

function sheet(name: string): ReadSheet {
  return sheets.find((one) => one.name === name)!;
}

function values({ rows }: ReadSheet): Value[][] {
  const width = rows[0]!.length;
  return rows.slice(1).map((row) => Array.from({ length: width }, (_, column) => row[column]?.value ?? null));
}

const inOrder = (rows: readonly (readonly Value[])[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe('the report as an Excel workbook', () => {
  it.each(Object.keys(SHEETS))('has the cells of the JSON in its table %s', (id) => {
    const expected = expectedCells(reportJson(report))[id]!.map((row) => row.map((cell) => (typeof cell === 'string' ? (HOSTILE_UNITS[cell] ?? cell) : cell)));
    expect(expected.length).toBeGreaterThan(0);
    expect(inOrder(values(sheet(SHEETS[id]!)))).toEqual(inOrder(expected));
  });

  it('has numbers as numbers, with their decimals, and changes with their sign', () => {
    const [head, ...rows] = sheet('Enheter').rows;
    const column = (name: string): number => head!.findIndex((cell) => cell?.value === name);
    const row = rows.find((one) => one[column('År')]?.value === '2020' && one[column('Enhet')]?.value === 'Åäö & <Växel>')!;
    expect(row[column('Kommentarer')]).toEqual({ value: 20, format: '#,##0', isFormula: false });
    expect(row[column('Positiv, från')]).toMatchObject({ value: expect.any(Number), format: '#,##0.0' });
    expect(row[column('Förändring, negativ, procentenheter')]).toMatchObject({ value: expect.any(Number), format: '+#,##0;-#,##0;#,##0' });
    expect(sheet('Betyg').rows[1]!.map((cell) => cell?.format)).toContain('#,##0.00');
  });

  it('leaves out in every table what the report leaves out', () => {
    const left = expectedCells(reportJson(report));
    const hiddenRows = Object.values(left).flat().filter((row) => row.includes('visas ej'));
    expect(hiddenRows.length).toBeGreaterThan(5);
    for (const row of values(sheet('Enheter')).filter((one) => one[1] === 'Liten')) {
      expect(row.slice(3)).toEqual(['visas ej', 'visas ej', null, null, 'visas ej', null, null, 'visas ej', null, null, null, null, null, null, null, null]);
    }
    expect(values(sheet('Enheter')).some((row) => row[1] === 'Liten')).toBe(true);
  });

  it('runs no text as a formula, whatever names come from outside', () => {
    const cells = sheets.flatMap(({ rows }) => rows.flat());
    expect(cells.filter((cell) => cell?.isFormula === true)).toEqual([]);
    const texts = cells.flatMap((cell) => (typeof cell?.value === 'string' ? [cell.value] : []));
    for (const name of Object.values(HOSTILE_UNITS)) expect(texts).toContain(name);
    expect(texts.filter((text) => /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(text))).toEqual([]);
  });

  it('keeps heads in sight, and columns as wide as what stands in them', () => {
    for (const { name, rows, widths, frozen } of sheets.slice(1)) {
      expect(frozen.rows, name).toBe(1);
      expect(frozen.columns, name).toBeGreaterThan(0);
      rows.slice(1).forEach((row) =>
        row.forEach((cell, column) => {
          if (typeof cell?.value === 'string') expect(widths[column], `${name}: ${cell.value}`).toBeGreaterThanOrEqual(Math.min(60, cell.value.length));
        }),
      );
    }
  });

  it('says first what it shows, what is left out, and how its figures are made', () => {
    const first = sheets[0]!;
    const told = new Map(first.rows.map(([name, text]) => [name?.value, text?.value]));
    expect(first.name).toBe('Om rapporten');
    expect(told.get('Perioder')).toBe('2019 till 2020 (2)');
    expect(told.get('Minsta grupp')).toContain('5 kommentarer');
    for (const term of ['Tonalitet', 'Avrundning', 'Osäkerhet', 'Små grupper', 'Nöjdhetsindex', 'Kvartiler']) expect(told.get(term), term).toEqual(expect.any(String));
    for (const { name } of sheets.slice(1)) expect(told.has(name), name).toBe(true);
  });

  it('holds the quotes that a report was asked for, as text', async () => {
    const quoted = { ...report, quotes: [{ area: 'tid', tonality: 'negativ', texts: ['-nej, det tog för lång tid', 'Bra\u0001!'] }] } as const;
    expect(values(readXlsx(await reportXlsx(quoted)).at(-1)!)).toEqual([
      ['Tid', 'Negativ', "'-nej, det tog för lång tid"],
      ['Tid', 'Negativ', 'Bra!'],
    ]);
  });

  it('refuses a table that no spreadsheet takes, and says what to do', async () => {
    const row = report.totals[0]!;
    await expect(reportXlsx({ ...report, totals: Array.from({ length: MAX_SHEET_ROWS + 1 }, () => row) })).rejects.toMatchObject({ code: 'REPORT_INVALID', message: expect.stringContaining('longer periods') });
  });
});

describe('the report as CSV', () => {
  it('has no text that a spreadsheet would run, and numbers with their own sign', () => {
    const csv = reportCsv(reportTables(report).find(({ id }) => id === 'enheter')!);
    const cells = csv.slice(1).split('\r\n').flatMap((line) => line.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/)).map((cell) => cell.replace(/^"|"$/g, ''));
    expect(cells.filter((cell) => /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(cell) && !/^-\d+(,\d+)?$/.test(cell))).toEqual([]);
    for (const name of Object.values(HOSTILE_UNITS)) expect(cells).toContain(name.replaceAll('"', '""'));
    expect(cells.some((cell) => /^-\d+$/.test(cell))).toBe(true);
  });
});
