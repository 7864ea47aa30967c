import { barsHeight, dotsHeight, drawBars, drawDots, drawTrends, trendsHeight } from './pdf-charts.js';
import { PdfDocument } from './pdf-document.js';
import { AXIS, BODY, CAPTION, HEADING, QUIET_BODY, SUBHEADING, TITLE } from './pdf-style.js';
import { drawTable } from './pdf-table.js';
import type { Report } from './report.js';
import { reportSections } from './report-sections.js';
import type { Picture, ReportSection } from './report-sections.js';
import { definitions, keyFigures, reportSubtitle, reportTitle, spanName } from './report-text.js';
import { AREA_NAMES, TONALITY_NAMES } from './swedish.js';

/** Rows of a picture that have room on a page: of 290 municipalities there are several pictures. */
const MAX_DOTS = 45;
/** What stays below a heading at the least: it is not left alone at the end of a page. */
const WITH_HEADING = 110;
const PICTURE_CAPTION = 16;

/**
 * The report as a PDF for print and for reading aloud: A4, tagged, with the parts of the HTML.
 *
 * @param createdAt stands in the file's properties.
 */
export async function reportPdf(report: Report, createdAt: Date): Promise<Uint8Array> {
  const document = new PdfDocument(`${reportTitle(report)}, ${spanName(report)}`, createdAt);
  document.block('H1', reportTitle(report), TITLE, { after: 2 });
  document.block('P', reportSubtitle(report), QUIET_BODY, { after: 8 });
  drawKeyFigures(document, report);
  for (const section of reportSections(report)) drawSection(document, section);
  drawDefinitions(document, report);
  return document.finish(AXIS);
}

function heading(document: PdfDocument, title: string, below = WITH_HEADING): void {
  document.y += 12;
  document.makeRoom(below);
  document.bookmark(title);
  document.block('H2', title, HEADING, { after: 5 });
}

function drawKeyFigures(document: PdfDocument, report: Report): void {
  const figures = keyFigures(report);
  if (figures.length === 0) return;
  const list = document.structure('L');
  const width = document.width / Math.max(5, figures.length);
  const top = document.y;
  figures.forEach(({ name, value, note }, index) => {
    const x = document.left + index * width;
    const item = list.group('LI');
    item.part('Lbl', () => document.text(name, x, top, CAPTION));
    item.part('LBody', () => {
      document.text(value, x, top + 10, { ...TITLE, size: 15 });
      document.text(note, x, top + 29, CAPTION);
    });
    item.end();
  });
  list.end();
  document.y = top + 44;
}

function drawSection(document: PdfDocument, { title, pictures, note, table, caption, isChosen, quotes }: ReportSection): void {
  const [first, ...others] = pictures.flatMap(pagesOf);
  heading(document, title, first === undefined ? WITH_HEADING : heightOf(first) + PICTURE_CAPTION + 2 * HEADING.size);
  for (const picture of first === undefined ? [] : [first, ...others]) drawPicture(document, picture);
  if (note !== null) document.block('P', note, QUIET_BODY, { after: 5 });
  if (table !== null) drawTable(document, table, caption, isChosen);
  for (const { area, tonality, texts } of quotes) {
    document.block('H3', `${AREA_NAMES[area]}: ${TONALITY_NAMES[tonality].toLowerCase()}`, SUBHEADING, { after: 3 });
    for (const text of texts) document.block('BlockQuote', text, BODY, { indent: 12, after: 5 });
  }
}

/** A picture that no page holds becomes several. */
function pagesOf(picture: Picture): Picture[] {
  if (picture.kind !== 'dots' || picture.dots.length <= MAX_DOTS) return [picture];
  const count = Math.ceil(picture.dots.length / MAX_DOTS);
  return Array.from({ length: count }, (_, index) => ({
    ...picture,
    caption: `${picture.caption} (${index + 1} av ${count})`,
    dots: picture.dots.slice(index * MAX_DOTS, (index + 1) * MAX_DOTS),
  }));
}

function drawPicture(document: PdfDocument, picture: Picture): void {
  const height = heightOf(picture);
  document.makeRoom(height + PICTURE_CAPTION);
  document.block('P', picture.caption, { ...BODY, bold: true }, { after: 3 });
  document.figure(picture.description, height, (top) => {
    const place = { left: document.left, top, width: document.width };
    if (picture.kind === 'bars') drawBars(document, place, picture.bars);
    else if (picture.kind === 'trends') drawTrends(document, place, picture.trends, picture.periods);
    else drawDots(document, place, picture.dots, picture.median);
  });
  document.y += 8;
}

function heightOf(picture: Picture): number {
  if (picture.kind === 'bars') return barsHeight(picture.bars);
  return picture.kind === 'trends' ? trendsHeight(picture.trends) : dotsHeight(picture.dots);
}

function drawDefinitions(document: PdfDocument, report: Report): void {
  heading(document, 'Så är siffrorna gjorda');
  const list = document.structure('L');
  for (const { term, meaning } of definitions(report)) {
    const item = list.group('LI');
    document.block('Lbl', term, { ...BODY, bold: true }, { after: 1, parent: item });
    document.block('LBody', meaning, BODY, { after: 5, parent: item });
    item.end();
  }
  list.end();
}
