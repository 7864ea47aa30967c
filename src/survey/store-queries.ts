import type { Area, Service, Tonality } from '../classification/labels.js';
import type { RedactedText } from '../redaction/redacted-text.js';
import type { CommentState, Labels, Participation } from './response.js';

/** A calendar day in Sweden, `YYYY-MM-DD`. */
export type Day = string;

export const PERIODS = ['year', 'quarter', 'month', 'week', 'day'] as const;
/** Calendar periods in Sweden; weeks are ISO 8601. Labels: `2020`, `2020-Q1`, `2020-03`, `2020-W09`, `2020-03-05`. */
export type Period = (typeof PERIODS)[number];

/** Which responses count. What is left out does not narrow. */
export interface ResponseFilter {
  /** First day of contact. */
  readonly from?: Day;
  /** Last day of contact, itself included. */
  readonly to?: Day;
  /** Codes. */
  readonly municipalities?: readonly string[];
  readonly units?: readonly (string | null)[];
}

/** What rows are told apart by, besides what a query always tells apart. */
export interface Grouping {
  readonly period?: Period;
  readonly municipality?: boolean;
  readonly unit?: boolean;
}

/** The group that a row is about; a key is there only where the query grouped by it. */
export interface Group {
  readonly period?: string;
  readonly municipality?: string;
  readonly unit?: string | null;
}

/** What became of a comment: its tonality, or why it has none. */
export const OUTCOMES = ['positiv', 'skeptisk', 'negativ', 'no_opinion', 'no_speech', 'no_text', 'pending', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface CommentQuery {
  /**
   * What is counted.
   * - `comments`: each comment once, by its tonality.
   * - `areas`: each area of each comment once, by the tonality towards that area.
   * - `services`: each service of each comment once, by the tonality towards `kommunala_tjanster`.
   * - `each`: all three of them, in this order within each group; read once.
   */
  readonly subject: 'comments' | 'areas' | 'services' | 'each';
  readonly filter?: ResponseFilter;
  readonly groupBy?: Grouping;
  /** Only these, where areas are counted. */
  readonly areas?: readonly Area[];
  /** Only these, where services are counted. */
  readonly services?: readonly Service[];
}

/** Counts of comments in one group. A correction counts in place of the model's labels. Groups without any have no row. */
export interface CommentCounts extends Group {
  /** There where an area is counted. */
  readonly area?: Area;
  /** There where a service is counted. */
  readonly service?: Service;
  /** Areas and services only have tonalities; the other outcomes are then 0. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How many of them a person has corrected. */
  readonly corrected: number;
  /** How many of them the model was uncertain of and nobody has corrected. */
  readonly uncertain: number;
}

export interface RatingQuery {
  readonly filter?: ResponseFilter;
  readonly groupBy?: Grouping;
  readonly questions?: readonly string[];
}

/** The ratings of one question in one group; mean and variance follow from the sums. */
export interface RatingCounts extends Group {
  readonly question: string;
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

export interface ParticipationQuery {
  readonly filter?: ResponseFilter;
  readonly groupBy?: Grouping;
}

/** Who took part, in one group. */
export interface ParticipationCounts extends Group {
  /** How many were offered the survey: all responses. */
  readonly offered: number;
  readonly participation: Readonly<Record<Participation, number>>;
  /** Those who abandoned, by the question at which they did; `''` where that is not known. */
  readonly abandonedAt: Readonly<Record<string, number>>;
  readonly consent: { readonly yes: number; readonly no: number; readonly notAsked: number };
  /** Those with a comment, whatever became of it. */
  readonly comments: number;
}

/** What the database holds, for the choices of a report. */
export interface Extent {
  readonly responses: number;
  /** `null` in an empty database. */
  readonly firstDay: Day | null;
  readonly lastDay: Day | null;
  readonly municipalities: readonly string[];
  readonly units: readonly { readonly municipality: string; readonly unit: string | null }[];
  readonly questions: readonly string[];
}

/** Comments to read, the latest contact first. */
export interface QuoteQuery {
  readonly filter?: ResponseFilter;
  /** Only comments that judge this area; with `tonality`, that judge it so. */
  readonly area?: Area;
  readonly service?: Service;
  /** Of the area where there is one, of the whole comment otherwise; `null`: comments without a tonality. */
  readonly tonality?: Tonality | null;
  readonly state?: CommentState;
  readonly uncertain?: boolean;
  /** Words, and "phrases" in quotation marks, that a comment holds all of, in any of their Swedish inflections; see search-terms.ts. */
  readonly search?: string;
  /** At most {@link MAX_QUOTES}. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** The most comments that one query gives: a page that a person can read. */
export const MAX_QUOTES = 500;

export interface Quote {
  readonly id: string;
  readonly municipality: string;
  readonly unit: string | null;
  readonly day: Day;
  readonly text: RedactedText;
  /** What counts: the correction's labels where there is one. */
  readonly labels: Labels;
  readonly uncertain: boolean;
  readonly corrected: boolean;
}

export interface QuotePage {
  readonly quotes: readonly Quote[];
  /** Where the next page begins; `null` at the end. */
  readonly next: string | null;
}
