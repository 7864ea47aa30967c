import type { Cell, Column, ReportTable } from './report-tables.js';

/** One value: what a spreadsheet keeps in a cell. `null` is an empty one. */
export type FlatCell = string | { readonly value: number; readonly decimals: number } | null;

export interface FlatColumn {
  readonly name: string;
  readonly isText: boolean;
}

/** What stands where a figure is left out. */
export const HIDDEN_TEXT = 'visas ej';

/**
 * What spreadsheets run as a formula: these characters first in a cell, half or full width (OWASP, CSV injection). Blanks and
 * characters that are not seen may stand before them: what writes or reads the file may leave those out.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;

/** A text that cannot be run as a formula: names of units and questions come from outside. An apostrophe in front makes it text. */
export function harmlessText(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** A share or a mean is three columns in a spreadsheet: the value and the ends of its interval; a change is two. */
export function flatColumns({ columns }: ReportTable): FlatColumn[] {
  return columns.flatMap(({ name, kind, unit }) => {
    switch (kind) {
      case 'share':
        return [`${name}, procent`, `${name}, från`, `${name}, till`].map((part) => ({ name: part, isText: false }));
      case 'mean':
        return [name, `${name}, från`, `${name}, till`].map((part) => ({ name: part, isText: false }));
      case 'change':
        return [
          { name: `${name}, ${unit ?? 'enheter'}`, isText: false },
          { name: `${name}, säkerställd`, isText: true },
        ];
      default:
        return [{ name, isText: kind === 'text' }];
    }
  });
}

/** The cells of a row; texts are {@link harmlessText}. */
export function flatRow({ columns }: ReportTable, row: readonly Cell[]): FlatCell[] {
  return row.flatMap((cell, index) => flatCell(cell, columns[index]!));
}

function flatCell(cell: Cell, column: Column): FlatCell[] {
  const width = column.kind === 'share' || column.kind === 'mean' ? 3 : column.kind === 'change' ? 2 : 1;
  switch (cell.kind) {
    case 'text':
      return [harmlessText(cell.text)];
    case 'number':
      return [{ value: cell.value, decimals: cell.decimals }];
    case 'share':
      return [{ value: cell.percent, decimals: 0 }, ...[cell.interval.low, cell.interval.high].map((value) => ({ value, decimals: 1 }))];
    case 'mean': {
      const { value, interval, decimals } = cell;
      return [{ value, decimals }, ...[interval?.low, interval?.high].map((end) => (end === undefined ? null : { value: end, decimals }))];
    }
    case 'change':
      return [{ value: cell.points, decimals: cell.decimals }, cell.significant ? 'ja' : 'nej'];
    case 'hidden':
      return [HIDDEN_TEXT, ...Array<null>(width - 1).fill(null)];
    case 'none':
      return Array<null>(width).fill(null);
  }
}
