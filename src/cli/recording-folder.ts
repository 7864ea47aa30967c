import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, opendir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SNIFF_BYTES, sniffAudio } from '../audio/sniff.js';
import { TonalitetError } from '../errors.js';

/** More recordings than a run takes: their names alone are some hundred megabytes. Give it one folder after the other. */
export const MAX_RECORDINGS = 1_000_000;
/** Folders in folders, at most. */
export const MAX_FOLDER_DEPTH = 16;

/** Files that are no recordings though they are not text: by how they begin, in hexadecimal. */
const OTHER_FILES: readonly (readonly [beginning: string, kind: string])[] = [
  ['25504446', 'a PDF'],
  ['89504e47', 'a picture'],
  ['ffd8ff', 'a picture'],
  ['47494638', 'a picture'],
  ['504b0304', 'an archive or an Office document'],
  ['d0cf11e0', 'an Office document'],
  ['1f8b', 'an archive'],
  ['377abcaf', 'an archive'],
  ['53514c69746520666f726d6174', 'a database'],
  ['7f454c46', 'a program'],
  ['4d5a', 'a program'],
];

/** A folder of recordings. Files are told apart by their path in it, with `/` between its parts. */
export class RecordingFolder {
  readonly root: string;
  /** By size, the first file that had it: only files of the same size are compared. */
  readonly #bySize = new Map<number, { readonly path: string; digest: string | undefined }[]>();
  /** What was found of a file. */
  readonly #found = new Map<string, string | null>();

  private constructor(root: string) {
    this.root = root;
  }

  /** @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`. */
  static async open(path: string): Promise<RecordingFolder> {
    try {
      return new RecordingFolder(await realpath(path));
    } catch (cause) {
      const code = codeOf(cause);
      throw new TonalitetError(code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', `Expected a folder of recordings, got ${code}: ${path}`, { cause });
    }
  }

  /**
   * The paths of everything in it that is no folder, in order, each folder's own after one another. Names that begin with a point are
   * passed over: systems keep things of their own in them.
   *
   * @throws TonalitetError `FILE_UNREADABLE` for a folder in it that cannot be read, `AUDIO_LIMIT` for more than
   *   {@link MAX_RECORDINGS}, or {@link MAX_FOLDER_DEPTH} folders in each other.
   */
  async list(signal?: AbortSignal): Promise<string[]> {
    const paths: string[] = [];
    const read = async (folder: string, depth: number): Promise<void> => {
      if (depth > MAX_FOLDER_DEPTH) throw new TonalitetError('AUDIO_LIMIT', `Expected at most ${MAX_FOLDER_DEPTH} folders in each other, got more: ${folder}`);
      const entries: { readonly name: string; readonly isFolder: boolean }[] = [];
      try {
        for await (const entry of await opendir(join(this.root, folder))) entries.push({ name: entry.name, isFolder: entry.isDirectory() });
      } catch (cause) {
        throw new TonalitetError('FILE_UNREADABLE', `Expected a folder that can be read, got ${codeOf(cause)}: ${folder === '' ? this.root : folder}`, { cause });
      }
      for (const { name, isFolder } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (signal?.aborted === true) return;
        if (name.startsWith('.')) continue;
        const path = folder === '' ? name : `${folder}/${name}`;
        if (isFolder) await read(path, depth + 1);
        else paths.push(path);
        if (paths.length > MAX_RECORDINGS) throw new TonalitetError('AUDIO_LIMIT', `Expected at most ${MAX_RECORDINGS} recordings, got more. Import one of its folders after the other.`);
      }
    };
    await read('', 0);
    return paths;
  }

  /** The whole path of a file in the folder, or `undefined` for one that would lead out of it. */
  resolve(path: string): string | undefined {
    const whole = join(this.root, path);
    return whole.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep) ? whole : undefined;
  }

  /** Why a file cannot be taken as a recording; `undefined` where it can. Asked twice, the second time is another use of the same file. */
  async fault(path: string): Promise<string | undefined> {
    const before = this.#found.get(path);
    if (before !== undefined) return before ?? 'recording: expected each file once, got one that was named before';
    const fault = await this.#look(path);
    this.#found.set(path, fault ?? null);
    return fault;
  }

  async #look(path: string): Promise<string | undefined> {
    const whole = this.resolve(path);
    if (whole === undefined) return 'recording: expected a path inside the folder of recordings';
    try {
      const known = await lstat(whole);
      if (known.isSymbolicLink()) return await this.#linkFault(whole);
      if (known.isDirectory()) return 'recording: expected a file, got a folder';
      if (!known.isFile()) return 'recording: expected a file, got a device, pipe or socket';
      // A folder on the way may be a link too.
      if (!this.#holds(await realpath(whole))) return OUTSIDE;
      if (known.size === 0) return 'recording: expected audio, got an empty file';
      await using file = await open(whole, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      const head = buffer.subarray(0, bytesRead);
      const kind = sniffAudio(head);
      if (kind === 'empty') return 'recording: expected audio, got an empty file';
      if (kind === 'text') return 'recording: expected audio, got a file of text';
      const beginning = head.toString('hex');
      const other = OTHER_FILES.find(([start]) => beginning.startsWith(start));
      if (other !== undefined) return `recording: expected audio, got ${other[1]}`;
      return await this.#duplicateFault(path, known.size);
    } catch (error) {
      const code = codeOf(error);
      return code === 'ENOENT' ? 'recording: expected a file in the folder of recordings, found none' : `recording: expected a file that can be read, got ${code}`;
    }
  }

  #holds(whole: string): boolean {
    return whole.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep);
  }

  async #linkFault(whole: string): Promise<string> {
    try {
      return this.#holds(await realpath(whole)) ? 'recording: expected a file, got a link to another one in the folder, which is taken by its own name' : OUTSIDE;
    } catch {
      return 'recording: expected a file, got a link that leads nowhere';
    }
  }

  /** The same bytes under two names are one comment that would be counted twice. */
  async #duplicateFault(path: string, size: number): Promise<string | undefined> {
    const alike = this.#bySize.get(size) ?? [];
    const own = { path, digest: alike.length === 0 ? undefined : await this.#digest(path) };
    for (const other of alike) {
      other.digest ??= await this.#digest(other.path);
      if (other.digest === own.digest) return `recording: expected each recording once, got the same as ${printable(other.path)}`;
    }
    this.#bySize.set(size, [...alike, own]);
    return undefined;
  }

  async #digest(path: string): Promise<string> {
    await using file = await open(join(this.root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
    return hash.digest('base64');
  }
}

const OUTSIDE = 'recording: expected a file of the folder, got a link that leads out of it';

/** A name on one line, whatever the system lets names hold. */
export function printable(path: string): string {
  return path.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '?');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}
