import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe } from 'vitest';
import type { StartThread } from '../../src/engine/inference-thread.js';
import { findModel, modelFilePath, readManifest, resolveModelsDir } from '../../src/inference/manifest.js';
import type { ModelKind } from '../../src/inference/manifest.js';

export const modelsDir: string = resolveModelsDir(undefined);

/** The built program: threads and commands run from there, since Node cannot run TypeScript by itself. */
export const BUILT: string = fileURLToPath(new URL('../../dist/', import.meta.url));
export const COMMAND: string = `${BUILT}cli/main.js`;

/** Threads that run the built worker. */
export const startBuiltWorker: StartThread = (data) => new Worker(`${BUILT}engine/worker.js`, { workerData: data });

/** A suite that needs models, and the built program. Without them it is left out, loudly. */
export async function describeWithModels(name: string, kinds: readonly ModelKind[], suite: () => void): Promise<void> {
  const missing = (await missingModel(kinds)) ?? (existsSync(COMMAND) ? undefined : 'the built program in dist/');
  if (missing !== undefined) console.warn(`\n*** LEFT OUT: '${name}' needs ${missing} ***\n`);
  describe.skipIf(missing !== undefined)(name, suite);
}

async function missingModel(kinds: readonly ModelKind[]): Promise<string | undefined> {
  try {
    const manifest = await readManifest(modelsDir);
    for (const kind of kinds) {
      const model = findModel(manifest, kind);
      const file = model.files.find(({ path }) => !existsSync(modelFilePath(manifest, model, path)));
      if (file !== undefined) return `the file '${file.path}' of the model '${model.name}'`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
