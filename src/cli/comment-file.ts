import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { TonalitetError } from '../errors.js';

/** A file of comments; what cannot be opened is told at once. @throws TonalitetError `FILE_NOT_FOUND` or `FILE_UNREADABLE`. */
export async function openComments(file: string): Promise<ReadStream> {
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw fileError(error);
  }
}

/** The bytes of a file of comments as they come. @throws TonalitetError `FILE_UNREADABLE`. */
export async function* readable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (error) {
    throw fileError(error);
  }
}

function fileError(error: unknown): TonalitetError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TonalitetError('FILE_NOT_FOUND', 'Expected a file of comments, got a path where there is none. Check its spelling.', { cause: error });
  }
  return new TonalitetError('FILE_UNREADABLE', `Expected a file of comments that can be read, got ${code} from the system. Check its permissions.`, {
    cause: error,
  });
}
