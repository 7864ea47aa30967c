import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { TonalitetError } from '../errors.js';
import type { CommentJudge } from '../survey/classify-waiting.js';

/** A folder's identity on this machine: another file system in its place is another folder. */
interface FolderIdentity {
  readonly device: number;
  readonly inode: number;
}

/**
 * The folder that a worker reads recordings from: none outside of it is read, whatever the database says. Where it goes away, as a
 * share does that is unmounted, that is not the recordings' fault: without this, every comment that waits would be given up in
 * a minute.
 */
export class RecordingFolder {
  readonly #root: string;
  readonly #importedAs: string;
  readonly #identity: FolderIdentity;

  private constructor(root: string, importedAs: string, identity: FolderIdentity) {
    this.#root = root;
    this.#importedAs = importedAs;
    this.#identity = identity;
  }

  /**
   * @param importedAs the path that the same folder had where the recordings were imported; by default the same one.
   * @throws TonalitetError `RECORDINGS_UNAVAILABLE`.
   */
  static async open(path: string, importedAs: string = path): Promise<RecordingFolder> {
    const root = resolve(path);
    return new RecordingFolder(root, resolve(importedAs), await identify(root));
  }

  /** Lets a judge hear recordings of this folder, and no others. */
  guard(judge: CommentJudge): CommentJudge {
    return {
      judgeText: async (text, signal) => judge.judgeText(text, signal),
      judgeRecording: async (path, signal) => {
        const here = this.#pathHere(path);
        try {
          return await judge.judgeRecording(here, signal);
        } catch (error) {
          if (error instanceof TonalitetError && (error.code === 'FILE_NOT_FOUND' || error.code === 'FILE_UNREADABLE')) await this.#check();
          throw error;
        }
      },
    };
  }

  #pathHere(path: string): string {
    const inside = withSeparator(this.#importedAs);
    const whole = resolve(this.#importedAs, path);
    if (!whole.startsWith(inside)) {
      throw new TonalitetError('FILE_UNREADABLE', 'Expected a recording inside the folder of recordings, got one elsewhere. Check --recordings and --imported-as.');
    }
    return withSeparator(this.#root) + whole.slice(inside.length);
  }

  /** @throws TonalitetError `RECORDINGS_UNAVAILABLE` where the folder is no longer the one that it was. */
  async #check(): Promise<void> {
    const { device, inode } = await identify(this.#root);
    if (device !== this.#identity.device || inode !== this.#identity.inode) throw unavailable(this.#root, 'another one');
  }
}

async function identify(root: string): Promise<FolderIdentity> {
  try {
    const found = await stat(root);
    if (!found.isDirectory()) throw unavailable(root, 'something else');
    return { device: found.dev, inode: found.ino };
  } catch (error) {
    if (error instanceof TonalitetError) throw error;
    throw unavailable(root, String((error as NodeJS.ErrnoException).code), error);
  }
}

function unavailable(root: string, got: string, cause?: unknown): TonalitetError {
  return new TonalitetError('RECORDINGS_UNAVAILABLE', `Expected the folder of recordings, got ${got}: ${root}. Mount it, or name another one with --recordings.`, { cause });
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}
