import { TONALITIES } from '../classification/labels.js';
import type { ShareBar } from './charts.js';
import type { Comparison } from './comparison.js';
import { byTonality } from './opinion-rows.js';
import type { Picture, ReportSection } from './report-sections.js';
import { OPINION_COLUMNS, opinionCells } from './report-tables.js';
import type { ReportTable } from './report-tables.js';
import { AREA_NAMES, listed, periodName } from './swedish.js';

const ALL_COMMENTS = 'Alla kommentarer';

/** The sides beside each other, area by area, as a table and as bars. */
export function comparisonSection(comparison: Comparison): ReportSection {
  const { sides, period } = comparison;
  return {
    id: 'jamforelse',
    title: `Jämförelse: ${listed(sides)}${period === null ? '' : ` ${periodName(period)}`}`,
    pictures: pictures(comparison),
    note: null,
    table: table(comparison),
    caption: 'Andel i procent med 95 % konfidensintervall. Förändring i procentenheter från den första i varje område; * är statistiskt säkerställd.',
    isChosen: () => false,
    quotes: [],
  };
}

function table({ kind, rows }: Comparison): ReportTable {
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

function pictures({ rows }: Comparison): Picture[] {
  const bars = rows.flatMap(({ area, name, comments, shares }): ShareBar[] => {
    if (shares === null || comments === null) return [];
    return [
      {
        name: `${area === null ? ALL_COMMENTS : AREA_NAMES[area]}, ${name}`,
        percents: byTonality((tonality) => shares[tonality].percent),
        exactPercents: byTonality((tonality) => (100 * shares[tonality].count) / comments),
      },
    ];
  });
  if (bars.length === 0) return [];
  const told = bars.map(({ name, percents }) => `${name}: ${TONALITIES.map((tonality) => `${percents[tonality]} % ${tonality}`).join(', ')}`);
  return [{ kind: 'bars', caption: 'Andelar, procent', description: `Stapeldiagram. ${told.join('. ')}. Talen står i tabellen.`, bars }];
}
