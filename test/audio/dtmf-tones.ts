/** The tone pairs of telephone keys, for tests. */

const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1_209, 1_336, 1_477, 1_633];
const KEYS = ['123A', '456B', '789C', '*0#D'];

/** All keys, in order. */
export const ALL_DIGITS = '0123456789*#ABCD';

export interface ToneOptions {
  readonly rateHz: number;
  readonly onS: number;
  readonly offS: number;
  /** Of each of the two tones, in decibels below full scale. */
  readonly rowDb?: number;
  readonly columnDb?: number;
  /** How far both frequencies are off, as a share. */
  readonly detuned?: number;
}

/** Keys that are pressed one after the other, with a pause after each. */
export function pressedKeys(digits: string, { rateHz, onS, offS, rowDb = -12, columnDb = -12, detuned = 0 }: ToneOptions): Float32Array {
  const on = Math.round(onS * rateHz);
  const off = Math.round(offS * rateHz);
  const samples = new Float32Array(digits.length * (on + off));
  [...digits].forEach((digit, i) => {
    const row = KEYS.findIndex((keys) => keys.includes(digit));
    const rowHz = ROWS_HZ[row]! * (1 + detuned);
    const columnHz = COLUMNS_HZ[KEYS[row]!.indexOf(digit)]! * (1 + detuned);
    const amplitude = (db: number): number => Math.SQRT2 * 10 ** (db / 20);
    for (let k = 0; k < on; k++) {
      const angle = (2 * Math.PI * k) / rateHz;
      samples[i * (on + off) + k] = amplitude(rowDb) * Math.sin(angle * rowHz) + amplitude(columnDb) * Math.sin(angle * columnHz);
    }
  });
  return samples;
}
