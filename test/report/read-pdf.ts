import { inflateSync } from 'node:zlib';

/** A part of the document's structure, with what is read out of it. */
export interface ReadElement {
  readonly role: string;
  readonly alt: string | null;
  readonly scope: string | null;
  /** Its own text, not that of its parts. */
  readonly text: string;
  readonly parts: readonly ReadElement[];
}

export interface ReadPdf {
  readonly lang: string | null;
  readonly title: string | null;
  readonly isMarked: boolean;
  readonly showsTitle: boolean;
  readonly metadata: string;
  readonly pages: number;
  /** Every font with its file, or without. */
  readonly fonts: readonly { readonly name: string; readonly isEmbedded: boolean }[];
  readonly structure: ReadElement;
  /** What stands on each page and is not read out. */
  readonly artifacts: readonly string[];
  /** Pictures made of points: there should be none. */
  readonly images: number;
  readonly bookmarks: readonly string[];
}

/**
 * Reads what a PDF (ISO 32000-1) tells a reader who does not see it: objects that stand plainly in the file, as the writer leaves
 * them. The text of a page is found by its marked content, letter by letter through the fonts' own tables.
 */
export function readPdf(bytes: Uint8Array): ReadPdf {
  const file = new PdfFile(Buffer.from(bytes).toString('latin1'));
  const root = file.object(/\/Root (\d+) 0 R/.exec(file.text)![1]!);
  const pages = [...refs(section(file.object(ref(root, 'Pages')!), 'Kids'))];
  const texts = new Map<string, string>();
  const artifacts: string[] = [];
  for (const page of pages) {
    const contents = pageTexts(file, file.object(page));
    artifacts.push(contents.artifacts);
    for (const [mcid, text] of contents.byMcid) texts.set(`${page} ${mcid}`, text);
  }
  const structRoot = file.object(ref(root, 'StructTreeRoot')!);
  const element = (id: string): ReadElement => {
    const dictionary = file.object(id);
    // The last one is its own: others are those of its parts.
    const page = [...dictionary.matchAll(/\/Pg (\d+) 0 R/g)].at(-1)?.[1];
    const kids = section(dictionary, 'K');
    const parts = [...refs(kids)].filter((kid) => /\/S \//.test(file.object(kid))).map(element);
    const plain = kids.replace(/<<.*?>>/gs, ' ').replace(/\d+ 0 R/g, ' ');
    const own = [...plain.matchAll(/\d+/g)].map(([mcid]) => texts.get(`${page} ${mcid}`) ?? '');
    const elsewhere = [...kids.matchAll(/\/Pg (\d+) 0 R\s*\/MCID (\d+)/g)].map(([, at, mcid]) => texts.get(`${at} ${mcid}`) ?? '');
    return {
      role: /\/S \/(\w+)/.exec(dictionary)![1]!,
      alt: string(dictionary, 'Alt'),
      scope: /\/Scope \/(\w+)/.exec(dictionary)?.[1] ?? null,
      text: [...own, ...elsewhere].join(''),
      parts,
    };
  };
  const info = file.object(/\/Info (\d+) 0 R/.exec(file.text)![1]!);
  const fontIds = new Set(pages.flatMap((page) => [...fontsOf(file, file.object(page)).values()]));
  return {
    lang: string(root, 'Lang'),
    title: file.value(info, 'Title'),
    isMarked: /\/Marked true/.test(file.object(ref(root, 'MarkInfo')!)),
    showsTitle: /\/DisplayDocTitle true/.test(file.object(ref(root, 'ViewerPreferences')!)),
    metadata: file.stream(ref(root, 'Metadata')!).toString('utf8'),
    pages: pages.length,
    fonts: [...fontIds].map((id) => {
      const descendant = file.object([...refs(section(file.object(id), 'DescendantFonts'))][0]!);
      return { name: /\/BaseFont \/([^\s/>]+)/.exec(descendant)![1]!, isEmbedded: /\/FontFile2 /.test(file.object(ref(descendant, 'FontDescriptor')!)) };
    }),
    structure: element([...refs(section(structRoot, 'K'))][0]!),
    artifacts,
    images: [...file.text.matchAll(/\/Subtype \/Image/g)].length,
    bookmarks: file.objects().filter((one) => /\/Parent \d+ 0 R/.test(one) && /\/Dest /.test(one)).map((one) => string(one, 'Title')!),
  };
}

/** Elements of a role, in the order in which they are read. */
export function elementsOf(element: ReadElement, role: string): ReadElement[] {
  return [...(element.role === role ? [element] : []), ...element.parts.flatMap((part) => elementsOf(part, role))];
}

/** All that is read out of an element. */
export function textOf(element: ReadElement): string {
  return element.text + element.parts.map(textOf).join(' ');
}

class PdfFile {
  readonly text: string;
  readonly #objects: ReadonlyMap<string, string>;

  constructor(text: string) {
    this.text = text;
    this.#objects = new Map([...text.matchAll(/(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj/gs)].map(([, id, body]) => [id!, body!]));
  }

  /** An object's dictionary. */
  object(id: string): string {
    return this.#objects.get(id)!.split('\nstream\n')[0]!;
  }

  /** A text under a name of a dictionary, or in an object of its own. */
  value(dictionary: string, name: string): string | null {
    const elsewhere = ref(dictionary, name);
    return elsewhere === undefined ? string(dictionary, name) : string(`/${name} ${this.object(elsewhere)}`, name);
  }

  objects(): string[] {
    return [...this.#objects.keys()].map((id) => this.object(id));
  }

  stream(id: string): Buffer {
    const [dictionary = '', ...rest] = this.#objects.get(id)!.split('\nstream\n');
    const bytes = Buffer.from(rest.join('\nstream\n').replace(/\nendstream$/, ''), 'latin1');
    return dictionary.includes('/FlateDecode') ? inflateSync(bytes) : bytes;
  }
}

function* refs(text: string): Generator<string> {
  for (const [, id] of text.matchAll(/(\d+) 0 R/g)) yield id!;
}

function ref(dictionary: string, name: string): string | undefined {
  return new RegExp(`/${name} (\\d+) 0 R`).exec(dictionary)?.[1];
}

/** The array, or the single value, under a name. */
function section(dictionary: string, name: string): string {
  const start = new RegExp(`/${name} `).exec(dictionary);
  if (start === null) return '';
  let depth = 0;
  let end = start.index + start[0].length;
  const first = end;
  for (; end < dictionary.length; end++) {
    const character = dictionary[end];
    if (character === '[') depth++;
    if (character === ']' && --depth === 0) break;
    if (depth === 0 && (character === '\n' || character === '>')) break;
  }
  return dictionary.slice(first, end);
}

function string(dictionary: string, name: string): string | null {
  const at = new RegExp(`/${name} \\(`).exec(dictionary);
  if (at === null) return null;
  let text = '';
  for (let index = at.index + at[0].length; dictionary[index] !== ')'; index++) {
    if (dictionary[index] === '\\') {
      index++;
      text += ({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' } as Readonly<Record<string, string>>)[dictionary[index]!] ?? dictionary[index]!;
    } else {
      text += dictionary[index]!;
    }
  }
  const bytes = Buffer.from(text, 'latin1');
  return bytes[0] === 0xfe && bytes[1] === 0xff ? Buffer.from(bytes.subarray(2)).swap16().toString('utf16le') : text;
}

function fontsOf(file: PdfFile, page: string): Map<string, string> {
  const resources = file.object(ref(page, 'Resources')!);
  return new Map([...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, id]) => [name!, id!]));
}

/** The letters of a font, by glyph. */
function lettersOf(file: PdfFile, font: string): string[] {
  const map = file.stream(ref(file.object(font), 'ToUnicode')!).toString('latin1');
  return [...map.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[(.*?)\]/gs)].reduce<string[]>((letters, [, first, list]) => {
    [...list!.matchAll(/<([0-9a-f ]*)>/g)].forEach(([, hex], index) => {
      letters[parseInt(first!, 16) + index] = Buffer.from(hex!.replaceAll(' ', ''), 'hex').swap16().toString('utf16le');
    });
    return letters;
  }, []);
}

interface PageTexts {
  readonly byMcid: ReadonlyMap<number, string>;
  readonly artifacts: string;
}

function pageTexts(file: PdfFile, page: string): PageTexts {
  const letters = new Map([...fontsOf(file, page)].map(([name, id]) => [name, lettersOf(file, id)]));
  const byMcid = new Map<number, string>();
  let artifacts = '';
  let current: number | 'artifact' | undefined;
  let font: readonly string[] = [];
  const content = file.stream(ref(page, 'Contents')!).toString('latin1');
  for (const [whole, tag, properties, fontName, shown] of content.matchAll(/\/(\w+) (?:<<([^>]*)>> BDC|BMC)|EMC|\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (whole === 'EMC') current = undefined;
    if (tag !== undefined) current = tag === 'Artifact' ? 'artifact' : Number(/\/MCID (\d+)/.exec(properties ?? '')![1]);
    if (fontName !== undefined) font = letters.get(fontName)!;
    if (shown === undefined) continue;
    const text = [...shown.matchAll(/<([0-9a-f]+)>/g)].map(([, hex]) => [...hex!.matchAll(/.{4}/g)].map(([glyph]) => font[parseInt(glyph, 16)] ?? '').join('')).join('');
    if (current === undefined) throw new Error('text that is neither structure nor artifact');
    // Texts that are drawn one after the other are read as words.
    if (current === 'artifact') artifacts += `${text}\n`;
    else byMcid.set(current, byMcid.has(current) ? `${byMcid.get(current)}\n${text}` : text);
  }
  return { byMcid, artifacts };
}
