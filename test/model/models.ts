import { findModel, readManifest, resolveModelsDir } from '../../src/inference/manifest.js';
import type { ModelKind } from '../../src/inference/manifest.js';
import { verifyModel } from '../../src/inference/verification.js';
import type { VerifiedModel } from '../../src/inference/verification.js';

/**
 * A model whose weights are there, or undefined with a loud word: tests that need it are then skipped.
 *
 * @param name the first of its kind by default.
 */
export async function modelForTest(kind: ModelKind, name?: string): Promise<VerifiedModel | undefined> {
  try {
    const manifest = await readManifest(resolveModelsDir(undefined));
    return await verifyModel(manifest, findModel(manifest, kind, name));
  } catch (error) {
    console.warn(`SKIPPED: tests that need the ${kind} model${name === undefined ? '' : ` '${name}'`}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
