import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TonalitetError } from '../errors.js';

/** What a model does. One of each kind is needed. */
export type ModelKind = 'speech' | 'vad' | 'tonality';

export interface ModelFile {
  /** Relative to the model's folder, with forward slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** One model of the manifest. */
export interface Model {
  readonly name: string;
  readonly version: string;
  readonly kind: ModelKind;
  /** The model's folder, relative to the models folder, with forward slashes. */
  readonly folder: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** The licence's text, relative to the models folder. */
  readonly licenceFile: string;
  /** Where the weights came from, for people. */
  readonly source: string;
  readonly files: readonly ModelFile[];
}

export interface ModelManifest {
  /** The absolute folder that the manifest lies in. */
  readonly modelsDir: string;
  readonly models: readonly Model[];
}

export const MANIFEST_NAME = 'manifest.json';

/** The layout of the manifest that this version reads. */
const MANIFEST_FORMAT = 1;

/** A manifest of a few models takes a few kilobytes; more than 1 MiB is something else. */
const MAX_MANIFEST_BYTES = 1_048_576;

/** The largest size that a file may state: ONNX files (protocol buffers) end at 2 GiB. */
const MAX_FILE_BYTES = 2_147_483_647;

const MAX_MODELS = 64;
const MAX_FILES = 64;
const MAX_TEXT_LENGTH = 1_000;

const text = z.string().min(1).max(MAX_TEXT_LENGTH);

/** A path that stays below where it starts on every system: plain names joined by slashes, none of them `..`. */
const insidePath = text.refine((path) => path.split('/').every((part) => /^[\w-][\w.-]*$/.test(part)), 'expected plain names joined by /');

const manifestSchema = z.object({
  format: z.literal(MANIFEST_FORMAT),
  models: z
    .array(
      z.object({
        name: text,
        version: text,
        kind: z.enum(['speech', 'vad', 'tonality']),
        folder: insidePath,
        licence: text,
        licenceFile: insidePath,
        source: text,
        files: z
          .array(
            z.object({
              path: insidePath,
              sizeBytes: z.int().min(1).max(MAX_FILE_BYTES),
              sha256: z.string().regex(/^[0-9a-f]{64}$/),
            }),
          )
          .min(1)
          .max(MAX_FILES),
      }),
    )
    .max(MAX_MODELS),
});

/** The folder with the models that came with this package. */
export function packagedModelsDir(): string {
  // The same number of levels in src/ and in dist/.
  return fileURLToPath(new URL('../../models', import.meta.url));
}

/** The models folder to use: the caller's, or that of the environment variable TONALITET_MODELS, or the package's own. */
export function resolveModelsDir(modelsDir: string | undefined): string {
  const environment = process.env['TONALITET_MODELS'];
  if (modelsDir !== undefined) return resolve(modelsDir);
  return environment === undefined || environment === '' ? packagedModelsDir() : resolve(environment);
}

/**
 * Reads the manifest of a models folder. Nothing in it is trusted: paths stay inside the folder, sizes and counts are bounded.
 *
 * @param modelsDir an absolute path, as {@link resolveModelsDir} gives it.
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function readManifest(modelsDir: string): Promise<ModelManifest> {
  if (!isAbsolute(modelsDir)) throw new RangeError(`expected an absolute models folder, got '${modelsDir}'`);
  const path = join(modelsDir, MANIFEST_NAME);
  const bytes = await readManifestBytes(path);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes);
  } catch (error) {
    throw new TonalitetError('MODEL_INVALID', `Expected JSON in '${path}', got something else. Restore the models folder.`, { cause: error });
  }
  const result = manifestSchema.safeParse(parsed);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new TonalitetError(
      'MODEL_INVALID',
      `Expected a manifest of format ${MANIFEST_FORMAT} in '${path}', but at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'it differs'}. ` +
        'Restore the models folder, or install the version that it belongs to.',
      { cause: result.error },
    );
  }
  return { modelsDir, models: result.data.models };
}

/**
 * The model of a kind: the named one, or the first in the manifest.
 *
 * @throws TonalitetError `MODEL_MISSING` if there is none.
 */
export function findModel(manifest: ModelManifest, kind: ModelKind, name?: string): Model {
  const ofKind = manifest.models.filter((model) => model.kind === kind);
  const found = name === undefined ? ofKind[0] : ofKind.find((model) => model.name === name);
  if (found !== undefined) return found;
  const wanted = name === undefined ? `a ${kind} model` : `the ${kind} model '${name}'`;
  const present = ofKind.length === 0 ? 'none' : ofKind.map((model) => `'${model.name}'`).join(', ');
  throw new TonalitetError(
    'MODEL_MISSING',
    `Expected ${wanted} in '${join(manifest.modelsDir, MANIFEST_NAME)}', got ${present}. Restore the models folder.`,
  );
}

/** The absolute path of a model's file, whether it exists or not. */
export function modelFilePath(manifest: ModelManifest, model: Model, file: string): string {
  return join(manifest.modelsDir, ...model.folder.split('/'), ...file.split('/'));
}

async function readManifestBytes(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_MANIFEST_BYTES) {
      throw new TonalitetError(
        'MODEL_INVALID',
        `Expected a manifest of at most ${MAX_MANIFEST_BYTES} bytes, got ${size} in '${path}'. Restore the models folder.`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof TonalitetError) throw error;
    throw new TonalitetError(
      'MODEL_MISSING',
      `Expected the list of models in '${path}', but it cannot be read. Set TONALITET_MODELS or modelsDir to a folder with models, or install the package again.`,
      { cause: error },
    );
  }
}
