import type { Correction, StoredVerdict, SurveyResponse } from './response.js';
import type {
  CommentCounts,
  CommentQuery,
  Extent,
  ParticipationCounts,
  ParticipationQuery,
  RatingCounts,
  RatingQuery,
} from './store-queries.js';

/** A response as it is kept: with its corrections, oldest first. */
export interface StoredResponse extends SurveyResponse {
  readonly corrections: readonly Correction[];
}

/** What became of a response that was handed in. */
export type AddOutcome =
  | 'added'
  /** The same response is there already, with the same content. */
  | 'duplicate'
  /** Another response with this id is there; it was left as it is. */
  | 'conflict';

/** A response as it is handed in. */
export interface NewResponse extends SurveyResponse {
  /**
   * Stands for what was handed in, before any model judged it: the same id with the same digest is the same response again.
   * Keyed like the id, because it is also made of the comment's words.
   */
  readonly digest: string;
}

/** The most responses that are written at once: some tens of milliseconds of work, and a few megabytes. */
export const MAX_BATCH = 10_000;

export type CorrectOutcome = 'corrected' | 'not_found' | 'changed_meanwhile';

/** Where responses are kept. What a method has acknowledged survives the loss of the process. */
export interface ResponseStore {
  /**
   * Adds responses in one transaction: all of them or none.
   *
   * @param responses at most {@link MAX_BATCH}.
   * @returns one outcome for each response, in order.
   */
  add(responses: readonly NewResponse[]): Promise<readonly AddOutcome[]>;
  /** The digests of those that are there already, by id. @param ids at most {@link MAX_BATCH}. */
  known(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  find(id: string): Promise<StoredResponse | undefined>;

  /**
   * Puts a person's labels beside the model's; they count from now on.
   *
   * @param seen how many corrections the person had before them: where there are others by now, nothing is changed.
   */
  correct(id: string, correction: Correction, seen: number): Promise<CorrectOutcome>;
  /** Sets the labels of a comment that has none yet. `false` where there is no such comment any more. */
  classify(id: string, verdict: StoredVerdict): Promise<boolean>;

  countComments(query: CommentQuery): Promise<readonly CommentCounts[]>;
  countRatings(query: RatingQuery): Promise<readonly RatingCounts[]>;
  countParticipation(query: ParticipationQuery): Promise<readonly ParticipationCounts[]>;
  extent(): Promise<Extent>;

  /** Waits for what runs and closes the database. Safe to call twice. */
  close(): Promise<void>;
}
