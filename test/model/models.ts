import { findModel, readManifest, resolveModelsDir } from '../../src/inference/manifest.js';
import type { ModelKind } from '../../src/inference/manifest.js';
import { verifyModel } from '../../src/inference/verification.js';
import type { VerifiedModel } from '../../src/inference/verification.js';

/**
 * A model whose weights are there, or undefined with a loud word: tests that need it are then left out.
 *
 * @param name the first of its kind by default.
 * @param modelsDir the usual folder by default.
 */
export async function modelForTest(kind: ModelKind, name?: string, modelsDir?: string): Promise<VerifiedModel | undefined> {
  try {
    const manifest = await readManifest(resolveModelsDir(modelsDir));
    return await verifyModel(manifest, findModel(manifest, kind, name));
  } catch (error) {
    console.warn(`\n*** LEFT OUT: tests that need the ${kind} model: ${error instanceof Error ? error.message : String(error)} ***\n`);
    return undefined;
  }
}
