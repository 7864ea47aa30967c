import { tinyConfig } from './config.js';

/** Logits that depend on the text so far and a seed, the same each time: a model that may write anything. */
export function toyLogits(seed: number, tokens: readonly number[], spread = 6): Float32Array {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const mix = (value: number): number => {
    state = Math.imul(state ^ value, 0x85ebca6b) >>> 0;
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
    state = (state ^ (state >>> 16)) >>> 0;
    return state / 2 ** 32;
  };
  for (const token of tokens) mix(token + 1);
  return Float32Array.from({ length: tinyConfig.vocabularySize }, (_, i) => (mix(i + 101) - 0.5) * spread);
}
