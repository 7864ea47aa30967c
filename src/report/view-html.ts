import type { View } from './build-view.js';
import { comparisonSection } from './comparison-section.js';
import { contentsHtml, keyFiguresHtml, methodHtml, sectionHtml } from './report-html.js';
import { reportSections } from './report-sections.js';
import type { ReportLinks } from './report-tables.js';
import type { Report } from './report.js';
import { AREA_NAMES } from './swedish.js';

/** What several municipalities have in common is no group of its own: beside their comparison stands only what has all of them in it. */
const SECTIONS_OF_SEVERAL: ReadonlySet<string> = new Set(['kommuner', 'spridning']);

/** What is about one area. */
const SECTIONS_OF_AREA: ReadonlySet<string> = new Set(['omraden', 'tjanster', 'kommuner', 'spridning', 'rorelser']);

/** A view as the contents of a page: key figures, a list of its sections, the sections, and how the figures are made. */
export function viewHtml(view: View, links: ReportLinks): string {
  const { choice, comparison } = view;
  const several = choice.municipalities.length > 1;
  const report = choice.area === undefined ? view.report : onlyArea(view.report, choice.area);
  const all = reportSections(report, { area: choice.area ?? null, marked: choice.municipalities, links }).filter(
    ({ id }) => (!several || SECTIONS_OF_SEVERAL.has(id)) && (choice.area === undefined || SECTIONS_OF_AREA.has(id)),
  );
  const compared =
    comparison === null || choice.area === undefined ? comparison : { ...comparison, rows: comparison.rows.filter(({ area }) => area === choice.area) };
  const sections = [...(compared === null ? [] : [comparisonSection(compared)]), ...all];
  return `${several || choice.area !== undefined ? '' : keyFiguresHtml(report)}
${contentsHtml(sections)}
${sections.map(sectionHtml).join('\n')}
<section class="method">${methodHtml(report)}</section>`;
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
