/** The steps of the pipeline that are timed. */
type Step = 'decodeS' | 'vadS' | 'transcribeS' | 'classifyS';

/** Adds up the time that each step of the pipeline takes, in seconds. */
export class StepClock {
  readonly #startMs: number = performance.now();
  readonly #stepMs: Record<Step, number> = { decodeS: 0, vadS: 0, transcribeS: 0, classifyS: 0 };

  /** Adds the time until the work is done, or has failed, to the step's. */
  async time<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.#stepMs[step] += performance.now() - startMs;
    }
  }

  /** What was added up so far, and the time since the clock was made. */
  timings(): Readonly<Record<Step | 'totalS', number>> {
    const { decodeS, vadS, transcribeS, classifyS } = this.#stepMs;
    return {
      decodeS: decodeS / 1_000,
      vadS: vadS / 1_000,
      transcribeS: transcribeS / 1_000,
      classifyS: classifyS / 1_000,
      totalS: (performance.now() - this.#startMs) / 1_000,
    };
  }
}
