import writeExcelFile from 'write-excel-file/node';
import type { CellObject, Row } from 'write-excel-file/node';
import { TonalitetError } from '../errors.js';
import { HIDDEN_TEXT, flatColumns, flatRow, harmlessText } from './flat-cells.js';
import type { FlatCell } from './flat-cells.js';
import type { Report } from './report.js';
import { reportTables } from './report-tables.js';
import type { ReportTable } from './report-tables.js';
import { definitions, reportSubtitle, reportTitle } from './report-text.js';
import { AREA_NAMES, PERIOD_NAMES, TONALITY_NAMES, periodName } from './swedish.js';

/**
 * The most rows of a sheet. Excel takes 1,048,576; so many cells with their formats need gigabytes while the file is made, and
 * nobody reads them.
 */
export const MAX_SHEET_ROWS = 100_000;

/** Names below the sheets, by table: Excel takes 31 characters, and the titles are longer. */
const SHEET_NAMES: Readonly<Record<string, string>> = {
  totalt: 'Alla kommentarer',
  omraden: 'Områden',
  tjanster: 'Kommunala tjänster',
  rorelser: 'Störst förändringar',
  kommuner: 'Kommuner',
  spridning: 'Spridning',
  enheter: 'Enheter',
  deltagande: 'Deltagande',
  betyg: 'Betyg',
  'enheters-deltagande': 'Enheternas deltagande',
  'enheters-betyg': 'Enheternas betyg',
  index: 'Nöjdhetsindex',
  kvalitet: 'Utan tonalitet och osäkra',
};
type Sheet = Parameters<typeof writeExcelFile>[0][number];

const FIRST_SHEET = 'Om rapporten';
const QUOTE_SHEET = 'Kommentarer i ord';

const INK = '#16202a';
const QUIET = '#4d5966';
const BAND = '#e8edf1';
const HEAD: CellObject = { fontWeight: 'bold', backgroundColor: BAND, textColor: INK, wrap: true, alignVertical: 'bottom', bottomBorderStyle: 'medium', bottomBorderColor: QUIET };

/** Column widths in characters of the standard font. */
const NARROWEST = 9;
const WIDEST = 60;
/** A heading may break into lines: numbers need less room than their names. */
const HEAD_LINE_CHARACTERS = 14;
/** The sheet that is read, not counted in: the first column names, the second tells. */
const TEXT_WIDTHS = [{ width: 26 }, { width: 100 }];

/**
 * The report as an Excel workbook: what it is and how it is made on the first sheet, then a sheet for each table that has rows.
 * Numbers are numbers, what is left out is the text `visas ej`, and no text is run as a formula.
 *
 * @throws TonalitetError `REPORT_INVALID` for a table of more than {@link MAX_SHEET_ROWS} rows.
 */
export async function reportXlsx(report: Report): Promise<Uint8Array> {
  const tables = reportTables(report).filter(({ rows }) => rows.length > 0);
  const sheets: Sheet[] = [firstSheet(report, tables), ...tables.map(tableSheet), ...quoteSheet(report)];
  return writeExcelFile(sheets, { fontFamily: 'Calibri', fontSize: 11 }).toBuffer();
}

function firstSheet(report: Report, tables: readonly ReportTable[]): Sheet {
  const { scope } = report;
  const heading = (text: string): Row => [{ value: text, fontWeight: 'bold', fontSize: 13, textColor: INK }];
  const line = (name: string, value: string): Row => [
    { value: name, fontWeight: 'bold', alignVertical: 'top' },
    { value: harmlessText(value), wrap: true, alignVertical: 'top' },
  ];
  const periods = scope.periods;
  const data: Row[] = [
    [{ value: reportTitle(report), fontWeight: 'bold', fontSize: 16, textColor: INK }],
    [{ value: reportSubtitle(report), textColor: QUIET }],
    [],
    heading('Vad som visas'),
    line('Kommun', scope.municipality === null ? 'Alla kommuner tillsammans, och var och en bredvid de andra' : `${scope.municipality.name} (${scope.municipality.code}); de andra kommunerna finns med i jämförelsen`),
    line('Indelning', PERIOD_NAMES[scope.period]),
    line('Perioder', `${periodName(periods[0] ?? '')} till ${periodName(periods.at(-1) ?? '')} (${periods.length})`),
    line('Första och sista dag', `${scope.from} till ${scope.to}`),
    line('Minsta grupp', `${scope.threshold} kommentarer. Det som har lämnats ut står som ”${HIDDEN_TEXT}”.`),
    line('Enheter', 'Andelar är i procent (38 betyder 38 %), förändringar i procentenheter från perioden före. Från och till är gränserna för 95 % konfidensintervall.'),
    [],
    heading('Blad'),
    ...tables.map(({ id, title }) => line(SHEET_NAMES[id] ?? title, title)),
    ...(report.quotes.length === 0 ? [] : [line(QUOTE_SHEET, 'Avidentifierade av programmet. Läs igenom dem innan rapporten sprids.')]),
    [],
    heading('Så är siffrorna gjorda'),
    ...definitions(report).map(({ term, meaning }) => line(term, meaning)),
  ];
  return { sheet: FIRST_SHEET, data, columns: TEXT_WIDTHS, showGridLines: false };
}

function tableSheet(table: ReportTable): Sheet {
  if (table.rows.length > MAX_SHEET_ROWS) {
    throw new TonalitetError(
      'REPORT_INVALID',
      `Expected at most ${MAX_SHEET_ROWS} rows in the table '${table.id}', got ${table.rows.length}. Choose longer periods, a shorter time, or --format csv.`,
    );
  }
  const columns = flatColumns(table);
  const signed = table.columns.flatMap((column) => flatColumns({ ...table, columns: [column] }).map((_, part) => column.kind === 'change' && part === 0));
  const rows = table.rows.map((row) => flatRow(table, row));
  const widths = columns.map(({ name }) => Math.min(name.length, Math.max(HEAD_LINE_CHARACTERS, ...name.split(' ').map((word) => word.length))));
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index]!, shownLength(cell))));
  return {
    sheet: SHEET_NAMES[table.id] ?? table.title,
    data: [
      columns.map(({ name, isText }): CellObject => ({ ...HEAD, value: name, align: isText ? 'left' : 'right' })),
      ...rows.map((row) => row.map((cell, index) => excelCell(cell, signed[index]!))),
    ],
    columns: widths.map((width) => ({ width: Math.min(WIDEST, Math.max(NARROWEST, width + 2)) })),
    stickyRowsCount: 1,
    stickyColumnsCount: table.headers,
    orientation: 'landscape',
  };
}

function quoteSheet({ quotes }: Report): Sheet[] {
  if (quotes.length === 0) return [];
  const spoken = quotes.flatMap(({ area, tonality, texts }) =>
    texts.map((text): Row => [
      { value: AREA_NAMES[area], alignVertical: 'top' },
      { value: TONALITY_NAMES[tonality], alignVertical: 'top' },
      { value: harmlessText(text), wrap: true, alignVertical: 'top' },
    ]),
  );
  const head = ['Område', 'Tonalitet', 'Kommentar'].map((value): CellObject => ({ ...HEAD, value, align: 'left' }));
  return [{ sheet: QUOTE_SHEET, data: [head, ...spoken], columns: [{ width: 22 }, { width: 12 }, { width: 100 }], stickyRowsCount: 1 }];
}

function shownLength(cell: FlatCell): number {
  if (cell === null) return 0;
  // A space for every three digits, and a sign.
  return typeof cell === 'string' ? cell.length : Math.ceil(cell.value.toFixed(cell.decimals).length * 1.3) + 1;
}

function excelCell(cell: FlatCell, isSigned: boolean): CellObject | null {
  if (cell === null) return null;
  if (typeof cell !== 'string') return { value: cell.value, type: Number, format: numberFormat(cell.decimals, isSigned) };
  // The format of texts: Excel then leaves the cell a text when somebody edits it.
  return cell === HIDDEN_TEXT ? { value: cell, type: String, format: '@', textColor: QUIET, fontStyle: 'italic', align: 'right' } : { value: cell, type: String, format: '@' };
}

/** Excel's own notation; a Swedish Excel shows a decimal comma and spaces between thousands. */
function numberFormat(decimals: number, isSigned: boolean): string {
  const digits = decimals === 0 ? '#,##0' : `#,##0.${'0'.repeat(decimals)}`;
  return isSigned ? `+${digits};-${digits};${digits}` : digits;
}
