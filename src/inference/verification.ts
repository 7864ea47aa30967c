import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TonalitetError } from '../errors.js';
import { modelFilePath } from './manifest.js';
import type { Model, ModelFile, ModelManifest } from './manifest.js';

/** A model whose files were found to be what the manifest says. Plain data: it can be sent to a worker thread. */
export interface VerifiedModel {
  readonly model: Model;
  /** Absolute paths by the manifest's relative ones. */
  readonly paths: Readonly<Record<string, string>>;
}

/**
 * Checks done in this thread: by path, with what was expected and the file's state, so that a file that was replaced is checked
 * again. A few entries for each model; bounded, since a manifest has at most 64 models of 64 files.
 */
const checks = new Map<string, Promise<void>>();

/**
 * Checks the size and the sha256 of each of a model's files, once for each file and thread. It finds damage, half copies
 * and mixed versions; it is no defence against someone who can write to the folder while the program runs.
 *
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_TAMPERED`.
 */
export async function verifyModel(manifest: ModelManifest, model: Model): Promise<VerifiedModel> {
  const paths: Record<string, string> = {};
  for (const file of model.files) {
    const path = modelFilePath(manifest, model, file.path);
    await verifyFile(model, file, path);
    paths[file.path] = path;
  }
  return { model, paths };
}

/**
 * The absolute path of a verified file.
 *
 * @throws TonalitetError `MODEL_INVALID` if the manifest does not list the file.
 */
export function verifiedPath(verified: VerifiedModel, file: string): string {
  const path = verified.paths[file];
  if (path !== undefined) return path;
  throw new TonalitetError(
    'MODEL_INVALID',
    `Expected the manifest to list '${file}' for the model '${verified.model.name}', got ${Object.keys(verified.paths).join(', ')}. ` +
      'Restore the models folder.',
  );
}

async function verifyFile(model: Model, file: ModelFile, path: string): Promise<void> {
  const state = await fileState(model, path);
  if (state.sizeBytes !== file.sizeBytes) throw tampered(model, path, `${file.sizeBytes} bytes`, `${state.sizeBytes}`);
  const key = [path, state.modifiedMs, file.sizeBytes, file.sha256].join('|');
  let check = checks.get(key);
  if (check === undefined) {
    check = verifyHash(model, file, path);
    checks.set(key, check);
    // A failed check is not kept: the file may be mended while the program runs.
    check.catch(() => checks.delete(key));
  }
  await check;
}

async function verifyHash(model: Model, file: ModelFile, path: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw unreadable(model, path, error);
  }
  const digest = hash.digest('hex');
  if (digest !== file.sha256) throw tampered(model, path, `sha256 ${file.sha256}`, digest);
}

async function fileState(model: Model, path: string): Promise<{ sizeBytes: number; modifiedMs: number }> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { sizeBytes: size, modifiedMs: mtimeMs };
  } catch (error) {
    throw unreadable(model, path, error);
  }
}

function unreadable(model: Model, path: string, cause: unknown): TonalitetError {
  return new TonalitetError(
    'MODEL_MISSING',
    `Expected a file of the model '${model.name}' at '${path}', but it cannot be read. Restore the models folder or install the package again.`,
    { cause },
  );
}

function tampered(model: Model, path: string, expected: string, got: string): TonalitetError {
  return new TonalitetError(
    'MODEL_TAMPERED',
    `Expected ${expected} in '${path}' (model '${model.name}'), got ${got}. The file is damaged or of another version: restore the models folder.`,
  );
}
