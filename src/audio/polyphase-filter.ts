/**
 * The low-pass filter of the resampler, cut into phases: one row of coefficients for each position that an output sample
 * can take between two input samples.
 *
 * Specification, relative to the Nyquist frequency of the lower of the two rates: pass-band up to 0.90, stop-band from
 * 1.00, at least 80 dB down. For 16 kHz out of a higher rate this is flat to 7.2 kHz and free of aliases from 8 kHz; for
 * 8 kHz telephone recordings it is flat to 3.6 kHz, above the telephone band's 3.4 kHz.
 *
 * Design: a sinc under a Kaiser window, with Kaiser's formulas (A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal
 * Processing", section 7.6): beta = 0.1102 (A - 8.7), length = (A - 7.95) / (2.285 Δω).
 */

/** Asked of Kaiser's formulas; more than the 80 dB promised, so that interpolated phases keep the promise as well. */
const DESIGN_ATTENUATION_DB = 96;

/** End of the pass-band and start of the stop-band, in cycles per sample of the lower rate. */
const PASS_EDGE = 0.45;
const STOP_EDGE = 0.5;

const KAISER_BETA = 0.1102 * (DESIGN_ATTENUATION_DB - 8.7);

/** Half the length of the filter, in samples of the lower rate: about 61.3. */
const HALF_LENGTH = (DESIGN_ATTENUATION_DB - 7.95) / (2.285 * 2 * Math.PI * (STOP_EDGE - PASS_EDGE)) / 2;

/** The most coefficients in a table with a row for each phase: 1 MiB. All the usual rates need fewer than 80,000. */
const MAX_EXACT_COEFFICIENTS = 131_072;

/**
 * Rows for each sample of the lower rate when a ratio has too many phases. Taking the straight line between two rows of a
 * sinc errs by at most (π / 512)² / 8, which is -106 dB.
 */
const INTERPOLATED_ROWS = 512;

/** Tables kept for reuse: recordings of one survey share one or two rates. */
const MAX_CACHED_FILTERS = 8;

export interface PolyphaseFilter {
  /** Input samples under each row; a multiple of 4. Output at input position `t` uses `floor(t) - taps/2 + 1` and on. */
  readonly taps: number;
  /** Rows in one step from an input sample to the next. */
  readonly rows: number;
  /** False if each phase has its own row; true if a phase lies between two rows (and there is one row more). */
  readonly interpolated: boolean;
  /** float64 [rows (+ 1 if interpolated), taps]; each row sums to 1. */
  readonly coefficients: Float64Array;
}

const cache = new Map<string, PolyphaseFilter>();

/**
 * The filter for a ratio, made on first use.
 *
 * @param up phases: the output rate divided by the greatest common divisor of both rates.
 * @param down the input rate divided by the same.
 */
export function polyphaseFilter(up: number, down: number): PolyphaseFilter {
  const key = `${up}/${down}`;
  const found = cache.get(key);
  // Deleted and set again, so that the map's order is that of last use and its first key the one to drop.
  cache.delete(key);
  const filter = found ?? makeFilter(up, down);
  cache.set(key, filter);
  if (cache.size > MAX_CACHED_FILTERS) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  }
  return filter;
}

function makeFilter(up: number, down: number): PolyphaseFilter {
  // Input samples for each sample of the lower rate: 1 when the rate rises.
  const stretch = Math.max(1, down / up);
  const halfTaps = 2 * Math.ceil((HALF_LENGTH * stretch) / 2);
  const taps = 2 * halfTaps;
  const interpolated = up * taps > MAX_EXACT_COEFFICIENTS;
  const rows = interpolated ? Math.ceil(INTERPOLATED_ROWS / stretch) : up;
  const tableRows = interpolated ? rows + 1 : rows;
  const coefficients = new Float64Array(tableRows * taps);
  const cutoff = (PASS_EDGE + STOP_EDGE) / stretch;
  const windowScale = 1 / besselI0(KAISER_BETA);

  for (let row = 0; row < tableRows; row++) {
    const start = row * taps;
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const distance = row / rows + halfTaps - 1 - k;
      const angle = Math.PI * cutoff * distance;
      const sinc = distance === 0 ? 1 : Math.sin(angle) / angle;
      const inside = Math.max(0, 1 - (distance / halfTaps) ** 2);
      const value = sinc * besselI0(KAISER_BETA * Math.sqrt(inside)) * windowScale;
      coefficients[start + k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) coefficients[start + k]! /= sum;
  }
  return { taps, rows, interpolated, coefficients };
}

/** The modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
