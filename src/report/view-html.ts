import { comparisonPicture, comparisonTable } from './comparison-table.js';
import type { View } from './build-view.js';
import { escapeHtml, htmlTable } from './html-table.js';
import { figure, keyFigures, method, sectionsOf } from './report-html.js';
import type { Section } from './report-html.js';
import type { ReportLinks } from './report-tables.js';
import type { Report } from './report.js';
import { AREA_NAMES, listed, periodName } from './swedish.js';

const COMPARED = 'Andel i procent med 95 % konfidensintervall. Förändring i procentenheter från den första i varje område; * är statistiskt säkerställd.';

/** What several municipalities have in common is no group of its own: beside their comparison stands only what has all of them in it. */
const SECTIONS_OF_SEVERAL: ReadonlySet<string> = new Set(['kommuner', 'spridning']);

/** What is about one area. */
const SECTIONS_OF_AREA: ReadonlySet<string> = new Set(['omraden', 'tjanster', 'kommuner', 'spridning', 'rorelser']);

/** A view as the contents of a page: key figures, a list of its sections, the sections, and how the figures are made. */
export function viewHtml(view: View, links: ReportLinks): string {
  const { choice, comparison } = view;
  const several = choice.municipalities.length > 1;
  const report = choice.area === undefined ? view.report : onlyArea(view.report, choice.area);
  const marked = choice.municipalities;
  const all = sectionsOf(report, { area: choice.area ?? null, marked, links }).filter(
    ({ id }) => (!several || SECTIONS_OF_SEVERAL.has(id)) && (choice.area === undefined || SECTIONS_OF_AREA.has(id)),
  );
  const sections = [...(comparison === null ? [] : [comparisonSection(view)]), ...all];
  const contents = sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('');
  const key = several || choice.area !== undefined ? '' : keyFigures(report);
  return `${key}
<nav aria-label="Innehåll"><ul>${contents}</ul></nav>
${sections.map(({ id, title, html }) => `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(title)}</h2>\n${html}</section>`).join('\n')}
<section class="method">${method(report)}</section>`;
}

function comparisonSection({ comparison, choice }: View): Section {
  const rows = choice.area === undefined ? comparison!.rows : comparison!.rows.filter(({ area }) => area === choice.area);
  const shown = { ...comparison!, rows };
  const table = comparisonTable(shown);
  const picture = comparisonPicture(shown);
  const title = `Jämförelse: ${listed(shown.sides)}${shown.period === null ? '' : ` ${periodName(shown.period)}`}`;
  return { id: table.id, title, html: `${picture === null ? '' : figure('Andelar, procent', picture.description, picture.svg)}${htmlTable(table, COMPARED)}` };
}

function onlyArea(report: Report, about: NonNullable<View['choice']['area']>): Report {
  return {
    ...report,
    areas: report.areas.filter(({ area }) => area === about),
    services: about === 'kommunala_tjanster' ? report.services : [],
    movers: report.movers.filter(({ area }) => area === about),
    spread: report.spread.filter(({ area }) => area === about),
  };
}

/** The heading of a view. */
export function viewTitle({ title, choice }: View): string {
  return `${choice.area === undefined ? 'Vad medborgarna tycker' : AREA_NAMES[choice.area]}: ${title}`;
}
