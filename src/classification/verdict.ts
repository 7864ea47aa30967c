import type { Area, Service, Tonality } from './labels.js';

/** Probabilities of the three tonalities: each in [0, 1], their sum 1. */
export type TonalityProbabilities = Readonly<Record<Tonality, number>>;

/** One area that a comment judges. */
export interface AreaVerdict {
  readonly area: Area;
  /** The tonality towards this area alone. */
  readonly tonality: Tonality;
  /** How probable it is that the comment judges the area with this tonality, in [0, 1]. */
  readonly probability: number;
}

/**
 * Why there is no tonality.
 * - `no_text`: the text was empty or held no word.
 * - `no_speech`: the recording held no speech that could be turned into words.
 * - `no_opinion`: there are words, but they judge nothing ("nej tack, det var allt").
 */
export type NoTonalityReason = 'no_text' | 'no_speech' | 'no_opinion';

/** What the tonality model says of one text. */
export interface Verdict {
  /** `null` where the text judges nothing; `reason` then says why. */
  readonly tonality: Tonality | null;
  /** `null` where `tonality` is not. */
  readonly reason: NoTonalityReason | null;
  /** Calibrated; `null` for `no_text` and `no_speech`. With `no_opinion` they say what the tonality would have been. */
  readonly probabilities: TonalityProbabilities | null;
  /** The verdict is below the model's documented threshold and wants a person's eye. */
  readonly uncertain: boolean;
  /** The areas that the comment judges, in the order of `AREAS`; empty where `tonality` is `null`. */
  readonly areas: readonly AreaVerdict[];
  /** The services that it is about, in the order of `SERVICES`. */
  readonly services: readonly Service[];
}
