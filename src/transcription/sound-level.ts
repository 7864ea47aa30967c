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

/** A pause lasts at least this many steps: 60 ms, longer than what is silent within a word, the closure of a stop. */
const PAUSE_STEPS = 6;

/** How far from a pause a border may have been put that belongs to it, in steps: 120 ms. */
const BORDER_STEPS = 12;

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

  /**
   * Where the sound before a border between words ends, and where the sound after it begins: at the pause that the border lies in or
   * beside. Without a pause there, both are the border itself.
   *
   * @param atS seconds
   */
  around(atS: number): { readonly before: number; readonly after: number } {
    const at = Math.min(Math.max(0, Math.floor(atS / STEP_S)), this.#sound.length);
    for (let distance = 0; distance <= BORDER_STEPS; distance++) {
      for (const step of [at - distance, at + distance]) {
        if (this.#sound[step] !== false) continue;
        let from = step;
        while (this.#sound[from - 1] === false) from--;
        let to = step + 1;
        while (this.#sound[to] === false) to++;
        if (to - from >= PAUSE_STEPS) return { before: from * STEP_S, after: to * STEP_S };
      }
    }
    return { before: atS, after: atS };
  }
}

function decibels(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  // Digital silence is far below anything that a line carries.
  return 10 * Math.log10(power + 1e-10);
}
