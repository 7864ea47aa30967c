import type { Correction, StoredVerdict, SurveyResponse } from './response.js';
import type {
  CommentCounts,
  CommentQuery,
  Extent,
  ParticipationCounts,
  ParticipationQuery,
  QuotePage,
  QuoteQuery,
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

/** How far a file has been imported; kept in the same transaction as its responses. */
export interface ImportPosition {
  /** The file's identity: sha256 of its path and mapping. */
  readonly source: string;
  /** Records done, from the file's beginning. */
  readonly records: number;
}

export type CorrectOutcome = 'corrected' | 'not_found' | 'changed_meanwhile';

/** Where responses are kept. What a method has acknowledged survives the loss of the process. */
export interface ResponseStore {
  /**
   * Adds responses in one transaction: all of them or none.
   *
   * @param responses at most `MAX_BATCH`.
   * @returns one outcome for each response, in order.
   */
  add(responses: readonly SurveyResponse[], position?: ImportPosition): Promise<readonly AddOutcome[]>;
  find(id: string): Promise<StoredResponse | undefined>;

  /**
   * Puts a person's labels beside the model's; they count from now on.
   *
   * @param seen how many corrections the person had before them: where there are others by now, nothing is changed.
   */
  correct(id: string, correction: Correction, seen: number): Promise<CorrectOutcome>;
  /** Sets the labels of a comment that was pending or failed. `false` where there is no such comment any more. */
  classify(id: string, verdict: StoredVerdict): Promise<boolean>;

  countComments(query: CommentQuery): Promise<readonly CommentCounts[]>;
  countRatings(query: RatingQuery): Promise<readonly RatingCounts[]>;
  countParticipation(query: ParticipationQuery): Promise<readonly ParticipationCounts[]>;
  extent(): Promise<Extent>;
  quotes(query: QuoteQuery): Promise<QuotePage>;

  importPosition(source: string): Promise<number>;
  /** Waits for what runs and closes the database. Safe to call twice. */
  close(): Promise<void>;
}
