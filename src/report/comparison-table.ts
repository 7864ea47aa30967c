import { TONALITIES } from '../classification/labels.js';
import { shareBars } from './charts.js';
import type { Comparison } from './comparison.js';
import { byTonality } from './opinion-rows.js';
import { OPINION_COLUMNS, opinionCells } from './report-tables.js';
import type { ReportTable } from './report-tables.js';
import { AREA_NAMES } from './swedish.js';

const ALL_COMMENTS = 'Alla kommentarer';

/** The sides beside each other, area by area. */
export function comparisonTable({ kind, rows }: Comparison): ReportTable {
  return {
    id: 'jamforelse',
    title: 'Jämförelse',
    columns: [{ name: 'Område', kind: 'text' }, { name: kind === 'periods' ? 'Period' : 'Kommun', kind: 'text' }, ...OPINION_COLUMNS],
    headers: 2,
    rows: rows.map((row) => [
      { kind: 'text', text: row.area === null ? ALL_COMMENTS : AREA_NAMES[row.area] },
      { kind: 'text', text: row.name },
      ...opinionCells(row),
    ]),
  };
}

/** The same as bars, and in words; `null` where nothing is shown of any side. */
export function comparisonPicture({ rows }: Comparison): { readonly svg: string; readonly description: string } | null {
  const bars = rows.flatMap(({ area, name, comments, shares }) => {
    if (shares === null || comments === null) return [];
    return [
      {
        name: `${area === null ? ALL_COMMENTS : AREA_NAMES[area]}, ${name}`,
        percents: byTonality((tonality) => shares[tonality].percent),
        exactPercents: byTonality((tonality) => (100 * shares[tonality].count) / comments),
      },
    ];
  });
  if (bars.length === 0) return null;
  const told = bars.map(({ name, percents }) => `${name}: ${TONALITIES.map((tonality) => `${percents[tonality]} % ${tonality}`).join(', ')}`);
  return { svg: shareBars(bars), description: `Stapeldiagram. ${told.join('. ')}. Talen står i tabellen.` };
}
