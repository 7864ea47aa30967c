import { AREAS, TONALITIES } from '../classification/labels.js';
import { dotPlot, shareBars, trendLines } from './charts.js';
import { STYLE } from './html-style.js';
import { escapeHtml, htmlTable } from './html-table.js';
import { byTonality } from './opinion-rows.js';
import type { OpinionRow, Report } from './report.js';
import { reportTables } from './report-tables.js';
import type { Cell, ReportLinks, ReportTable } from './report-tables.js';
import { municipalityTitle } from '../survey/municipalities.js';
import type { Area } from '../classification/labels.js';
import { AREA_NAMES, SERVICE_NAMES, TONALITY_NAMES, formatCount, formatInterval, formatNumber, formatPercent, periodName } from './swedish.js';

/** A part of the page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** The report as one HTML file: no script, nothing fetched, and a content security policy that says so. */
export function reportHtml(report: Report): string {
  const sections = sectionsOf(report);
  const title = `Vad medborgarna tycker: ${placeName(report)}`;
  const contents = sections.map(({ id, title: name }) => `<li><a href="#${id}">${escapeHtml(name)}</a></li>`).join('');
  return `<!DOCTYPE html>
<html lang="sv">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}, ${escapeHtml(spanName(report))}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">Kommentarer efter samtal med kontaktcenter, ${escapeHtml(spanName(report))}.</p>
${keyFigures(report)}
<nav aria-label="Innehåll"><ul>${contents}</ul></nav>
</header>
<main>
${sections.map(({ id, title: name, html }) => `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(name)}</h2>\n${html}</section>`).join('\n')}
</main>
<footer>${method(report)}</footer>
</body>
</html>
`;
}

function placeName({ scope }: Report): string {
  return scope.municipality === null ? 'alla kommuner' : scope.municipality.name;
}

/** The periods of a report in words: `2018 till 2020`. */
export function spanName({ scope: { periods } }: Report): string {
  const [first, last] = [periods[0] ?? '', periods.at(-1) ?? ''];
  return first === last ? periodName(first) : `${periodName(first)} till ${periodName(last)}`;
}

/** What a reader wants to know first, of the last period. */
export function keyFigures({ totals, participation }: Report): string {
  const last = totals.at(-1);
  if (last === undefined) return '';
  const rate = participation.find(({ period, municipality }) => period === last.period && municipality === null)?.rate ?? null;
  const item = (name: string, value: string, note: string): string => `<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const shares = last.shares;
  return `<dl class="key">
${item('Kommentarer', last.comments === null ? 'visas ej' : formatCount(last.comments), periodName(last.period))}
${shares === null ? '' : TONALITIES.map((tonality) => item(TONALITY_NAMES[tonality], formatPercent(shares[tonality].percent), `${formatInterval(shares[tonality].interval.low, shares[tonality].interval.high, 1)} %`)).join('\n')}
${rate === null ? '' : item('Svarsfrekvens', formatPercent(rate.percent), 'av de tillfrågade')}
</dl>`;
}

/** How the sections of a page are chosen. */
export interface SectionOptions {
  /** The area that the municipalities are beside each other in; `null`: all comments. @default null */
  readonly area?: Area | null;
  /** Codes of the municipalities that are marked among the others. @default the one that the report is about */
  readonly marked?: readonly string[];
  /** @default none */
  readonly links?: ReportLinks;
}

/** The parts of a report, each with its tables and pictures. */
export function sectionsOf(report: Report, options: SectionOptions = {}): Section[] {
  const { area = null, marked = report.scope.municipality === null ? [] : [report.scope.municipality.code], links = {} } = options;
  const tables = new Map(reportTables(lastMunicipalities(report, area), links).map((table) => [table.id, table]));
  const plain = (id: string, caption: string, keep: (table: ReportTable) => ReportTable = (table) => table): Section[] => {
    const table = keep(tables.get(id)!);
    return table.rows.length === 0 ? [] : [{ id, title: table.title, html: htmlTable(table, caption) }];
  };
  const shares = 'Andel i procent med 95 % konfidensintervall. Förändring i procentenheter från perioden före; * är statistiskt säkerställd.';
  const withPicture = (id: string, picture: string, caption: string): Section[] => {
    const [section] = plain(id, caption);
    return section === undefined ? [] : [{ ...section, html: picture + section.html }];
  };
  return [
    ...withPicture('omraden', areaPictures(report), shares),
    ...plain('rorelser', 'De största förändringarna från perioden före till den sista, i procentenheter; * är statistiskt säkerställd.'),
    ...withPicture('tjanster', servicePicture(report), shares),
    ...municipalitySection(report, tables.get('kommuner')!, shares, area, marked),
    ...plain('spridning', `Andel i procent ${periodName(report.scope.periods.at(-1) ?? '')} bland de kommuner som visas.`, (table) => without(1, table)),
    ...(report.scope.municipality === null ? [] : plain('enheter', shares)),
    ...plain('totalt', shares),
    ...plain('deltagande', 'Svarsfrekvensen är svarade av tillfrågade, och visas där även de som inte svarade är registrerade.', onlyTotals),
    ...plain('betyg', 'Medelvärde med 95 % konfidensintervall, och förändring från perioden före.', onlyTotals),
    ...plain('index', 'Ett index liknande NKI, från 0 till 100, med 95 % konfidensintervall.', onlyTotals),
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

export function figure(caption: string, description: string, svg: string): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="picture" role="img" aria-label="${escapeHtml(description)}" tabindex="0">${svg}</div></figure>`;
}

function percentsOf(row: OpinionRow | undefined): Record<(typeof TONALITIES)[number], number> | null {
  const shares = row?.shares ?? null;
  return shares === null ? null : byTonality((tonality) => shares[tonality].percent);
}

function barsOf<Row extends OpinionRow>(rows: readonly Row[], period: string | undefined, nameOf: (row: Row) => string): string {
  const bars = rows.flatMap((row) => {
    const percents = row.period === period ? percentsOf(row) : null;
    if (percents === null) return [];
    return [{ name: nameOf(row), percents, exactPercents: byTonality((tonality) => (100 * row.shares![tonality].count) / row.comments!) }];
  });
  if (bars.length === 0) return '';
  const caption = `Andelar ${periodName(period ?? '')}, procent`;
  const told = bars.map(({ name, percents }) => `${name}: ${TONALITIES.map((tonality) => `${percents[tonality]} % ${tonality}`).join(', ')}`);
  return figure(caption, `Stapeldiagram. ${told.join('. ')}. Talen står i tabellen.`, shareBars(bars));
}

function areaPictures({ areas, scope: { periods } }: Report): string {
  const bars = barsOf(areas, periods.at(-1), ({ area }) => AREA_NAMES[area]);
  const trends = AREAS.map((area) => ({
    name: AREA_NAMES[area],
    points: periods.map((period) => percentsOf(areas.find((row) => row.area === area && row.period === period))),
  })).filter(({ points }) => points.filter((point) => point !== null).length > 1);
  if (trends.length === 0) return bars;
  return bars + figure('Andelar över tid, procent', 'Linjediagram för varje område över perioderna. Talen står i tabellen.', trendLines(trends, periods.map(shortPeriod)));
}

function servicePicture({ services, scope: { periods } }: Report): string {
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

function municipalitySection({ municipalities, spread, scope }: Report, table: ReportTable, caption: string, about: Area | null, marked: readonly string[]): Section[] {
  if (table.rows.length === 0) return [];
  const last = scope.periods.at(-1);
  const shown = municipalities.filter(({ period, area, shares }) => period === last && area === about && shares !== null);
  const median = spread.find(({ period, area, tonality }) => period === last && area === about && tonality === 'positiv')?.median;
  const dots = shown
    .map(({ name, municipality, shares, comments }) => {
      const { count, interval } = shares!.positiv;
      return { name, value: (100 * count) / comments!, ...interval, isChosen: marked.includes(municipality) };
    })
    .sort((a, b) => b.value - a.value);
  const picture =
    dots.length < 2 || median === undefined
      ? ''
      : figure(
          `Andel positiva ${periodName(last ?? '')}, procent, med konfidensintervall`,
          `Punktdiagram över ${dots.length} kommuner, från ${formatNumber(dots[0]!.value, 1)} till ${formatNumber(dots.at(-1)!.value, 1)} procent positiva, median ${formatNumber(median, 1)}. Talen står i tabellen.`,
          dotPlot(dots, median),
        );
  const names = new Set(marked.map(municipalityTitle));
  const isChosen = ([first]: readonly Cell[]): boolean => first?.kind === 'text' && names.has(first.text);
  const note = 'Intervall som överlappar varandra betyder att ordningen mellan kommunerna är osäker.';
  return [{ id: table.id, title: table.title, html: `${picture}<p class="quiet">${note}</p>${htmlTable(without(1, without(2, table)), `${capitalised(periodName(last ?? ''))}. ${caption}`, isChosen)}` }];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function quoteSection({ quotes }: Report): Section[] {
  if (quotes.length === 0) return [];
  const html = quotes.map(({ area, tonality, texts }) => {
    const spoken = texts.map((text) => `<blockquote><p>${escapeHtml(text)}</p></blockquote>`).join('\n');
    return `<h3>${AREA_NAMES[area]}: ${TONALITY_NAMES[tonality].toLowerCase()}</h3>\n${spoken}`;
  });
  return [{ id: 'citat', title: 'Kommentarer i ord', html: `<p class="quiet">Avidentifierade av programmet. Läs igenom dem innan rapporten sprids.</p>\n${html.join('\n')}` }];
}

/** How the figures are made, for the foot of a page. */
export function method({ scope: { threshold }, indexes }: Report): string {
  const items: readonly (readonly [string, string])[] = [
    ['Tonalitet', 'Varje kommentar har en tonalitet som en språkmodell har bedömt av orden, eller en människa har rättat. En kommentar kan handla om flera områden och räknas då i vart och ett.'],
    ['Avrundning', 'Varje andel är avrundad för sig till hela procent. Summan kan därför bli 99 eller 101. Förändringar är räknade på oavrundade andelar.'],
    ['Osäkerhet', 'Konfidensintervallen är 95 % (Wilson). En förändring är säkerställd när den är det på 5 % nivå för hela tabellen tillsammans (Holms metod), så att högst en tabell av tjugo innehåller någon falsk markering.'],
    [
      'Små grupper',
      `Grupper med färre än ${threshold} kommentarer visas inte, och inte heller de grupper som en sådan skulle kunna räknas fram ur. Samma grupper är dolda i alla rapporter, oavsett urval av kommun och period.`,
    ],
    ...(indexes.length === 0
      ? []
      : [['Nöjdhetsindex', 'Medelvärdet av frågorna med betygsskala, omräknade till 0–100 som i Nöjd-Kund-Index (Fornell 1992) men med lika vikt för alla frågor. Det är alltså inte NKI.'] as const]),
    ['Kvartiler', 'Interpolerade mellan grannvärden, som KVARTIL.INK i Excel.'],
  ];
  return `<h2 id="metod">Så är siffrorna gjorda</h2><dl class="method">${items.map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`).join('\n')}</dl>`;
}
