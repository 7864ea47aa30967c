import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import { MAX_STRETCH_S } from '../engine/speech-engine.js';
import type { LiveSpeechFinder, SpeechEngine, SpeechEvent } from '../engine/speech-engine.js';
import { TonalitetError } from '../errors.js';

/** The most that a finder takes in one push: a second. */
const PUSH_SAMPLES = MODEL_SAMPLE_RATE_HZ;

/** Audio that is kept while nobody speaks, in seconds: more than a detector needs to find a beginning that it had half heard. */
const SILENCE_KEPT_S = 2;

/** Kept before the beginning of open speech, in seconds, so that a new finder hears it begin. */
const LEAD_KEPT_S = 0.5;

/** Times in a row that a finder is opened anew before the channel gives up. */
const MAX_REOPENS = 3;

/**
 * Voice activity detection of one channel that outlives its detector: when the thread behind a finder is lost, a new one is
 * opened and hears again what had not ended. Times are seconds from the beginning of the channel. Calls must not overlap.
 */
export class LiveSpeech {
  readonly #engine: SpeechEngine;
  #finder: LiveSpeechFinder | undefined;
  /** Where the finder's time begins, in samples. */
  #finderStart = 0;
  #history: Float32Array[] = [];
  #historyStart = 0;
  /** The end of what the finder has heard, in samples. */
  #heard = 0;
  #speechStart: number | undefined;
  #reopens = 0;
  #closed = false;

  constructor(engine: SpeechEngine) {
    this.#engine = engine;
  }

  /** Times that a lost finder was replaced. */
  get reopens(): number {
    return this.#reopens;
  }

  /** Where the audio begins, in seconds, whose speech has not been given back yet. */
  get unfinishedFromS(): number {
    return (this.#speechStart ?? this.#historyStart) / MODEL_SAMPLE_RATE_HZ;
  }

  get speaking(): boolean {
    return this.#speechStart !== undefined;
  }

  /**
   * @param samples 16 kHz; kept, so they must not change.
   * @throws what the engine throws, when a new finder does not help.
   */
  async push(samples: Float32Array): Promise<readonly SpeechEvent[]> {
    for (let start = 0; start < samples.length; start += PUSH_SAMPLES) this.#history.push(samples.subarray(start, start + PUSH_SAMPLES));
    if (this.#finder === undefined) return this.#reopen([]);
    // What was noted before a failure stays: it is not heard again.
    const events: SpeechEvent[] = [];
    try {
      for (let start = 0; start < samples.length; start += PUSH_SAMPLES) {
        events.push(...(await this.#hear(this.#finder, samples.subarray(start, start + PUSH_SAMPLES))));
      }
      return events;
    } catch (error) {
      await this.#dropFinder(error);
      return this.#reopen(events);
    }
  }

  /** Ends open speech here. */
  async flush(): Promise<readonly SpeechEvent[]> {
    if (this.#finder === undefined) return [];
    try {
      return this.#note(await this.#finder.flush());
    } catch (error) {
      await this.#dropFinder(error);
      const events = await this.#reopen([]);
      return [...events, ...this.#note((await this.#finder?.flush()) ?? [])];
    }
  }

  /** Open speech from its start; `undefined` in silence, and while the finder cannot tell. */
  async openSpeech(): Promise<{ readonly startS: number; readonly samples: Float32Array } | undefined> {
    const start = this.#finderStart;
    try {
      const open = await this.#finder?.openSpeech();
      return open === undefined ? undefined : { startS: open.startS + start / MODEL_SAMPLE_RATE_HZ, samples: open.samples };
    } catch {
      // The next push meets the same failure, and handles it.
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#history = [];
    const finder = this.#finder;
    this.#finder = undefined;
    // Nothing depends on it any more, and a thread that is gone cannot be told.
    await finder?.close().catch(() => undefined);
  }

  async #dropFinder(error: unknown): Promise<void> {
    const finder = this.#finder;
    this.#finder = undefined;
    await finder?.close().catch(() => undefined);
    // An engine that is ending has no other finder to give.
    if (error instanceof TonalitetError && error.code === 'DISPOSED') throw error;
    if (!(error instanceof TonalitetError)) throw error;
    this.#reopens++;
  }

  /** Opens a finder and lets it hear what is kept; adds to `events`, and gives them. */
  async #reopen(events: SpeechEvent[]): Promise<SpeechEvent[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const finder = await this.#engine.openSpeechFinder();
        if (this.#closed) {
          await finder.close();
          return events;
        }
        this.#finder = finder;
        this.#finderStart = this.#historyStart;
        this.#heard = this.#historyStart;
        // A copy: hearing shortens the history.
        for (const samples of [...this.#history]) events.push(...(await this.#hear(finder, samples)));
        return events;
      } catch (error) {
        if (attempt >= MAX_REOPENS) throw error;
        await this.#dropFinder(error);
      }
    }
  }

  async #hear(finder: LiveSpeechFinder, samples: Float32Array): Promise<SpeechEvent[]> {
    const events = await finder.push(samples);
    this.#heard += samples.length;
    return this.#note(events);
  }

  /** Turns the finder's times into the channel's, and forgets audio that is dealt with. */
  #note(events: readonly SpeechEvent[]): SpeechEvent[] {
    const offsetS = this.#finderStart / MODEL_SAMPLE_RATE_HZ;
    const noted: SpeechEvent[] = [];
    for (const event of events) {
      if (event.kind === 'speech_start') {
        // Heard again by a new finder: it was told before.
        const known = this.#speechStart !== undefined;
        const atS = event.atS + offsetS;
        this.#speechStart = Math.round(atS * MODEL_SAMPLE_RATE_HZ);
        if (!known) noted.push({ kind: 'speech_start', atS });
      } else {
        this.#speechStart = undefined;
        noted.push({ ...event, startS: event.startS + offsetS, endS: event.endS + offsetS });
        this.#forgetBefore(Math.round((event.endS + offsetS) * MODEL_SAMPLE_RATE_HZ));
      }
    }
    const kept =
      this.#speechStart === undefined
        ? this.#heard - SILENCE_KEPT_S * MODEL_SAMPLE_RATE_HZ
        : this.#speechStart - LEAD_KEPT_S * MODEL_SAMPLE_RATE_HZ;
    // Speech ends at the longest stretch by itself; a finder that should not do so must not fill the memory.
    const longest = this.#heard - (MAX_STRETCH_S + SILENCE_KEPT_S) * MODEL_SAMPLE_RATE_HZ;
    this.#forgetBefore(Math.max(kept, longest));
    return noted;
  }

  #forgetBefore(sample: number): void {
    // Whole pieces only.
    while (this.#history[0] !== undefined && this.#historyStart + this.#history[0].length <= sample) {
      this.#historyStart += this.#history[0].length;
      this.#history.shift();
    }
  }
}
