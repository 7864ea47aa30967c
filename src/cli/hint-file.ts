import { readFile } from 'node:fs/promises';
import { TonalitetError } from '../errors.js';
import { MAX_HINTS, MAX_HINT_CHARACTERS } from '../transcription/hints.js';

/** 200 names of 60 characters in four bytes each, and as much again for comments. */
const MAX_HINT_FILE_BYTES = 131_072;

/**
 * Reads a file of hints: a name a line; empty lines, and those that begin with #, are left out.
 *
 * @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `TEXT_INVALID` or `TEXT_LIMIT`.
 */
export async function readHintFile(path: string): Promise<readonly string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE';
    throw new TonalitetError(code, `Expected a file of hints at '${path}', but it cannot be read. Check the path.`, { cause: error });
  }
  if (bytes.length > MAX_HINT_FILE_BYTES) {
    throw new TonalitetError('TEXT_LIMIT', `Expected a file of hints of at most ${MAX_HINT_FILE_BYTES} bytes, got ${bytes.length}. Give the names that matter most.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TonalitetError('TEXT_INVALID', `Expected a file of hints in UTF-8 at '${path}', got other bytes. Save it as UTF-8.`, { cause: error });
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const hints = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const long = lines.findIndex((line) => !line.startsWith('#') && line.length > MAX_HINT_CHARACTERS);
  if (long >= 0) {
    throw new TonalitetError('TEXT_LIMIT', `Expected names of at most ${MAX_HINT_CHARACTERS} characters, got ${lines[long]!.length} in line ${long + 1} of '${path}'. Shorten it.`);
  }
  if (hints.length > MAX_HINTS) {
    throw new TonalitetError('TEXT_LIMIT', `Expected at most ${MAX_HINTS} names in '${path}', got ${hints.length}. Give those that matter most.`);
  }
  return hints;
}
