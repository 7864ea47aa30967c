/** One triangular filter: its weights for the frequencies from `from` on. */
export interface MelFilter {
  readonly from: number;
  readonly weights: Float64Array;
}

/** The lower, linear part of Slaney's mel scale: 3 mels for each 200 Hz, up to 1 kHz. */
const HZ_PER_MEL = 200 / 3;
const LOG_FROM_HZ = 1_000;
const LOG_FROM_MEL = LOG_FROM_HZ / HZ_PER_MEL;

/** The upper, logarithmic part: 27 mels for a factor of 6.4. */
const LOG_STEP = Math.log(6.4) / 27;

/**
 * The mel filters that Whisper was trained with: triangles on Slaney's scale (M. Slaney, "Auditory Toolbox", 1998) over the
 * whole band, each with the same area.
 *
 * @param count mel bands: 80, or 128 for the large models.
 * @param fftLength samples of the transform.
 */
export function makeMelFilters(count: number, fftLength: number, sampleRateHz: number): readonly MelFilter[] {
  const bins = fftLength / 2 + 1;
  const binHz = sampleRateHz / fftLength;
  const topMel = toMel(sampleRateHz / 2);
  const corner = (i: number): number => toHz((topMel * i) / (count + 1));
  return Array.from({ length: count }, (_, band) => {
    const low = corner(band);
    const middle = corner(band + 1);
    const high = corner(band + 2);
    const from = Math.floor(low / binHz) + 1;
    const to = Math.min(bins, Math.ceil(high / binHz));
    const weights = Float64Array.from({ length: Math.max(0, to - from) }, (_unused, i) => {
      const hz = (from + i) * binHz;
      return (Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)) * 2) / (high - low);
    });
    return { from, weights };
  });
}

function toMel(hz: number): number {
  return hz < LOG_FROM_HZ ? hz / HZ_PER_MEL : LOG_FROM_MEL + Math.log(hz / LOG_FROM_HZ) / LOG_STEP;
}

function toHz(mel: number): number {
  return mel < LOG_FROM_MEL ? mel * HZ_PER_MEL : LOG_FROM_HZ * Math.exp((mel - LOG_FROM_MEL) * LOG_STEP);
}
