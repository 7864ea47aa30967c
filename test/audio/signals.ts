/** Test signals and the measuring of tones in them. */

/** A sine of `frequencyHz`, sampled at `sampleRateHz`. */
export function sine(frequencyHz: number, sampleRateHz: number, length: number, amplitude = 0.5): Float32Array {
  return Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz));
}

export function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** A ratio of amplitudes in decibels. */
export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** The part of a signal away from both ends, where no edge is in the filter's reach. */
export function middle(samples: Float32Array): Float32Array {
  const edge = Math.floor(samples.length / 4);
  return samples.subarray(edge, samples.length - edge);
}

/** The best fit of a sine of one frequency (by least squares): its amplitude, and the RMS of what it leaves. */
export function fitTone(samples: Float32Array, frequencyHz: number, sampleRateHz: number): { amplitude: number; residualRms: number } {
  let ss = 0;
  let cc = 0;
  let sc = 0;
  let ys = 0;
  let yc = 0;
  samples.forEach((y, i) => {
    const angle = (2 * Math.PI * frequencyHz * i) / sampleRateHz;
    const s = Math.sin(angle);
    const c = Math.cos(angle);
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += y * s;
    yc += y * c;
  });
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  const residual = samples.map((y, i) => {
    const angle = (2 * Math.PI * frequencyHz * i) / sampleRateHz;
    return y - a * Math.sin(angle) - b * Math.cos(angle);
  });
  return { amplitude: Math.hypot(a, b), residualRms: rms(residual) };
}

/** Joins chunks into one array. */
export function join(chunks: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/** Cuts an array where `cuts` say (any order, any values), for tests of "any chunking". */
export function cutAt<T extends Float32Array | Uint8Array>(whole: T, cuts: readonly number[]): T[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => whole.subarray(places[i], end) as T);
}
