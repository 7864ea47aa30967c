import { TonalitetError } from '../errors.js';

/** How the names of recordings say what they are of: texts and fields in turn. */
export interface NamePattern {
  /** Whether it is about the folders too, or about the file's own name alone. */
  readonly hasFolders: boolean;
  /** A text comes first, and each field has a text after it but the last, which ends with the name. `field` `null`: left out. */
  readonly parts: readonly { readonly text: string; readonly field: string | null | undefined }[];
}

/** The longest pattern; paths of files are not longer in practice. */
const MAX_PATTERN_CHARACTERS = 1_000;

/** A field's name, in braces: of docs/import.md, or of another system where a mapping says what it means. `{}` is left out. */
const FIELD = /\{([^{}/]*)\}/;

/** How a name that could be a path of any system may say when: no colon is allowed in the names of some. */
const COMPACT_MOMENT = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T_ .-]?(\d{2})[.:_-]?(\d{2})(?:[.:_-]?(\d{2}))?)?$/;

/**
 * Reads a pattern such as `{municipality}/{contacted_at}_{id}`. The ending of the name (`.wav`) is not part of it.
 *
 * @throws TonalitetError `MAPPING_INVALID` for one without a field, with a field twice, or with two fields and nothing between them.
 */
export function parseNamePattern(pattern: string): NamePattern {
  if (pattern.length > MAX_PATTERN_CHARACTERS) throw invalid(`at most ${MAX_PATTERN_CHARACTERS} characters`, String(pattern.length));
  const pieces = pattern.split(new RegExp(FIELD, 'g'));
  const parts = Array.from({ length: Math.ceil(pieces.length / 2) }, (_, index) => {
    const field = pieces[2 * index + 1];
    return { text: pieces[2 * index]!, field: field === '' ? null : field?.trim() };
  });
  const fields = parts.flatMap(({ field }) => (typeof field === 'string' ? [field] : []));
  if (fields.length === 0) throw invalid('a field in braces, like {id}', 'none');
  if (new Set(fields).size < fields.length) throw invalid('each field once', 'one that comes twice');
  if (parts.some(({ text }) => /[{}]/.test(text))) throw invalid('each brace to be closed', 'one that is not');
  if (parts.some(({ text }, index) => index > 0 && text === '' && (index < parts.length - 1 || parts[index]!.field !== undefined))) {
    throw invalid('a text between two fields, so that it can be told where the first ends', 'none');
  }
  return { hasFolders: pattern.includes('/'), parts };
}

function invalid(expected: string, got: string): TonalitetError {
  return new TonalitetError('MAPPING_INVALID', `Expected a pattern of names with ${expected}, got ${got}. docs/import.md has examples.`);
}

/**
 * What a name says, by field; `undefined` where it is not of the pattern. A field ends where the text after it first comes, and
 * never goes from one folder into the next: there is nothing to try out, and so nothing that takes long.
 *
 * @param path from the folder of recordings, with `/` between its parts.
 */
export function readName({ hasFolders, parts }: NamePattern, path: string): Readonly<Record<string, string>> | undefined {
  const name = path.replace(/\.[^./]*$/, '');
  let rest = hasFolders ? name : name.slice(name.lastIndexOf('/') + 1);
  const fields: Record<string, string> = {};
  let open: string | null | undefined;
  for (const [index, { text, field }] of parts.entries()) {
    const at = index === 0 ? (rest.startsWith(text) ? 0 : -1) : text === '' ? rest.length : rest.indexOf(text);
    if (at < 0) return undefined;
    const value = rest.slice(0, at);
    if (index > 0 && !take(fields, open, value)) return undefined;
    rest = rest.slice(at + text.length);
    open = field;
  }
  if (open === undefined) return rest === '' ? fields : undefined;
  return take(fields, open, rest) ? fields : undefined;
}

function take(fields: Record<string, string>, field: string | null | undefined, value: string): boolean {
  if (value === '' || value.includes('/')) return false;
  if (typeof field === 'string') fields[field] = /_at$/.test(field) ? spelledMoment(value) : value;
  return true;
}

/** `20200305T101200`, `2020-03-05_10.12`: as docs/import.md has it. Anything else is left as it is, and told as what it is. */
function spelledMoment(value: string): string {
  const match = COMPACT_MOMENT.exec(value);
  if (match === null) return value;
  const [, year, month, day, hour, minute, second = '00'] = match;
  return hour === undefined ? `${year}-${month}-${day}` : `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}
