import { parse } from 'yaml';
import { z } from 'zod';
import { TonalitetError } from '../errors.js';

/** How another system's fields become those of docs/import.md. */
export interface Mapping {
  /** Our field: their column. */
  readonly fields: Readonly<Record<string, string>>;
  /** Our field: their value: ours. Values that are not named stay as they are. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Our field: the value that every row has. */
  readonly constants: Readonly<Record<string, string | number | boolean>>;
  /** Their columns that are left out; `'others'` leaves out all that are not named in `fields`. */
  readonly ignore: readonly string[] | 'others';
}

const schema = z.strictObject({
  fields: z.record(z.string(), z.string()).default({}),
  values: z.record(z.string(), z.record(z.string(), z.string().nullable())).default({}),
  constants: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  ignore: z.union([z.array(z.string()), z.literal('others')]).default([]),
});

/**
 * Reads a mapping from YAML or JSON.
 *
 * @throws TonalitetError `MAPPING_INVALID`
 */
export function parseMapping(text: string): Mapping {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, prettyErrors: true });
  } catch (cause) {
    throw new TonalitetError('MAPPING_INVALID', `Expected a mapping in YAML or JSON, got another text: ${(cause as Error).message}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new TonalitetError('MAPPING_INVALID', `Expected a mapping with fields, values, constants and ignore (see docs/import.md); ${path.join('.')}: ${message}`);
}

/** Makes of a record of theirs one of ours. What the mapping does not name keeps its name. */
export function mapRecord(record: Readonly<Record<string, unknown>>, { fields, values, constants, ignore }: Mapping): Record<string, unknown> {
  const mapped = new Map<string, unknown>();
  const named = new Set(Object.values(fields));
  for (const [name, value] of Object.entries(record)) {
    if (!named.has(name) && ignore !== 'others' && !ignore.includes(name)) mapped.set(name, value);
  }
  for (const [ours, theirs] of Object.entries(fields)) if (Object.hasOwn(record, theirs)) mapped.set(ours, record[theirs]);
  for (const [ours, choices] of Object.entries(values)) {
    const value = mapped.get(ours);
    if (typeof value === 'string' && Object.hasOwn(choices, value.trim())) mapped.set(ours, choices[value.trim()]);
  }
  for (const [ours, value] of Object.entries(constants)) mapped.set(ours, value);
  return Object.fromEntries(mapped);
}
