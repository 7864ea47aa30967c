import type { StretchDecoding } from './transcription/transcriber.js';

/** How the text of a recording came about: how many of its stretches of speech needed more than one go. */
export interface RecognitionDiagnostics {
  /** Stretches of speech. */
  readonly stretches: number;
  /** Those whose first text looked wrong and that were decoded again; ... */
  readonly decodedAgain: number;
  /** ... of them, those that a beam search was made for, ... */
  readonly searched: number;
  /** ... those that texts were drawn for at a temperature, ... */
  readonly drawn: number;
  /** ... and those whose text still looks wrong. */
  readonly doubtful: number;
  /** Those whose text was a subtitle's credit and was dropped. */
  readonly creditsDropped: number;
}

/** Adds up how stretches were decoded. */
export class RecognitionTally {
  #stretches = 0;
  #decodedAgain = 0;
  #searched = 0;
  #drawn = 0;
  #doubtful = 0;
  #creditsDropped = 0;

  /** @param decoding of one stretch; `undefined` where the engine does not tell. */
  add(decoding: StretchDecoding | undefined): void {
    this.#stretches++;
    if (decoding === undefined) return;
    if (decoding.attempts > 1) this.#decodedAgain++;
    if (decoding.searched) this.#searched++;
    if (decoding.drawn) this.#drawn++;
    if (decoding.doubtful) this.#doubtful++;
    if (decoding.creditDropped) this.#creditsDropped++;
  }

  get diagnostics(): RecognitionDiagnostics {
    return {
      stretches: this.#stretches,
      decodedAgain: this.#decodedAgain,
      searched: this.#searched,
      drawn: this.#drawn,
      doubtful: this.#doubtful,
      creditsDropped: this.#creditsDropped,
    };
  }
}
