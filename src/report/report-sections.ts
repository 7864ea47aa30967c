import { AREAS, TONALITIES } from '../classification/labels.js';
import type { Area } from '../classification/labels.js';
import { municipalityTitle } from '../survey/municipalities.js';
import type { Dot, ShareBar, Trend } from './charts.js';
import { byTonality } from './opinion-rows.js';
import type { OpinionRow, QuoteGroup, Report } from './report.js';
import { capitalised } from './report-text.js';
import { reportTables } from './report-tables.js';
import type { Cell, ReportLinks, ReportTable } from './report-tables.js';
import { AREA_NAMES, SERVICE_NAMES, formatNumber, periodName } from './swedish.js';

/** A picture before it is drawn: what it shows, and what it tells those who do not see it. */
export type Picture = PictureWords &
  (
    | { readonly kind: 'bars'; readonly bars: readonly ShareBar[] }
    | { readonly kind: 'trends'; readonly trends: readonly Trend[]; readonly periods: readonly string[] }
    | { readonly kind: 'dots'; readonly dots: readonly Dot[]; readonly median: number }
  );

interface PictureWords {
  readonly caption: string;
  /** Stands in for the picture. */
  readonly description: string;
}

/** A part of the report as a person reads it, whatever it is written on. */
export interface ReportSection {
  /** Unique in a report. */
  readonly id: string;
  readonly title: string;
  readonly pictures: readonly Picture[];
  /** Stands before the table; `null`: nothing does. */
  readonly note: string | null;
  /** `null` in the section of quotes. */
  readonly table: ReportTable | null;
  readonly caption: string;
  /** Whether a row is about what the reader asked for. */
  readonly isChosen: (row: readonly Cell[]) => boolean;
  /** Empty but in the section of quotes. */
  readonly quotes: readonly QuoteGroup[];
}

/** How the sections of a page are chosen; a report in a file needs none of it. */
export interface SectionOptions {
  /** The area that the municipalities are beside each other in; `null`: all comments. @default null */
  readonly area?: Area | null;
  /** Codes of the municipalities that are marked among the others. @default the one that the report is about */
  readonly marked?: readonly string[];
  /** @default none */
  readonly links?: ReportLinks;
}

/**
 * The parts of a report for people: each table that has rows, with its pictures. Of what a spreadsheet has of every period or every
 * municipality, the last period or the total.
 */
export function reportSections(report: Report, options: SectionOptions = {}): ReportSection[] {
  const { area = null, links = {}, marked = report.scope.municipality === null ? [] : [report.scope.municipality.code] } = options;
  const tables = new Map(reportTables(lastMunicipalities(report, area), links).map((table) => [table.id, table]));
  const plain = (id: string, caption: string, keep: (table: ReportTable) => ReportTable = (table) => table, pictures: readonly Picture[] = []): ReportSection[] => {
    const table = keep(tables.get(id)!);
    return table.rows.length === 0 ? [] : [{ id, title: table.title, pictures, note: null, table, caption, isChosen: () => false, quotes: [] }];
  };
  const same = (table: ReportTable): ReportTable => table;
  const shares = 'Andel i procent med 95 % konfidensintervall. Förändring i procentenheter från perioden före; * är statistiskt säkerställd.';
  const participation = 'Svarsfrekvensen är svarade av tillfrågade, och visas där även de som inte svarade är registrerade.';
  const ratings = 'Medelvärde med 95 % konfidensintervall, och förändring från perioden före; * är statistiskt säkerställd.';
  const sameMunicipality = (table: ReportTable): ReportTable => without(0, table);
  return [
    ...plain('omraden', shares, same, areaPictures(report)),
    ...plain('rorelser', 'De största förändringarna från perioden före till den sista, i procentenheter; * är statistiskt säkerställd.'),
    ...plain('tjanster', shares, same, servicePictures(report)),
    ...municipalitySection(report, tables.get('kommuner')!, shares, area, marked),
    ...plain('spridning', `Andel i procent ${periodName(report.scope.periods.at(-1) ?? '')} bland de kommuner som visas.`, (table) => without(1, table)),
    ...(report.scope.municipality === null ? [] : plain('enheter', shares)),
    ...plain('totalt', shares),
    ...plain('deltagande', participation, onlyTotals),
    ...plain('betyg', ratings, onlyTotals),
    ...(report.scope.municipality === null ? [] : [...plain('enheters-deltagande', participation, sameMunicipality), ...plain('enheters-betyg', ratings, sameMunicipality)]),
    ...plain('index', 'Ett index liknande NKI, från 0 till 100, med 95 % konfidensintervall, och förändring från perioden före; * är statistiskt säkerställd.', onlyTotals),
    ...plain('kvalitet', 'Räknas inte i andelarna: kommentarer utan åsikt eller ord, och de som ännu inte har bedömts. Osäkra och rättade räknas.'),
    ...quoteSection(report),
  ];
}

/** Beside each other stand the municipalities of one period; the others are in the files for spreadsheets. */
function lastMunicipalities(report: Report, about: Area | null): Report {
  const last = report.scope.periods.at(-1);
  const { municipalities, spread } = report;
  return {
    ...report,
    municipalities: municipalities
      .filter(({ period, area }) => period === last && area === about)
      .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity) || a.name.localeCompare(b.name, 'sv')),
    spread: spread.filter(({ period }) => period === last),
  };
}

function onlyTotals(table: ReportTable): ReportTable {
  const isTotal = ([first]: readonly Cell[]): boolean => first?.kind === 'text' && first.text === 'Totalt';
  return without(0, { ...table, rows: table.rows.filter(isTotal) });
}

/** A table without one of its heading columns: what is the same in all rows stands in the caption. */
function without(column: number, table: ReportTable): ReportTable {
  const others = <Item>(items: readonly Item[]): Item[] => items.filter((_, index) => index !== column);
  return { ...table, headers: table.headers - 1, columns: others(table.columns), rows: table.rows.map(others) };
}

function percentsOf(row: OpinionRow | undefined): Record<(typeof TONALITIES)[number], number> | null {
  const shares = row?.shares ?? null;
  return shares === null ? null : byTonality((tonality) => shares[tonality].percent);
}

function barsOf<Row extends OpinionRow>(rows: readonly Row[], period: string | undefined, nameOf: (row: Row) => string): Picture[] {
  const bars = rows.flatMap((row): ShareBar[] => {
    const percents = row.period === period ? percentsOf(row) : null;
    if (percents === null) return [];
    return [{ name: nameOf(row), percents, exactPercents: byTonality((tonality) => (100 * row.shares![tonality].count) / row.comments!) }];
  });
  if (bars.length === 0) return [];
  const told = bars.map(({ name, percents }) => `${name}: ${TONALITIES.map((tonality) => `${percents[tonality]} % ${tonality}`).join(', ')}`);
  return [
    {
      kind: 'bars',
      caption: `Andelar ${periodName(period ?? '')}, procent`,
      description: `Stapeldiagram. ${told.join('. ')}. Talen står i tabellen.`,
      bars,
    },
  ];
}

function areaPictures({ areas, scope: { periods } }: Report): Picture[] {
  const bars = barsOf(areas, periods.at(-1), ({ area }) => AREA_NAMES[area]);
  const trends = AREAS.map((area) => ({
    name: AREA_NAMES[area],
    points: periods.map((period) => percentsOf(areas.find((row) => row.area === area && row.period === period))),
  })).filter(({ points }) => points.filter((point) => point !== null).length > 1);
  if (trends.length === 0) return bars;
  const description = 'Linjediagram för varje område över perioderna. Talen står i tabellen.';
  return [...bars, { kind: 'trends', caption: 'Andelar över tid, procent', description, trends, periods: periods.map(shortPeriod) }];
}

function servicePictures({ services, scope: { periods } }: Report): Picture[] {
  return barsOf(services, periods.at(-1), ({ service }) => SERVICE_NAMES[service]);
}

/** What fits below an axis: `2020`, `kv 1`, `03`, `v 9`, `5/3`. */
function shortPeriod(period: string): string {
  const [year = '', rest, day] = period.split('-');
  if (rest === undefined) return year;
  if (rest.startsWith('Q')) return `kv ${rest.slice(1)} ${year.slice(2)}`;
  if (rest.startsWith('W')) return `v ${Number(rest.slice(1))}`;
  return day === undefined ? `${rest}/${year.slice(2)}` : `${Number(day)}/${Number(rest)}`;
}

function municipalitySection(
  { municipalities, spread, scope }: Report,
  table: ReportTable,
  caption: string,
  about: Area | null,
  marked: readonly string[],
): ReportSection[] {
  if (table.rows.length === 0) return [];
  const last = scope.periods.at(-1);
  const names = new Set(marked.map(municipalityTitle));
  const shown = municipalities.filter(({ period, area, shares }) => period === last && area === about && shares !== null);
  const median = spread.find(({ period, area, tonality }) => period === last && area === about && tonality === 'positiv')?.median;
  const dots = shown
    .map(({ name, municipality, shares, comments }): Dot => {
      const { count, interval } = shares!.positiv;
      return { name, value: (100 * count) / comments!, ...interval, isChosen: marked.includes(municipality) };
    })
    .sort((a, b) => b.value - a.value);
  const pictures: Picture[] =
    dots.length < 2 || median === undefined
      ? []
      : [
          {
            kind: 'dots',
            caption: `Andel positiva ${periodName(last ?? '')}, procent, med konfidensintervall`,
            description: `Punktdiagram över ${dots.length} kommuner, från ${formatNumber(dots[0]!.value, 1)} till ${formatNumber(dots.at(-1)!.value, 1)} procent positiva, median ${formatNumber(median, 1)}. Talen står i tabellen.`,
            dots,
            median,
          },
        ];
  return [
    {
      id: table.id,
      title: table.title,
      pictures,
      note: 'Intervall som överlappar varandra betyder att ordningen mellan kommunerna är osäker.',
      table: without(1, without(2, table)),
      caption: `${capitalised(periodName(last ?? ''))}. ${caption}`,
      isChosen: ([first]) => first?.kind === 'text' && names.has(first.text),
      quotes: [],
    },
  ];
}

function quoteSection({ quotes }: Report): ReportSection[] {
  if (quotes.length === 0) return [];
  return [
    {
      id: 'citat',
      title: 'Kommentarer i ord',
      pictures: [],
      note: 'Avidentifierade av programmet. Läs igenom dem innan rapporten sprids.',
      table: null,
      caption: '',
      isChosen: () => false,
      quotes,
    },
  ];
}
