import { lstat, realpath, rm } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { TonalitetError } from '../errors.js';

/**
 * Deletes a recording's file. One that is gone already is no fault.
 *
 * @param folder the only one in which files are deleted, whatever paths the database holds; links that lead out of it are not followed.
 * @throws TonalitetError `FILE_UNREADABLE` for a path outside the folder, or a file that cannot be deleted.
 */
export async function deleteRecording(path: string, folder: string): Promise<'deleted' | 'gone'> {
  const outside = (): TonalitetError => new TonalitetError('FILE_UNREADABLE', `Expected a recording below ${folder}, got a path outside of it. Name the right folder with --recordings.`);
  const file = resolve(path);
  try {
    const root = await realpath(folder);
    const inside = (name: string): boolean => name.startsWith(root.endsWith(sep) ? root : root + sep);
    if ((await lstat(file)).isSymbolicLink()) throw outside();
    const real = await realpath(file);
    if (!inside(real)) throw outside();
    await rm(real);
    return 'deleted';
  } catch (cause) {
    if (cause instanceof TonalitetError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return 'gone';
    throw new TonalitetError('FILE_UNREADABLE', `Expected to delete a recording, got ${String(code)} from the system. Check the permissions of ${folder}.`, { cause });
  }
}
