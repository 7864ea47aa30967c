import type { WavFrames } from './wav-samples.js';

/**
 * Mixes channels down to one by their mean, so that a voice in any one of them is kept and none can overflow. Sums are
 * taken in double precision. A single channel is given back as it is.
 */
export function mixDown(channels: WavFrames): Float32Array {
  const first = channels[0];
  if (first === undefined) return new Float32Array(0);
  if (channels.length === 1) return first;
  const mixed = new Float32Array(first.length);
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i]!;
    mixed[i] = sum / channels.length;
  }
  return mixed;
}
