import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';

/** Text on paper. Sizes in points. */
export interface TextStyle {
  readonly size: number;
  readonly bold?: boolean;
  readonly colour: string;
}

export type Align = 'left' | 'right' | 'center';

/** A place on a page to draw on. Points; x to the right, y down, from the page's upper left corner. */
export interface Canvas {
  rectangle(x: number, y: number, width: number, height: number, fill: string): void;
  line(points: readonly (readonly [x: number, y: number])[], stroke: { readonly colour: string; readonly width: number; readonly dash?: readonly number[] }): void;
  polygon(points: readonly (readonly [x: number, y: number])[], fill: string, border?: string): void;
  circle(x: number, y: number, radius: number, fill: string, border?: string): void;
  /** Draws within a rectangle only. */
  clipped(x: number, y: number, width: number, height: number, draw: () => void): void;
  /** One line of text. @param x where it begins, ends or has its middle, by `align`. @param y its top. */
  text(text: string, x: number, y: number, style: TextStyle, align?: Align): void;
  textWidth(text: string, style: TextStyle): number;
}

/** What a part of the document is, for those who hear it read (ISO 32000-1, 14.8.4). */
export type Role = 'H1' | 'H2' | 'H3' | 'P' | 'BlockQuote' | 'Lbl' | 'LBody' | 'Caption';
/** What holds parts. */
export type Group = 'Table' | 'TR' | 'L' | 'LI';

/** A place in the document's structure that parts are added to, in the order in which they are read. */
export interface Structure {
  group(kind: Group): Structure;
  /** A cell of a table, with what `draw` draws. */
  cell(isHead: boolean, scope: 'Column' | 'Row' | null, draw: () => void): void;
  /** A part with what `draw` draws, on one page. */
  part(role: Role, draw: () => void): void;
  /** To be called once, when nothing more is added. */
  end(): void;
}

type Pdf = InstanceType<typeof PDFDocument>;
type Element = ReturnType<Pdf['struct']>;

/** A4, in points. */
const MARGIN = 42;
const BOTTOM_MARGIN = 56;

/** DejaVu Sans Condensed, with the letters of Europe: a PDF for everybody holds its fonts (PDF/UA, 7.21.4). */
const FONTS = { regular: fontPath('DejaVuSansCondensed.ttf'), bold: fontPath('DejaVuSansCondensed-Bold.ttf') } as const;

/** What is not in the fonts (see fonts/README.md), and what is not seen. */
const OUTSIDE_FONTS = /[^\n\u0020-\u007E\u00A0-\u024F\u0370-\u0377\u037A-\u037F\u0384-\u038A\u038C\u038E-\u03A1\u03A3-\u03FF\u0400-\u04FF\u1E00-\u1EFB\u2010-\u2027\u2030-\u205E\u20AC\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265]/gu;

/** Widths that are remembered: the same few hundred texts stand in most cells. */
const MAX_WIDTHS = 20_000;

/**
 * A tagged PDF that is written from its top to its end (PDF/UA-1: language, title, structure, embedded fonts, text in place of
 * pictures). The only place that speaks to the library.
 */
export class PdfDocument implements Canvas {
  readonly #pdf: Pdf;
  readonly #root: Element;
  readonly #bytes: Uint8Array[] = [];
  readonly #finished: Promise<void>;
  readonly #widths = new Map<string, number>();

  constructor(title: string, createdAt: Date) {
    this.#pdf = new PDFDocument({
      size: 'A4',
      margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: BOTTOM_MARGIN },
      pdfVersion: '1.7',
      subset: 'PDF/UA' as never,
      tagged: true,
      lang: 'sv-SE',
      displayTitle: true,
      bufferPages: true,
      font: FONTS.regular,
      info: { Title: title, Creator: 'tonalitet', Producer: 'tonalitet', CreationDate: createdAt },
    });
    this.#finished = new Promise((resolve, reject) => {
      this.#pdf.on('data', (chunk: Uint8Array) => this.#bytes.push(chunk));
      this.#pdf.once('end', resolve);
      this.#pdf.once('error', reject);
    });
    this.#root = this.#pdf.struct('Document');
    this.#pdf.addStructure(this.#root);
  }

  get left(): number {
    return MARGIN;
  }

  get width(): number {
    return this.#pdf.page.width - 2 * MARGIN;
  }

  /** Where the next thing begins. */
  get y(): number {
    return this.#pdf.y;
  }

  set y(y: number) {
    this.#pdf.y = y;
  }

  /** The most that a page holds. */
  get pageHeight(): number {
    return this.#pdf.page.height - MARGIN - BOTTOM_MARGIN;
  }

  /** Begins a page where what comes next has no room on this one. @returns whether it did. */
  makeRoom(height: number): boolean {
    if (this.y + height <= this.#pdf.page.height - BOTTOM_MARGIN) return false;
    this.#pdf.addPage();
    return true;
  }

  /** A paragraph or heading at the left margin, over as many lines and pages as it needs. @param after the space below it. */
  block(role: Role, words: string, style: TextStyle, { after = 4, indent = 0, parent }: { readonly after?: number; readonly indent?: number; readonly parent?: Structure } = {}): void {
    const text = drawableText(words);
    const width = this.width - indent;
    // Two lines at least: nothing is left alone at the end of a page.
    this.makeRoom(Math.min(this.textHeight(text, style, width), 2.6 * style.size));
    const draw = (): void => {
      this.#style(style).text(text, this.left + indent, this.y, { width });
    };
    const element = this.#pdf.struct(role, {}, draw);
    if (parent === undefined) this.#root.add(element);
    else (parent as TagStructure).element.add(element);
    element.end();
    this.y += after;
  }

  /** An entry of the list of contents that readers show beside the page. */
  bookmark(title: string): void {
    this.#pdf.outline.addItem(title);
  }

  /** A picture of vectors. @param alt what it tells. */
  figure(alt: string, height: number, draw: (top: number) => void): void {
    this.makeRoom(height);
    const top = this.y;
    const element = this.#pdf.struct('Figure', { alt, bbox: [this.left, top, this.left + this.width, top + height] } as { alt: string }, () => draw(top));
    this.#root.add(element);
    element.end();
    this.y = top + height;
  }

  /** What is not read out: lines, and headings that come again. */
  decoration(draw: () => void): void {
    this.#pdf.markContent('Artifact', { type: 'Layout' });
    draw();
    this.#pdf.endMarkedContent();
  }

  structure(kind: Group): Structure {
    return new TagStructure(this.#pdf, this.#root).group(kind);
  }

  textHeight(text: string, style: TextStyle, width: number): number {
    return this.#style(style).heightOfString(drawableText(text), { width });
  }

  /** Text in lines that are no wider than `width`; words that are wider are cut. */
  lines(text: string, style: TextStyle, width: number): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (this.textWidth(longer, style) <= width) {
        line = longer;
        continue;
      }
      if (line !== '') lines.push(line);
      line = word;
      while (line.length > 1 && this.textWidth(line, style) > width) {
        let end = line.length - 1;
        while (end > 1 && this.textWidth(line.slice(0, end), style) > width) end--;
        lines.push(line.slice(0, end));
        line = line.slice(end);
      }
    }
    return [...lines, line];
  }

  lineHeight(style: TextStyle): number {
    return this.#style(style).currentLineHeight(true);
  }

  textWidth(text: string, style: TextStyle): number {
    const key = `${style.bold === true ? 'b' : 'r'}${style.size} ${text}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      width = this.#style(style).widthOfString(drawableText(text));
      if (this.#widths.size >= MAX_WIDTHS) this.#widths.clear();
      this.#widths.set(key, width);
    }
    return width;
  }

  text(text: string, x: number, y: number, style: TextStyle, align: Align = 'left'): void {
    if (text === '') return;
    const shift = align === 'left' ? 0 : this.textWidth(text, style) / (align === 'right' ? 1 : 2);
    const below = this.y;
    this.#style(style).text(drawableText(text), x - shift, y, { lineBreak: false });
    this.y = below;
  }

  rectangle(x: number, y: number, width: number, height: number, fill: string): void {
    this.#pdf.rect(x, y, width, height).fill(fill);
  }

  line(points: readonly (readonly [number, number])[], { colour, width, dash }: { readonly colour: string; readonly width: number; readonly dash?: readonly number[] }): void {
    this.#path(points);
    this.#pdf.lineWidth(width);
    if (dash === undefined) this.#pdf.undash();
    else this.#pdf.dash(dash[0]!, { space: dash[1]! });
    this.#pdf.stroke(colour).undash();
  }

  polygon(points: readonly (readonly [number, number])[], fill: string, border?: string): void {
    this.#path(points);
    this.#pdf.closePath();
    this.#paint(fill, border);
  }

  circle(x: number, y: number, radius: number, fill: string, border?: string): void {
    this.#pdf.circle(x, y, radius);
    this.#paint(fill, border);
  }

  clipped(x: number, y: number, width: number, height: number, draw: () => void): void {
    this.#pdf.save().rect(x, y, width, height).clip();
    draw();
    this.#pdf.restore();
  }

  /** Numbers the pages, and gives the whole file. */
  async finish(style: TextStyle): Promise<Uint8Array> {
    this.#root.end();
    const { start, count } = this.#pdf.bufferedPageRange();
    for (let page = start; page < start + count; page++) {
      this.#pdf.switchToPage(page);
      // Below the margin, where text would begin a new page.
      this.#pdf.page.margins.bottom = 0;
      this.#pdf.markContent('Artifact', { type: 'Pagination' });
      this.text(`Sida ${page + 1} av ${count}`, this.left + this.width, this.#pdf.page.height - BOTTOM_MARGIN + 20, style, 'right');
      this.#pdf.endMarkedContent();
    }
    this.#pdf.end();
    await this.#finished;
    return Buffer.concat(this.#bytes);
  }

  #style({ size, bold = false, colour }: TextStyle): Pdf {
    // By the file's path: a name of one's own makes the library read the file again each time.
    return this.#pdf.font(bold ? FONTS.bold : FONTS.regular).fontSize(size).fillColor(colour);
  }

  #path(points: readonly (readonly [number, number])[]): void {
    points.forEach(([x, y], index) => (index === 0 ? this.#pdf.moveTo(x, y) : this.#pdf.lineTo(x, y)));
  }

  #paint(fill: string, border: string | undefined): void {
    if (border === undefined) this.#pdf.fill(fill);
    else this.#pdf.lineWidth(1).fillAndStroke(fill, border);
  }
}

class TagStructure implements Structure {
  readonly #pdf: Pdf;
  readonly element: Element;

  constructor(pdf: Pdf, element: Element) {
    this.#pdf = pdf;
    this.element = element;
  }

  group(kind: Group): Structure {
    const element = this.#pdf.struct(kind);
    this.element.add(element);
    return new TagStructure(this.#pdf, element);
  }

  cell(isHead: boolean, scope: 'Column' | 'Row' | null, draw: () => void): void {
    // pdfkit's types do not know the attributes of cells.
    const options: object = scope === null ? {} : { scope };
    const element = this.#pdf.struct(isHead ? 'TH' : 'TD', options, draw);
    this.element.add(element);
    element.end();
  }

  part(role: Role, draw: () => void): void {
    const element = this.#pdf.struct(role, {}, draw);
    this.element.add(element);
    element.end();
  }

  end(): void {
    this.element.end();
  }
}

function fontPath(file: string): string {
  return fileURLToPath(new URL(`../../fonts/${file}`, import.meta.url));
}

/**
 * Text in letters that the fonts have: other forms of a letter become its plain one, and what there is none for a question mark.
 * A letter without a picture would be read out as nothing (PDF/UA, 7.21.8).
 */
export function drawableText(text: string): string {
  return text.normalize('NFC').replace(OUTSIDE_FONTS, (letter) => {
    const plain = letter.normalize('NFKC');
    return plain.search(OUTSIDE_FONTS) === -1 ? plain : '?';
  });
}
