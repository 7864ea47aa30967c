import type { LiveSpeechFinder, Recognition, RecogniseOptions, SpeechEngine } from '../engine/speech-engine.js';

/**
 * The engine as uploads see it: of all of them together, one stretch is recognised at a time, so that a live call's final never
 * waits for more than that one.
 */
export class UploadEngine implements SpeechEngine {
  readonly #engine: SpeechEngine;
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: SpeechEngine) {
    this.#engine = engine;
  }

  async recognise(samples: Float32Array, options: RecogniseOptions = {}): Promise<Recognition> {
    const turn = this.#last.then(async () => this.#engine.recognise(samples, options));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async classify(texts: readonly string[], options?: { readonly signal?: AbortSignal }): ReturnType<SpeechEngine['classify']> {
    return this.#engine.classify(texts, options);
  }

  async openSpeechFinder(): Promise<LiveSpeechFinder> {
    return this.#engine.openSpeechFinder();
  }

  /** The engine is not its own. */
  async dispose(): Promise<void> {
    await this.#last;
  }
}
