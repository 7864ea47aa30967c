import { confidenceOf, storedVerdict } from '../stored-verdict.js';
import type { LoadedModels } from '../engine/loaded-models.js';
import { answersOf, ratingOfKey } from '../survey/answering.js';
import type { Answers } from '../survey/answering.js';
import type { Rating } from '../survey/response.js';
import type { Survey } from '../survey/survey.js';
import type { CallEnded, CommentResult } from './protocol.js';

/** What the server adds to a call that its telephony system does not say. */
export interface CallDefaults {
  readonly survey: Survey | undefined;
  readonly municipality: string | undefined;
  readonly unit: string | undefined;
  /** The channel that the citizen speaks on, from 0. */
  readonly channel: number;
}

type Metadata = CallEnded['metadata'];

/** The most ratings that are read from metadata; the reader of responses has the same limit. */
const MAX_RATINGS = 20;

const YES: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'ja']);
const NO: ReadonlySet<string> = new Set(['0', '2', 'false', 'no', 'nej']);

/** Whether a call is to become a response: a trial from the web page says no. */
export function isKept(metadata: Metadata): boolean {
  const keep = valueOf(metadata, 'keep');
  return keep === undefined || !NO.has(keep.toLowerCase());
}

/** Which municipality a call is about; `undefined` where nobody says. */
export function municipalityOf(metadata: Metadata, defaults: CallDefaults): string | undefined {
  return valueOf(metadata, 'municipality') ?? defaults.municipality;
}

/**
 * A call that ended as a response from outside, with the fields of docs/import.md: they are checked, redacted and kept like those
 * of a file. The names of the metadata stand in docs/server.md; upper and lower case are the same.
 *
 * @param endedAtMs since the epoch.
 */
export function responseFields(ended: CallEnded, defaults: CallDefaults, models: LoadedModels, endedAtMs: number): Readonly<Record<string, unknown>> {
  const { metadata, digits, callId, durationS } = ended;
  const { survey } = defaults;
  const comment = ended.comments[defaults.channel];
  const spoke = comment !== undefined && comment.text !== '';
  const consent = consentOf(metadata);
  const ratings = ratingsOf(metadata, survey);
  const answers: Answers =
    survey === undefined
      ? { participation: spoke || ratings.length > 0 ? 'completed' : 'declined', abandonedAt: null, consent, ratings }
      : answersOf(survey, { digits: digits.map(({ digit }) => digit), consent, ratings, spoke });
  const status = valueOf(metadata, 'status') ?? answers.participation;
  return {
    id: callId,
    municipality: municipalityOf(metadata, defaults),
    unit: valueOf(metadata, 'unit') ?? defaults.unit,
    contacted_at: valueOf(metadata, 'contacted_at') ?? new Date(endedAtMs - durationS * 1_000).toISOString(),
    answered_at: new Date(endedAtMs).toISOString(),
    ...(survey === undefined ? {} : { survey: survey.id, survey_version: survey.version }),
    status,
    ...(status === 'abandoned' ? { abandoned_at: valueOf(metadata, 'abandoned_at') ?? answers.abandonedAt } : {}),
    consent: answers.consent,
    ratings: Object.fromEntries(answers.ratings.map(({ question, value }) => [question, value])),
    // Without consent nothing that was said is kept.
    ...(spoke && answers.participation !== 'declined' ? commentFields(comment, models) : {}),
  };
}

function commentFields(comment: CommentResult, models: LoadedModels): Readonly<Record<string, unknown>> {
  const { text, segments, verdict, lost } = comment;
  if (verdict === undefined) return { text };
  const stored = storedVerdict(verdict, models, confidenceOf(segments));
  // Where a stretch could not be recognised, the verdict rests on a part of what was said.
  return { text, ...stored, uncertain: stored.uncertain || lost.length > 0 };
}

function consentOf(metadata: Metadata): boolean | null {
  const value = valueOf(metadata, 'consent')?.toLowerCase();
  if (value === undefined) return null;
  return YES.has(value) ? true : NO.has(value) ? false : null;
}

/** Keys that the telephony system took itself: `rating_bemotande: 5`. Where the survey is known, they are read as keys of its scale. */
function ratingsOf(metadata: Metadata, survey: Survey | undefined): readonly Rating[] {
  const ratings: Rating[] = [];
  for (const [name, key] of Object.entries(metadata)) {
    const question = /^rating_(\w+)$/i.exec(name)?.[1]?.toLowerCase();
    if (question === undefined || ratings.length >= MAX_RATINGS) continue;
    const scale = survey?.questions.find(({ id }) => id === question)?.scale;
    // A number of two digits is the rating itself, from systems that write 10 for the key 0.
    const value = scale === undefined || key.length > 1 ? Number(key) : ratingOfKey(scale, key);
    if (value !== undefined) ratings.push({ question, value });
  }
  return ratings;
}

function valueOf(metadata: Metadata, name: string): string | undefined {
  const found = Object.entries(metadata).find(([key]) => key.toLowerCase() === name)?.[1].trim();
  return found === '' ? undefined : found;
}
