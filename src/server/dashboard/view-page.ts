import { AREA_NAMES, TONALITY_NAMES } from '../../report/swedish.js';
import { TONALITIES } from '../../classification/labels.js';
import type { View, ViewChoice } from '../../report/build-view.js';
import { escapeHtml } from '../../report/html-table.js';
import { daysOfPeriod } from '../../report/period-tree.js';
import { reportSubtitle } from '../../report/report-text.js';
import type { Link, LinkedGroup, ReportLinks } from '../../report/report-tables.js';
import { viewHtml } from '../../report/view-html.js';
import { quotesHref, viewHref } from './choice-url.js';
import { viewForm } from './filter-form.js';

/** What is between a view's heading and its contents. */
export function viewLead(view: View): string {
  return `<p class="quiet">${escapeHtml(reportSubtitle(view.report))}</p>
${viewForm(view)}
<p class="quiet" id="live" role="status"></p>`;
}

/** The contents of a view. @param mayReadComments whether figures lead to the comments behind them. */
export function viewMain(view: View, mayReadComments: boolean): string {
  const { choice } = view;
  const toComments = mayReadComments && choice.municipalities.length < 2 ? commentsParagraph(view) : '';
  return toComments + viewHtml(view, linksOf(choice, mayReadComments));
}

function linksOf(choice: ViewChoice, mayReadComments: boolean): ReportLinks {
  const { area: _, ...anyArea } = choice;
  const { unit: __, ...anyUnit } = choice;
  return {
    area: (area) => (choice.area === area ? undefined : { href: viewHref({ ...anyArea, area }) }),
    municipality: (code) => ({ href: viewHref({ ...anyUnit, municipalities: [code] }) }),
    ...(mayReadComments ? { comments: (group, tonality): Link => ({ href: commentsHref(choice, group, tonality), label: `: läs ${tonality}a` }) } : {}),
  };
}

function commentsHref(choice: ViewChoice, { period, area, service, municipality }: LinkedGroup, tonality: (typeof TONALITIES)[number]): string {
  return quotesHref({
    ...daysOfPeriod(choice.period, period),
    municipalities: municipality === undefined ? choice.municipalities : [municipality],
    ...(choice.unit !== undefined && municipality === undefined ? { unit: choice.unit } : {}),
    ...(area == null ? {} : { area }),
    ...(service === undefined ? {} : { service }),
    tonality,
    uncertain: false,
  });
}

/** From an area, or from everything, down to what was said. */
function commentsParagraph({ choice, report: { scope } }: View): string {
  const { municipalities, unit, area } = choice;
  const base = { from: scope.from, to: scope.to, municipalities, ...(unit === undefined ? {} : { unit }), ...(area === undefined ? {} : { area }), uncertain: false };
  const each = TONALITIES.map((tonality) => `<a href="${escapeHtml(quotesHref({ ...base, tonality }))}">${TONALITY_NAMES[tonality].toLowerCase()}a</a>`);
  const about = area === undefined ? '' : ` om ${AREA_NAMES[area].toLowerCase()}`;
  return `<p class="drill">Läs kommentarerna${about}: <a href="${escapeHtml(quotesHref(base))}">alla</a>, ${each.join(', ')}.</p>`;
}
