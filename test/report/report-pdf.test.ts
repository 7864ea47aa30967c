import { beforeAll, describe, expect, it } from 'vitest';
import { reportJson } from '../../src/report/report-json.js';
import { drawableText } from '../../src/report/pdf-document.js';
import { reportPdf } from '../../src/report/report-pdf.js';
import { reportSections } from '../../src/report/report-sections.js';
import type { Report } from '../../src/report/report.js';
import { expectedCells } from './expected-cells.js';
import type { Value } from './expected-cells.js';
import { hostileReport } from './hostile-report.js';
import { elementsOf, readPdf, textOf } from './read-pdf.js';
import type { ReadElement, ReadPdf } from './read-pdf.js';

const WHEN = new Date('2021-01-15T10:00:00Z');

let report: Report;
let pdf: ReadPdf;
beforeAll(async () => {
  report = await hostileReport({ municipality: '0180' });
  pdf = readPdf(await reportPdf(report, WHEN));
});

/** The rows of a table by their cells, the head first. */
function rowsOf(table: ReadElement): string[][] {
  return table.parts.filter(({ role }) => role === 'TR').map(({ parts }) => parts.map(({ text }) => text));
}

function tableUnder(document: ReadPdf, heading: string): ReadElement {
  const { parts } = document.structure;
  const at = parts.findIndex(({ role, text }) => role === 'H2' && text === heading);
  return parts.slice(at).find(({ role }) => role === 'Table')!;
}

/** Values of a spreadsheet as they are read on paper: a share and its interval in one cell, a mark where a change is sure. */
function onPaper(cells: readonly Value[], columns: string): string[] {
  const number = (value: Value, decimals: number): string => (value as number).toFixed(decimals).replace('.', ',').replace('-', '\u2212').replace(/\B(?=(\d{3})+$)/g, '\u00a0');
  const rest = [...cells];
  return [...columns].map((kind) => {
    const value = rest.shift()!;
    const [low, high] = kind === 's' ? rest.splice(0, 2) : [];
    const [sure] = kind === 'c' ? rest.splice(0, 1) : [];
    if (value === null) return '';
    if (typeof value === 'string') return value;
    if (kind === 's') return `${number(value, 0)}\u00a0%\n${number(low!, 1)}\u2013${number(high!, 1)}`;
    if (kind !== 'c') return number(value, 0);
    const sign = value > 0 ? '+' : value === 0 ? '\u00b1' : '';
    return `${sign}${number(value, 0)}${sure === 'ja' ? ' *' : ''}`;
  });
}

describe('the report as a PDF', () => {
  it('says its language, title and standard, and has its fonts in itself', () => {
    expect(pdf).toMatchObject({ lang: 'sv-SE', title: 'Vad medborgarna tycker: Stockholm, 2019 till 2020', isMarked: true, showsTitle: true, images: 0 });
    expect(pdf.metadata).toContain('<pdfuaid:part>1</pdfuaid:part>');
    expect(pdf.fonts.length).toBeGreaterThan(0);
    for (const { name, isEmbedded } of pdf.fonts) {
      expect(name).toContain('DejaVu');
      expect(isEmbedded, name).toBe(true);
    }
  });

  it('has one title, a heading for each part in their order, and a bookmark for each heading', () => {
    expect(elementsOf(pdf.structure, 'H1').map(textOf)).toEqual(['Vad medborgarna tycker: Stockholm']);
    const headings = [...reportSections(report).map(({ title }) => title), 'Så är siffrorna gjorda'];
    expect(elementsOf(pdf.structure, 'H2').map(textOf)).toEqual(headings);
    expect(pdf.bookmarks).toEqual(headings);
  });

  it.each([
    ['Områden', 'omraden', 'ttnsssccc'],
    ['Enheter', 'enheter', 'tttnsssccc'],
    ['Alla kommentarer', 'totalt', 'tnnsssccc'],
  ])('has the cells of the JSON in its table %s', (heading, id, columns) => {
    const expected = expectedCells(reportJson(report))[id]!.map((row) => onPaper(row, columns).map(drawableText));
    const rows = rowsOf(tableUnder(pdf, heading)).slice(1).map((row) => row.slice(0, columns.length).map((cell, index) => (columns[index] === 't' ? cell.replaceAll('\n', ' ') : cell)));
    const inOrder = (all: readonly (readonly string[])[]): string[] => all.map((row) => row.join('|').replaceAll(' ', '')).sort();
    expect(expected.length).toBeGreaterThan(0);
    expect(inOrder(rows)).toEqual(inOrder(expected));
  });

  it('leaves out what the report leaves out', () => {
    const small = rowsOf(tableUnder(pdf, 'Enheter')).filter((row) => row[1] === 'Liten');
    expect(small.map((row) => row.slice(3))).toEqual([2019, 2020].map(() => ['visas ej', 'visas ej', 'visas ej', 'visas ej', '', '', '']));
  });

  it('marks the heads of columns and rows as what they are, and each table with its name', () => {
    for (const table of elementsOf(pdf.structure, 'Table')) {
      const [caption, head, ...rows] = table.parts;
      expect(caption?.role).toBe('Caption');
      expect(caption?.text).not.toBe('');
      expect(new Set(head!.parts.map(({ role, scope }) => `${role} ${scope}`))).toEqual(new Set(['TH Column']));
      for (const row of rows) {
        expect(row.parts).toHaveLength(head!.parts.length);
        expect(row.parts[0]).toMatchObject({ role: 'TH', scope: 'Row' });
      }
    }
  });

  it('tells in words what each picture shows', () => {
    const figures = elementsOf(pdf.structure, 'Figure');
    const pictures = reportSections(report).flatMap((section) => section.pictures);
    expect(figures.map(({ alt }) => alt)).toEqual(pictures.map(({ description }) => description));
    // The numbers in the bars are those of the table.
    const labelled = report.areas.flatMap(({ period, shares }) => (period === '2020' && shares !== null ? Object.values(shares) : [])).filter(({ percent }) => percent >= 5);
    expect(labelled.length).toBeGreaterThan(3);
    for (const { percent } of labelled) expect(figures[0]!.text.split('\n')).toContain(String(percent));
  });

  it('has the letters of names from outside', () => {
    expect(textOf(tableUnder(pdf, 'Enheter')).replaceAll('\n', ' ')).toContain('Åäö & <Växel>');
  });

  it('breaks names between their words, and not within', () => {
    const rows = rowsOf(tableUnder(pdf, 'Betyg')).slice(1);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(['Handläggare', 'Digitala tjänster', 'Kommunala tjänster', 'Tid', 'Helhet']).toContain(row[1]!.replaceAll('\n', ' '));
  });

  it('numbers its pages, and says the heads of a table again where it goes on', async () => {
    const long = await hostileReport({ period: 'month', from: '2019-01-01', to: '2020-12-31' });
    const file = readPdf(await reportPdf(long, WHEN));
    expect(file.pages).toBeGreaterThan(2);
    file.artifacts.forEach((text, page) => expect(text).toContain(`Sida ${page + 1} av ${file.pages}`));
    const rows = rowsOf(tableUnder(file, 'Områden'));
    expect(rows).toHaveLength(1 + 5 * 24);
    // It is read out once, and seen on each page.
    for (const table of elementsOf(file.structure, 'Table')) {
      const names = elementsOf(table, 'TH').filter(({ scope }) => scope === 'Column').map(({ text }) => text);
      expect(new Set(names).size).toBe(names.length);
    }
    expect(file.artifacts.filter((text) => text.includes('Månad')).length).toBeGreaterThan(1);
  });

  it('shows a quote over as many pages as it takes, and every municipality of a country in pictures of a page each', async () => {
    const text = 'Det tog lång tid att få svar. '.repeat(600);
    const row = report.municipalities.find(({ area, period, shares }) => area === null && period === '2020' && shares !== null)!;
    const many = Array.from({ length: 100 }, (_, index) => ({ ...row, municipality: String(index), name: `Kommun ${index}`, rank: index }));
    const file = readPdf(await reportPdf({ ...report, municipalities: many, quotes: [{ area: 'tid', tonality: 'negativ', texts: [text] }] }, WHEN));
    const [quote] = elementsOf(file.structure, 'BlockQuote');
    expect(textOf(quote!).replace(/\s+/g, '') === text.replace(/\s+/g, '')).toBe(true);
    expect(elementsOf(file.structure, 'Figure').filter(({ alt }) => alt!.startsWith('Punktdiagram'))).toHaveLength(3);
  });

  it('has a letter in the fonts for each that it draws', () => {
    expect(drawableText('Åäö éèñ ßøŁżč Ωλ Жд − – ’ ”')).toBe('Åäö éèñ ßøŁżč Ωλ Жд − – ’ ”');
    expect(drawableText('A\u030A \uFF1D \uFB01 \u{1F600} \u4E2D \u0001')).toBe('Å = fi ? ? ?');
  });

  it('is the same file for the same report', async () => {
    expect(Buffer.from(await reportPdf(report, WHEN)).equals(Buffer.from(await reportPdf(report, WHEN)))).toBe(true);
  });
});
