import { HIDDEN_TEXT } from './flat-cells.js';
import type { PdfDocument, Structure, TextStyle } from './pdf-document.js';
import { BAND, BOLD_CELL, CAPTION, CELL, INK, LINE, QUIET_CELL, SMALL_CELL } from './pdf-style.js';
import type { Cell, ReportTable } from './report-tables.js';
import { formatChange, formatCount, formatInterval, formatNumber, formatPercent } from './swedish.js';

/** A line of a cell. */
interface Line {
  readonly text: string;
  readonly style: TextStyle;
}

const PAD_X = 4;
const PAD_Y = 2.5;
/** Words longer than this may be cut: names of units come from outside. */
const WIDEST_WORD = 110;
/** So many rows stay with the heading of their table at the least. */
const ROWS_WITH_HEAD = 3;

/** A table over as many pages as it needs, with its heads on each of them. */
export function drawTable(document: PdfDocument, table: ReportTable, caption: string, isChosen: (row: readonly Cell[]) => boolean): void {
  const { columns, rows, headers } = table;
  const widths = columnWidths(document, table);
  const lefts = widths.map((_, index) => document.left + sum(widths.slice(0, index)));
  const fit = ({ text, style }: Line, index: number): Line[] => document.lines(text, style, widths[index]! - 2 * PAD_X).map((line) => ({ text: line, style }));
  const head = columns.map(({ name }, index) => fit({ text: name, style: BOLD_CELL }, index));
  const laid = rows.map((row) => {
    const style = isChosen(row) ? BOLD_CELL : CELL;
    return row.map((cell, index) => (cell.kind === 'text' ? fit({ text: cell.text, style }, index) : linesOf(cell)));
  });
  const heightOf = (cells: readonly (readonly Line[])[]): number => 2 * PAD_Y + Math.max(...cells.map((lines) => linesHeight(document, lines)));
  const headHeight = heightOf(head);
  const tableWidth = sum(widths);

  const captionHeight = document.textHeight(caption, CAPTION, document.width) + 4;
  document.makeRoom(captionHeight + headHeight + sum(laid.slice(0, ROWS_WITH_HEAD).map(heightOf)));
  const structure = document.structure('Table');
  const captionTop = document.y;
  let y = captionTop;
  structure.part('Caption', () => {
    for (const line of document.lines(caption, CAPTION, document.width)) {
      document.text(line, document.left, y, CAPTION);
      y += document.lineHeight(CAPTION);
    }
  });
  document.y = captionTop + captionHeight;

  const drawCell = (lines: readonly Line[], index: number, top: number): void => {
    let at = top + PAD_Y;
    const isText = columns[index]!.kind === 'text';
    for (const { text, style } of lines) {
      document.text(text, isText ? lefts[index]! + PAD_X : lefts[index]! + widths[index]! - PAD_X, at, style, isText ? 'left' : 'right');
      at += document.lineHeight(style);
    }
  };
  const rule = (top: number, colour: string, width: number): void =>
    document.decoration(() => document.line([[document.left, top], [document.left + tableWidth, top]], { colour, width }));
  const row = (parent: Structure, cells: readonly (readonly Line[])[], headCount: number, scope: 'Column' | 'Row'): void => {
    const group = parent.group('TR');
    const top = document.y;
    cells.forEach((lines, index) => {
      const isHead = index < headCount && lines.some(({ text }) => text !== '');
      group.cell(isHead, isHead ? scope : null, () => drawCell(lines, index, top));
    });
    group.end();
    document.y = top + heightOf(cells);
  };

  row(structure, head, head.length, 'Column');
  rule(document.y, INK, 1);
  let before = '';
  laid.forEach((cells, index) => {
    const height = heightOf(cells);
    if (document.makeRoom(height)) {
      const top = document.y;
      document.decoration(() => head.forEach((lines, column) => drawCell(lines, column, top)));
      document.y = top + headHeight;
      rule(document.y, INK, 1);
    }
    const [first] = rows[index]!;
    const name = first?.kind === 'text' ? first.text : '';
    // A line between groups of rows that are about the same.
    if (index > 0) rule(document.y, headers > 1 && name !== before ? INK : LINE, 0.5);
    before = name;
    if (isChosen(rows[index]!)) document.decoration(() => document.rectangle(document.left, document.y, tableWidth, height, BAND));
    row(structure, cells, headers, 'Row');
  });
  rule(document.y, LINE, 0.5);
  structure.end();
  document.y += 8;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function linesHeight(document: PdfDocument, lines: readonly Line[]): number {
  return sum(lines.map(({ style }) => document.lineHeight(style)));
}

/** Numbers get what they need; texts share the rest, the longest giving up most, and break into lines between words where that can be. */
function columnWidths(document: PdfDocument, { columns, rows }: ReportTable): number[] {
  const longestWord = (text: string): number => Math.max(...text.split(' ').map((word) => document.textWidth(word, BOLD_CELL)));
  const widest = (index: number, of: (line: Line) => number): number =>
    rows.reduce((most, row) => linesOf(row[index]!).reduce((width, line) => Math.max(width, of(line)), most), 0);
  const isText = columns.map(({ kind }) => kind === 'text');
  const wanted = columns.map(({ name }, index) => Math.max(longestWord(name), widest(index, ({ text, style }) => document.textWidth(text, { ...style, bold: true }))) + 2 * PAD_X);
  const left = document.width - sum(wanted.filter((_, index) => !isText[index]));
  if (sum(wanted.filter((_, index) => isText[index])) <= left) return wanted;
  const least = columns.map(({ name }, index) => (isText[index] ? Math.min(WIDEST_WORD, Math.max(longestWord(name), widest(index, ({ text }) => longestWord(text)))) + 2 * PAD_X : 0));
  const cut = (limit: number): number[] => wanted.map((width, index) => (isText[index] ? Math.max(least[index]!, Math.min(width, limit)) : width));
  // The widest column that still lets all of them in.
  let [low, high] = [0, document.width];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (sum(cut(middle)) <= document.width) low = middle;
    else high = middle;
  }
  const widths = cut(low);
  const texts = sum(widths.filter((_, index) => isText[index]));
  // Words that are too long together break wherever they must.
  return sum(widths) <= document.width ? widths : widths.map((width, index) => (isText[index] ? (width / texts) * left : width));
}

function linesOf(cell: Cell): Line[] {
  switch (cell.kind) {
    case 'text':
      return [{ text: cell.text, style: CELL }];
    case 'number':
      return [{ text: cell.decimals === 0 ? formatCount(cell.value) : formatNumber(cell.value, cell.decimals), style: CELL }];
    case 'share':
      return [
        { text: formatPercent(cell.percent), style: CELL },
        { text: formatInterval(cell.interval.low, cell.interval.high, 1), style: SMALL_CELL },
      ];
    case 'mean':
      return [
        { text: formatNumber(cell.value, cell.decimals), style: CELL },
        ...(cell.interval === null ? [] : [{ text: formatInterval(cell.interval.low, cell.interval.high, cell.decimals), style: SMALL_CELL }]),
      ];
    case 'change':
      return cell.significant
        ? [{ text: `${formatChange(cell.points, cell.decimals)} *`, style: BOLD_CELL }]
        : [{ text: formatChange(cell.points, cell.decimals), style: CELL }];
    case 'hidden':
      return [{ text: HIDDEN_TEXT, style: QUIET_CELL }];
    case 'none':
      return [];
  }
}
