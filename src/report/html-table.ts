import { HIDDEN_TEXT } from './flat-cells.js';
import type { Cell, Link, ReportTable } from './report-tables.js';
import { formatChange, formatCount, formatInterval, formatNumber, formatPercent } from './swedish.js';

/** Text as HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Names longer than this may break into lines: whole questions stand in tables. */
const LONG_NAME_CHARACTERS = 40;

/** A table that scrolls by itself where it is wider than the page, by keyboard too. */
export function htmlTable(table: ReportTable, caption: string, isChosen: (row: readonly Cell[]) => boolean = () => false): string {
  const { columns, rows, headers } = table;
  const head = columns.map((column) => `<th scope="col"${column.kind === 'text' ? ' class="text"' : ''}>${escapeHtml(column.name)}</th>`).join('');
  let before = '';
  const body = rows.map((row) => {
    const name = textOf(row[0]);
    const isFirst = headers > 1 && before !== '' && name !== before;
    before = name;
    const classes = [...(isFirst ? ['first'] : []), ...(isChosen(row) ? ['chosen'] : [])].join(' ');
    const cells = row.map((cell, index) => (index < headers ? rowHead(cell) : `<td${columns[index]!.kind === 'text' ? ' class="text"' : ''}>${cellHtml(cell)}</td>`));
    return `<tr${classes === '' ? '' : ` class="${classes}"`}>${cells.join('')}</tr>`;
  });
  return (
    `<div class="table" role="region" tabindex="0" aria-label="${escapeHtml(table.title)}, tabell">` +
    `<table><caption><span>${escapeHtml(caption)}</span></caption><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
  );
}

function textOf(cell: Cell | undefined): string {
  return cell?.kind === 'text' ? cell.text : '';
}

function rowHead(cell: Cell): string {
  const name = textOf(cell);
  if (name === '') return '<td></td>';
  return `<th scope="row" class="text${name.length > LONG_NAME_CHARACTERS ? ' wrap' : ''}">${linked(escapeHtml(name), cell.kind === 'text' ? cell.link : undefined)}</th>`;
}

function linked(html: string, link: Link | undefined): string {
  if (link === undefined) return html;
  return `<a href="${escapeHtml(link.href)}">${html}${link.label === undefined ? '' : `<span class="unseen">${escapeHtml(link.label)}</span>`}</a>`;
}

function cellHtml(cell: Cell): string {
  switch (cell.kind) {
    case 'text':
      return linked(escapeHtml(cell.text), cell.link);
    case 'number':
      return cell.decimals === 0 ? formatCount(cell.value) : formatNumber(cell.value, cell.decimals);
    case 'share':
      return `${linked(formatPercent(cell.percent), cell.link)}<small>${formatInterval(cell.interval.low, cell.interval.high, 1)}</small>`;
    case 'mean': {
      const interval = cell.interval === null ? '' : `<small>${formatInterval(cell.interval.low, cell.interval.high, cell.decimals)}</small>`;
      return `${formatNumber(cell.value, cell.decimals)}${interval}`;
    }
    case 'change':
      return cell.significant ? `<span class="sure">${formatChange(cell.points, cell.decimals)}&#160;*</span>` : formatChange(cell.points, cell.decimals);
    case 'hidden':
      return `<span class="hidden">${HIDDEN_TEXT}</span>`;
    case 'none':
      return '';
  }
}
