import type { Area, Service, Tonality } from '../classification/labels.js';
import type { Comment, Correction, Labels, Participation, SurveyResponse } from './response.js';
import type { Outcome } from './store-queries.js';

/*
 * The numbers below are stored in databases: they are never given a new meaning, and a new label gets a new number.
 */

/** The whole comment. */
const COMMENT_SUBJECT = 0;
export const AREA_SUBJECTS: Readonly<Record<Area, number>> = {
  handlaggare: 1,
  digitala_tjanster: 2,
  kommunala_tjanster: 3,
  tid: 4,
  helhet: 5,
};
export const SERVICE_SUBJECTS: Readonly<Record<Service, number>> = {
  omsorg_stod: 16,
  forskola_skola: 17,
  bygg_miljo: 18,
  gata_park_trafik: 19,
  vatten_avfall: 20,
  kultur_fritid: 21,
  bostad: 22,
  ekonomiskt_bistand: 23,
  ovrigt: 24,
};
export const OUTCOME_COUNTERS: Readonly<Record<Outcome, number>> = {
  positiv: 0,
  skeptisk: 1,
  negativ: 2,
  no_opinion: 3,
  no_speech: 4,
  no_text: 5,
  pending: 6,
  failed: 7,
};
export const CORRECTED_COUNTER = 8;
export const UNCERTAIN_COUNTER = 9;
/** A counter of comments is `subject * COUNTERS_PER_SUBJECT + counter`. */
export const COUNTERS_PER_SUBJECT = 16;

export const PARTICIPATION_COUNTERS: Readonly<Record<Participation, number>> = { no_answer: 0, declined: 1, abandoned: 2, completed: 3 };
export const CONSENT_COUNTERS = { yes: 8, no: 9, notAsked: 10 } as const;
export const COMMENTS_COUNTER = 12;

/** How many, sum of the values, sum of their squares. */
export type RatingSums = readonly [n: number, sum: number, sumOfSquares: number];

/** What the report counts of a group of responses. Counts may be negative: a tally is also a change of another one. */
export interface Tally {
  readonly comments: ReadonlyMap<number, number>;
  /** By question. */
  readonly ratings: ReadonlyMap<string, RatingSums>;
  /** By counter; a text is the question at which they abandoned, `''` where it is not known. */
  readonly participation: ReadonlyMap<number | string, number>;
}

export class TallyBuilder implements Tally {
  readonly comments: Map<number, number> = new Map();
  readonly ratings: Map<string, RatingSums> = new Map();
  readonly participation: Map<number | string, number> = new Map();

  /** Counts a response `times` times: 1 to add it, -1 to take it away. */
  countResponse(response: SurveyResponse, correction: Correction | undefined, times: 1 | -1): void {
    add(this.participation, PARTICIPATION_COUNTERS[response.participation], times);
    if (response.participation === 'abandoned') add(this.participation, response.abandonedAt ?? '', times);
    add(this.participation, CONSENT_COUNTERS[response.consent === null ? 'notAsked' : response.consent ? 'yes' : 'no'], times);
    for (const { question, value } of response.ratings) addRating(this.ratings, question, times, times * value, times * value * value);
    if (response.comment !== null) {
      add(this.participation, COMMENTS_COUNTER, times);
      this.countComment(response.comment, correction, times);
    }
  }

  /** Counts what a comment says, and not that there is one. */
  countComment(comment: Comment, correction: Correction | undefined, times: 1 | -1): void {
    const labels = correction ?? comment.verdict;
    const uncertain = correction === undefined && comment.verdict?.uncertain === true;
    const count = (subject: number, outcome: Outcome): void => {
      const first = subject * COUNTERS_PER_SUBJECT;
      add(this.comments, first + OUTCOME_COUNTERS[outcome], times);
      if (correction !== undefined) add(this.comments, first + CORRECTED_COUNTER, times);
      if (uncertain) add(this.comments, first + UNCERTAIN_COUNTER, times);
    };
    count(COMMENT_SUBJECT, outcomeOf(comment, correction));
    if (labels === null) return;
    for (const { area, tonality } of labels.areas) count(AREA_SUBJECTS[area], tonality);
    const tonality = serviceTonality(labels);
    if (tonality === null) return;
    for (const service of labels.services) count(SERVICE_SUBJECTS[service], tonality);
  }

  copy(): TallyBuilder {
    const copy = new TallyBuilder();
    copy.addTally(this);
    return copy;
  }

  addTally(other: Tally): void {
    for (const [counter, n] of other.comments) add(this.comments, counter, n);
    for (const [question, sums] of other.ratings) addRating(this.ratings, question, ...sums);
    for (const [counter, n] of other.participation) add(this.participation, counter, n);
  }
}

/** What a comment counts as. */
export function outcomeOf(comment: Comment, correction: Correction | undefined): Outcome {
  if (correction !== undefined) return correction.tonality ?? 'no_opinion';
  if (comment.verdict === null) return comment.state === 'failed' ? 'failed' : 'pending';
  return comment.verdict.tonality ?? comment.verdict.reason ?? 'no_opinion';
}

/** The tonality that a comment's services count with; `null` where it does not judge the municipality's services. */
function serviceTonality({ areas }: Labels): Tonality | null {
  return areas.find(({ area }) => area === 'kommunala_tjanster')?.tonality ?? null;
}

function add<K>(counts: Map<K, number>, key: K, n: number): void {
  counts.set(key, (counts.get(key) ?? 0) + n);
}

function addRating(ratings: Map<string, RatingSums>, question: string, n: number, sum: number, squares: number): void {
  const before = ratings.get(question);
  ratings.set(question, before === undefined ? [n, sum, squares] : [before[0] + n, before[1] + sum, before[2] + squares]);
}

/** The three parts of a tally as they are stored: flat JSON lists of counter and count, without zeros; `''` for an empty one. */
export interface StoredTally {
  readonly comments: string;
  readonly ratings: string;
  readonly participation: string;
}

export type TallyPart = keyof StoredTally;

export function encodeTally({ comments, ratings, participation }: Tally): StoredTally {
  return { comments: encodeCounts(comments), ratings: encodeRatings(ratings), participation: encodeCounts(participation) };
}

/* By hand: an import writes three of them for nearly every row, and lists of lists for JSON.stringify took as long as the database. */

function encodeCounts(counts: ReadonlyMap<number | string, number>): string {
  let list = '';
  for (const [counter, n] of counts) {
    if (n !== 0) list += `${list === '' ? '[' : ','}${typeof counter === 'number' ? counter : JSON.stringify(counter)},${n}`;
  }
  return list === '' ? '' : `${list}]`;
}

function encodeRatings(ratings: ReadonlyMap<string, RatingSums>): string {
  let list = '';
  for (const [question, [n, sum, squares]] of ratings) {
    if (n !== 0) list += `${list === '' ? '[' : ','}${JSON.stringify(question)},${n},${sum},${squares}`;
  }
  return list === '' ? '' : `${list}]`;
}

/** A part of a stored tally, after its JSON was read; see {@link encodeTally}. */
export type TallyList = readonly (number | string)[];

export function decodeTally(stored: StoredTally): TallyBuilder {
  const tally = new TallyBuilder();
  addCounts(tally.comments, parse(stored.comments));
  addRatings(tally.ratings, parse(stored.ratings));
  addCounts(tally.participation, parse(stored.participation));
  return tally;
}

/** Adds a list of comment or participation counts to others. */
export function addCounts<K extends number | string>(counts: Map<K, number>, list: TallyList): void {
  for (let index = 0; index < list.length; index += 2) add(counts, list[index] as K, list[index + 1] as number);
}

/** Adds a list of ratings to others. */
export function addRatings(ratings: Map<string, RatingSums>, list: TallyList): void {
  for (let index = 0; index < list.length; index += 4) {
    addRating(ratings, list[index] as string, list[index + 1] as number, list[index + 2] as number, list[index + 3] as number);
  }
}

function parse(list: string): TallyList {
  return list === '' ? [] : (JSON.parse(list) as TallyList);
}
