import type { ModelKind } from '../inference/manifest.js';

/** A model that is in use, as the manifest names it. */
export interface ModelName {
  readonly name: string;
  readonly version: string;
}

/** The models that are loaded, by what they do. */
export type LoadedModels = Readonly<Partial<Record<ModelKind, ModelName>>>;
