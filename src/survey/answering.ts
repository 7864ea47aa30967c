import type { Participation, Rating } from './response.js';
import type { Question, Scale, Survey } from './survey.js';

/** What was answered in a call, before its comment is judged. */
export interface Answers {
  readonly participation: Participation;
  /** The question at which the citizen hung up; `null` unless `abandoned`. */
  readonly abandonedAt: string | null;
  readonly consent: boolean | null;
  readonly ratings: readonly Rating[];
}

/** What is known of a call when it has ended. */
export interface AnsweredCall {
  /** The keys that were pressed, in order: 0-9, *, #, A-D. */
  readonly digits: readonly string[];
  /** Consent and ratings that the telephony system took itself, before or beside the stream. */
  readonly consent: boolean | null;
  readonly ratings: readonly Rating[];
  /** Whether anything was said. */
  readonly spoke: boolean;
}

/** A question is passed over with either of these keys: the stream does not tell of questions that were waited out. */
const PASS_KEYS: ReadonlySet<string> = new Set(['*', '#']);

/** What a key means on a scale; `undefined` where it answers nothing, and the question is asked again. */
export function ratingOfKey(scale: Scale, key: string): number | undefined {
  if (!/^\d$/.test(key)) return undefined;
  const number = Number(key);
  if (scale === 'yes-no') return number === 1 ? 1 : number === 2 ? 0 : undefined;
  if (scale === '1-10') return number === 0 ? 10 : number;
  return number >= 1 && number <= 5 ? number : undefined;
}

/**
 * Reads the keys of a call as answers to a survey: first the consent (1 yes, 2 no), then a question after the other. A key that
 * answers nothing is left out, as the question is then asked again; * and # pass a question over. Where the telephony system took
 * the consent itself, the first key answers the first question; where it took ratings too, keys mean nothing here.
 *
 * Whoever came to the last question, or spoke, took part to the end: the comment is voluntary. Who did not get as far as an
 * answer to the consent, or said no, declined.
 */
export function answersOf({ questions }: Survey, { digits, consent: given, ratings: taken, spoke }: AnsweredCall): Answers {
  if (given === false) return declined(false);
  const keys = taken.length > 0 ? [] : [...digits];
  const consent = given ?? readConsent(keys);
  if (consent === false || (consent === null && taken.length === 0 && !spoke)) return declined(consent);
  const { ratings, next } = taken.length > 0 ? { ratings: taken, next: firstUnanswered(questions, taken) } : readRatings(questions, keys);
  if (spoke || next === undefined) return { participation: 'completed', abandonedAt: null, consent, ratings };
  return { participation: 'abandoned', abandonedAt: next.id, consent, ratings };
}

function declined(consent: boolean | null): Answers {
  return { participation: 'declined', abandonedAt: null, consent, ratings: [] };
}

/** Takes keys from the front of the list up to the one that answers. */
function readConsent(keys: string[]): boolean | null {
  while (keys.length > 0) {
    const value = ratingOfKey('yes-no', keys.shift()!);
    if (value !== undefined) return value === 1;
  }
  return null;
}

function readRatings(questions: readonly Question[], keys: readonly string[]): { readonly ratings: readonly Rating[]; readonly next: Question | undefined } {
  const ratings: Rating[] = [];
  let at = 0;
  for (const key of keys) {
    const question = questions[at];
    if (question === undefined) break;
    const value = ratingOfKey(question.scale, key);
    if (value !== undefined) ratings.push({ question: question.id, value });
    if (value !== undefined || PASS_KEYS.has(key)) at++;
  }
  return { ratings, next: questions[at] };
}

/** After the last question that was answered: those before it may have been waited out. */
function firstUnanswered(questions: readonly Question[], ratings: readonly Rating[]): Question | undefined {
  const answered = new Set(ratings.map(({ question }) => question));
  return questions[questions.findLastIndex(({ id }) => answered.has(id)) + 1];
}
