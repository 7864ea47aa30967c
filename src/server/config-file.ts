import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { TonalitetError } from '../errors.js';
import { isObject } from './fields.js';
import type { RawSettings } from './settings.js';

/** A configuration is a page; a file larger than this is another one. */
const MAX_CONFIG_BYTES = 1_048_576;

/**
 * Reads a configuration file: YAML, or JSON, which is YAML too.
 *
 * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or `TEXT_INVALID` for what is no mapping of settings.
 */
export async function readConfigFile(path: string): Promise<RawSettings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const code = missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE';
    throw new TonalitetError(code, `Expected a configuration file that can be read, got ${missing ? 'a path where there is none' : 'one that cannot'}.`, { cause: error });
  }
  if (text.length > MAX_CONFIG_BYTES) throw new TonalitetError('TEXT_INVALID', `Expected a configuration of at most ${MAX_CONFIG_BYTES} characters, got more.`);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    // The parser's message quotes the line, which may be a secret; its place is enough.
    const line = (error as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line;
    throw new TonalitetError('TEXT_INVALID', `Expected a configuration in YAML or JSON, got something else${line === undefined ? '' : ` in line ${line}`}.`);
  }
  if (!isObject(value)) throw new TonalitetError('TEXT_INVALID', 'Expected a configuration of settings and their values, got something else.');
  return value;
}
