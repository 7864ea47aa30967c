import { flatColumns, flatRow } from './flat-cells.js';
import type { FlatCell } from './flat-cells.js';
import type { ReportTable } from './report-tables.js';

/** How Excel knows that a file is UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * A table as Swedish Excel opens it by a double click: UTF-8 with a byte order mark, semicolons, decimal commas, CRLF.
 */
export function reportCsv(table: ReportTable): string {
  const lines = [flatColumns(table).map(({ name }) => name), ...table.rows.map((row) => flatRow(table, row).map(csvCell))];
  return BYTE_ORDER_MARK + lines.map((cells) => `${cells.map(quoted).join(';')}\r\n`).join('');
}

function csvCell(cell: FlatCell): string {
  if (cell === null) return '';
  return typeof cell === 'string' ? cell : cell.value.toFixed(cell.decimals).replace('.', ',');
}

function quoted(text: string): string {
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
