import { dotPlot, shareBars, trendLines } from './charts.js';
import { STYLE } from './html-style.js';
import { escapeHtml, htmlTable } from './html-table.js';
import type { QuoteGroup, Report } from './report.js';
import { reportSections } from './report-sections.js';
import type { Picture, ReportSection } from './report-sections.js';
import { definitions, keyFigures, reportSubtitle, reportTitle, spanName } from './report-text.js';
import { AREA_NAMES, TONALITY_NAMES } from './swedish.js';

/** The report as one HTML file: no script, nothing fetched, and a content security policy that says so. */
export function reportHtml(report: Report): string {
  const sections = reportSections(report);
  const title = reportTitle(report);
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
<p class="quiet">${escapeHtml(reportSubtitle(report))}</p>
${keyFiguresHtml(report)}
${contentsHtml(sections)}
</header>
<main>
${sections.map(sectionHtml).join('\n')}
</main>
<footer>${methodHtml(report)}</footer>
</body>
</html>
`;
}

/** Links to the sections. */
export function contentsHtml(sections: readonly ReportSection[]): string {
  return `<nav aria-label="Innehåll"><ul>${sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>`;
}

/** What a reader wants to know first. */
export function keyFiguresHtml(report: Report): string {
  const figures = keyFigures(report);
  if (figures.length === 0) return '';
  const items = figures.map(({ name, value, note }) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}<small>${escapeHtml(note)}</small></dd></div>`);
  return `<dl class="key">\n${items.join('\n')}\n</dl>`;
}

export function sectionHtml({ id, title, pictures, note, table, caption, isChosen, quotes }: ReportSection): string {
  const before = note === null ? '' : `<p class="quiet">${escapeHtml(note)}</p>`;
  const contents = pictures.map(figure).join('') + before + (table === null ? '' : htmlTable(table, caption, isChosen)) + quotes.map(quoteHtml).join('\n');
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(title)}</h2>\n${contents}</section>`;
}

function figure(picture: Picture): string {
  const { caption, description } = picture;
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="picture" role="img" aria-label="${escapeHtml(description)}" tabindex="0">${drawn(picture)}</div></figure>`;
}

function drawn(picture: Picture): string {
  switch (picture.kind) {
    case 'bars':
      return shareBars(picture.bars);
    case 'trends':
      return trendLines(picture.trends, picture.periods);
    case 'dots':
      return dotPlot(picture.dots, picture.median);
  }
}

function quoteHtml({ area, tonality, texts }: QuoteGroup): string {
  const spoken = texts.map((text) => `<blockquote><p>${escapeHtml(text)}</p></blockquote>`).join('\n');
  return `<h3>${AREA_NAMES[area]}: ${TONALITY_NAMES[tonality].toLowerCase()}</h3>\n${spoken}`;
}

/** How the figures are made, for the foot of a page. */
export function methodHtml(report: Report): string {
  const items = definitions(report).map(({ term, meaning }) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(meaning)}</dd>`);
  return `<h2 id="metod">Så är siffrorna gjorda</h2><dl class="method">${items.join('\n')}</dl>`;
}
