import type { Area, Service, Tonality } from '../classification/labels.js';
import type { NoTonalityReason, TonalityProbabilities } from '../classification/verdict.js';
import type { RedactedText } from '../redaction/redacted-text.js';

/**
 * How far a citizen who was offered the survey came.
 * - `no_answer`: was called, and nobody answered.
 * - `declined`: answered the telephone, and did not want to take part.
 * - `abandoned`: began, and hung up at {@link SurveyResponse.abandonedAt}.
 * - `completed`: came to the end.
 */
export const PARTICIPATIONS = ['no_answer', 'declined', 'abandoned', 'completed'] as const;
export type Participation = (typeof PARTICIPATIONS)[number];

/** Where the labels of a comment stand. `failed`: given up after the last attempt; waits in the dead-letter list. */
export const COMMENT_STATES = ['pending', 'classified', 'failed'] as const;
export type CommentState = (typeof COMMENT_STATES)[number];

/** One area that a comment judges; `probability` is `null` where whoever labelled it gave none. */
export interface AreaLabel {
  readonly area: Area;
  readonly tonality: Tonality;
  readonly probability: number | null;
}

/** What counts in the report. `areas` in the order of `AREAS`, `services` in that of `SERVICES`; no area twice. */
export interface Labels {
  /** `null` where the comment judges nothing; there are then no areas and no services. */
  readonly tonality: Tonality | null;
  readonly areas: readonly AreaLabel[];
  /** Only where the areas hold `kommunala_tjanster`; a service counts with the tonality of that area. */
  readonly services: readonly Service[];
}

/** The labels that the model, or the system that a file comes from, gave. */
export interface StoredVerdict extends Labels {
  /** Why there is no tonality; `null` where there is one. */
  readonly reason: NoTonalityReason | null;
  readonly probabilities: TonalityProbabilities | null;
  readonly uncertain: boolean;
  /** The transcript's mean probability of a token, in [0, 1]; `null` for text that was not transcribed. */
  readonly confidence: number | null;
  /** Name and version of the model; `null` where the file did not say. */
  readonly model: string | null;
}

/** The labels that a person gave in place of the model's. The last correction of a comment counts. */
export interface Correction extends Labels {
  /** Who: a user name of the municipality's staff. */
  readonly by: string;
  readonly at: Date;
}

/** The spoken comment at the end of a call. */
export interface Comment {
  readonly state: CommentState;
  /** Where the recording lies; `null` where there is none, or no longer. */
  readonly recording: string | null;
  readonly text: RedactedText | null;
  /** `null` while `state` is not `classified`. */
  readonly verdict: StoredVerdict | null;
}

/** One rating. A question keeps its scale for life: a new scale is a new question. */
export interface Rating {
  /** The question's id in the survey file. */
  readonly question: string;
  /** The key that was pressed: an integer from 0 to 10; no is 0 and yes is 1. */
  readonly value: number;
}

/** One citizen's call back after a contact. */
export interface SurveyResponse {
  /** The call id, pseudonymised (see call-id.ts); unique in a database. */
  readonly id: string;
  /** The municipality's code, four digits. */
  readonly municipality: string;
  /** The contact centre's unit; `null` where the municipality has only one. */
  readonly unit: string | null;
  /** When the citizen spoke with the contact centre: what the periods of the report go by. */
  readonly contactedAt: Date;
  /** When the survey was answered; `null` where it was not, or where nobody wrote it down. */
  readonly answeredAt: Date | null;
  /** Which survey was asked: its id and version. */
  readonly survey: { readonly id: string; readonly version: number } | null;
  readonly participation: Participation;
  /** The question at which the citizen hung up, or `comment`; `null` unless `abandoned`, or where it is not known. */
  readonly abandonedAt: string | null;
  /** Whether the citizen agreed that the comment is recorded and analysed; `null` where that was not asked. */
  readonly consent: boolean | null;
  readonly ratings: readonly Rating[];
  readonly comment: Comment | null;
}
