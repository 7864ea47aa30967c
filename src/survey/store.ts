import type { RedactedText } from '../redaction/redacted-text.js';
import type { PrivacyStore } from './privacy-store.js';
import type { Bell } from './bell.js';
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

/** A comment that waits to be classified. */
export interface WaitingComment {
  readonly id: string;
  readonly text: RedactedText | null;
  readonly recording: string | null;
  /** How often it was taken, this time included. */
  readonly attempts: number;
}

export interface Backlog {
  readonly waiting: number;
  readonly dead: number;
  /** When the next of those that wait is due. */
  readonly nextDue: Date | null;
}

/** A comment that was given up. */
export interface DeadLetter {
  readonly id: string;
  readonly municipality: string;
  /** The code of the last error. */
  readonly reason: string;
  readonly attempts: number;
}

export type CorrectOutcome = 'corrected' | 'not_found' | 'changed_meanwhile';

/** Where responses are kept. What a method has acknowledged survives the loss of the process. */
export interface ResponseStore extends AsyncDisposable {
  /** Retention, erasure, and the log of both. */
  readonly privacy: PrivacyStore;
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
  /** Responses whose comment a person corrected, the oldest first. @param after the last one of the page before. */
  corrected(limit: number, after?: string): Promise<readonly StoredResponse[]>;

  /**
   * Takes comments that wait to be classified, longest due first. Until `until` nobody else gets them; whoever took them says what
   * became of each with `classify` or `postpone`, or lets the time run out by dying.
   *
   * @param limit at most {@link MAX_BATCH}.
   */
  claim(limit: number, now: Date, until: Date): Promise<readonly WaitingComment[]>;
  /** Keeps comments that were taken for longer. */
  extendClaim(ids: readonly string[], until: Date): Promise<void>;
  /**
   * Sets the labels of a comment that has none yet, and what was heard in its recording. `false` where there is no such comment
   * any more.
   */
  classify(id: string, verdict: StoredVerdict, text?: RedactedText): Promise<boolean>;
  /**
   * Says that a comment could not be classified.
   *
   * @param reason an error's code.
   * @param due when to try again; `null` gives it up, which puts it among the dead letters.
   */
  postpone(id: string, reason: string, due: Date | null): Promise<void>;
  /** Gives comments that were taken back untried. */
  release(ids: readonly string[], now: Date): Promise<void>;
  backlog(): Promise<Backlog>;
  /** Comments that were given up, the oldest first. @param after the last one of the page before. */
  deadLetters(limit: number, after?: string): Promise<readonly DeadLetter[]>;
  /** Lets comments that were given up wait again, as if they had never been tried. @param ids `undefined` means all. @returns how many. */
  retry(now: Date, ids?: readonly string[]): Promise<number>;
  /** The clock that claims go by: the database's own where several machines share it. */
  now(): Date;
  /** Listens for comments that come to wait. To be closed before the store. */
  listen(): Promise<Bell>;

  countComments(query: CommentQuery): Promise<readonly CommentCounts[]>;
  countRatings(query: RatingQuery): Promise<readonly RatingCounts[]>;
  countParticipation(query: ParticipationQuery): Promise<readonly ParticipationCounts[]>;
  extent(): Promise<Extent>;
  /**
   * Reads comments that have a text. @throws RangeError for a limit above `MAX_QUOTES`, an `after` that no page gave, or a `search` that
   * holds no word or too many.
   */
  quotes(query: QuoteQuery): Promise<QuotePage>;

  /** A text that is another one whenever anything here has changed, whoever did it; cheap enough to ask every second. */
  revision(): Promise<string>;

  /** Waits for what runs and closes the database. Safe to call twice. */
  close(): Promise<void>;
}
