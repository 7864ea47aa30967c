const SAMPLE_RATE_HZ = 16_000;

/** What the level is taken over: 10 ms. */
const STEP_SAMPLES = 160;
const STEP_S = STEP_SAMPLES / SAMPLE_RATE_HZ;

/** A stretch's ground noise is what its quietest tenth is below. */
const GROUND_SHARE = 0.1;

/** Sound is what stands out from the ground by this much, in decibels, ... */
const ABOVE_GROUND_DB = 10;

/** ... or is not further below the loudest than this: a stretch without a pause has no ground. */
const BELOW_PEAK_DB = 30;

/** How loud a stretch is over time, to tell a word from the silence beside it. */
export class SoundLevel {
  /** Whether there is sound, in each step. */
  readonly #sound: readonly boolean[];

  /** @param samples 16 kHz mono */
  constructor(samples: Float32Array) {
    const levels = Array.from({ length: Math.ceil(samples.length / STEP_SAMPLES) }, (_, i) =>
      decibels(samples.subarray(i * STEP_SAMPLES, (i + 1) * STEP_SAMPLES)),
    );
    const sorted = levels.toSorted((a, b) => a - b);
    const ground = sorted[Math.floor(sorted.length * GROUND_SHARE)] ?? -Infinity;
    const peak = sorted.at(-1) ?? -Infinity;
    const threshold = Math.min(Math.max(ground + ABOVE_GROUND_DB, peak - BELOW_PEAK_DB), peak);
    this.#sound = levels.map((level) => level >= threshold);
  }

  /** Draws the ends of a word in to where there is sound. Where there is none in it, it stays. @param start and end in seconds */
  fit(start: number, end: number): { readonly start: number; readonly end: number } {
    const first = Math.max(0, Math.floor(start / STEP_S));
    const last = Math.min(this.#sound.length, Math.ceil(end / STEP_S));
    let from = first;
    while (from < last && !this.#sound[from]!) from++;
    if (from === last) return { start, end };
    let to = last;
    while (!this.#sound[to - 1]!) to--;
    return { start: Math.max(start, from * STEP_S), end: Math.min(end, to * STEP_S) };
  }
}

function decibels(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  // Digital silence is far below anything that a line carries.
  return 10 * Math.log10(power + 1e-10);
}
