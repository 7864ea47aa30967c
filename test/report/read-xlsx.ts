import { inflateRawSync } from 'node:zlib';

/** A cell as a spreadsheet program would read it. */
export interface ReadCell {
  readonly value: string | number;
  /** Excel's notation; `General` where there is none. */
  readonly format: string;
  /** Whether the program would compute it. */
  readonly isFormula: boolean;
}

export interface ReadSheet {
  readonly name: string;
  /** By row, then column; `undefined` for an empty cell. */
  readonly rows: readonly (readonly (ReadCell | undefined)[])[];
  /** The widths that are set, in characters. */
  readonly widths: readonly number[];
  /** How many rows and columns stay where they are. */
  readonly frozen: { readonly rows: number; readonly columns: number };
}

/** Reads what an Excel workbook holds (ECMA-376), by its own parts: nothing of the writer is used. */
export function readXlsx(bytes: Uint8Array): ReadSheet[] {
  const parts = readZip(bytes);
  const part = (path: string): string => parts.get(path)?.toString('utf8') ?? fail(`no ${path}`);
  const strings = [...part('xl/sharedStrings.xml').matchAll(/<si>(.*?)<\/si>/gs)].map(([, item]) =>
    [...item!.matchAll(/<t(?: [^>]*)?>(.*?)<\/t>/gs)].map(([, text]) => unescaped(text!)).join(''),
  );
  const formats = readFormats(part('xl/styles.xml'));
  const targets = new Map([...part('xl/_rels/workbook.xml.rels').matchAll(/<Relationship [^>]*>/g)].map(([tag]) => [attribute(tag, 'Id')!, attribute(tag, 'Target')!]));
  return [...part('xl/workbook.xml').matchAll(/<sheet [^>]*>/g)].map(([tag]) => {
    const xml = part(`xl/${targets.get(attribute(tag, 'r:id')!)!.replace(/^\/xl\//, '')}`);
    const pane = /<pane [^>]*>/.exec(xml)?.[0] ?? '';
    const rows: (ReadCell | undefined)[][] = [];
    for (const [, open, content = ''] of xml.matchAll(/<c ([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const [, letters, row] = /^([A-Z]+)(\d+)$/.exec(attribute(open!, 'r')!)!;
      const value = /<v>(.*?)<\/v>/s.exec(content)?.[1];
      if (value === undefined) continue;
      const type = attribute(open!, 't');
      (rows[Number(row) - 1] ??= [])[columnOf(letters!)] = {
        value: type === 's' ? strings[Number(value)]! : type === undefined || type === 'n' ? Number(value) : unescaped(value),
        format: formats[Number(attribute(open!, 's') ?? 0)] ?? 'General',
        isFormula: /<f[ >]/.test(content),
      };
    }
    return {
      name: unescaped(attribute(tag, 'name')!),
      rows: Array.from(rows, (row) => Array.from(row ?? [])),
      widths: [...xml.matchAll(/<col [^>]*>/g)].map(([column]) => Number(attribute(column, 'width'))),
      frozen: { rows: Number(attribute(pane, 'ySplit') ?? 0), columns: Number(attribute(pane, 'xSplit') ?? 0) },
    };
  });
}

/** The formats that Excel has without their being named. */
const BUILT_IN: Readonly<Record<number, string>> = { 0: 'General', 1: '0', 2: '0.00', 3: '#,##0', 4: '#,##0.00', 49: '@' };

function readFormats(styles: string): string[] {
  const named = new Map([...styles.matchAll(/<numFmt [^>]*>/g)].map(([tag]) => [Number(attribute(tag, 'numFmtId')), unescaped(attribute(tag, 'formatCode')!)]));
  const cells = /<cellXfs[^>]*>(.*?)<\/cellXfs>/s.exec(styles)?.[1] ?? '';
  return [...cells.matchAll(/<xf [^>]*>/g)].map(([tag]) => {
    const id = Number(attribute(tag, 'numFmtId') ?? 0);
    return named.get(id) ?? BUILT_IN[id] ?? fail(`no number format ${id}`);
  });
}

function columnOf(letters: string): number {
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1];
}

function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex?: string, decimal?: string, name: string = '') =>
    hex !== undefined ? String.fromCodePoint(parseInt(hex, 16)) : decimal !== undefined ? String.fromCodePoint(Number(decimal)) : named[name]!,
  );
}

/** The files of an archive by name, from its directory at the end (APPNOTE 6.3). */
function readZip(bytes: Uint8Array): Map<string, Buffer> {
  const zip = Buffer.from(bytes);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, nameLength, extraLength, commentLength, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(start, start + size);
    files.set(zip.toString('utf8', at + 46, at + 46 + nameLength), method === 0 ? content : inflateRawSync(content));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

function fail(message: string): never {
  throw new Error(`not a workbook: ${message}`);
}
