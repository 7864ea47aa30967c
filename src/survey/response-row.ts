import type { RedactedText } from '../redaction/redacted-text.js';
import { dayNumberAt } from './calendar.js';
import type { AreaLabel, Comment, CommentState, Correction, Labels, Participation, Rating, StoredVerdict } from './response.js';
import type { NewResponse, StoredResponse } from './store.js';

/** A response as a database keeps it, whichever it is. Texts hold JSON where several values belong together. */
export interface ResponseRow {
  readonly id: string;
  readonly digest: string;
  readonly municipality: string;
  /** `''`: the municipality has only one. */
  readonly unit: string;
  readonly day: number;
  readonly contacted_ms: number;
  readonly answered_ms: number | null;
  readonly survey: string | null;
  readonly survey_version: number | null;
  readonly participation: string;
  readonly abandoned_at: string | null;
  readonly consent: number | null;
  /** `''`, or `["question", value, …]`. */
  readonly ratings: string;
  /** `null` where there is no comment. */
  readonly state: string | null;
  readonly recording: string | null;
  readonly text: string | null;
  readonly verdict: string | null;
}

export const RESPONSE_COLUMNS: readonly (keyof ResponseRow)[] = [
  'id', 'digest', 'municipality', 'unit', 'day', 'contacted_ms', 'answered_ms', 'survey', 'survey_version', 'participation',
  'abandoned_at', 'consent', 'ratings', 'state', 'recording', 'text', 'verdict',
];

export interface CorrectionRow {
  readonly by: string;
  readonly at_ms: number;
  readonly labels: string;
}

export function rowOf(response: NewResponse): ResponseRow {
  const { comment, survey } = response;
  return {
    id: response.id,
    digest: response.digest,
    municipality: response.municipality,
    unit: response.unit ?? '',
    day: dayNumberAt(response.contactedAt.getTime()),
    contacted_ms: response.contactedAt.getTime(),
    answered_ms: response.answeredAt?.getTime() ?? null,
    survey: survey?.id ?? null,
    survey_version: survey?.version ?? null,
    participation: response.participation,
    abandoned_at: response.abandonedAt,
    consent: response.consent === null ? null : Number(response.consent),
    ratings: ratingsText(response.ratings),
    state: comment?.state ?? null,
    recording: comment?.recording ?? null,
    text: comment?.text ?? null,
    verdict: comment === null || comment.verdict === null ? null : verdictText(comment.verdict),
  };
}

export function responseOf(row: ResponseRow, corrections: readonly CorrectionRow[]): StoredResponse {
  return {
    id: row.id,
    municipality: row.municipality,
    unit: row.unit === '' ? null : row.unit,
    contactedAt: new Date(row.contacted_ms),
    answeredAt: row.answered_ms === null ? null : new Date(row.answered_ms),
    survey: row.survey === null || row.survey_version === null ? null : { id: row.survey, version: row.survey_version },
    participation: row.participation as Participation,
    abandonedAt: row.abandoned_at,
    consent: row.consent === null ? null : row.consent === 1,
    ratings: ratingsOf(row.ratings),
    comment: commentOf(row),
    corrections: corrections.map(correctionOf),
  };
}

export function commentOf({ state, recording, text, verdict }: Pick<ResponseRow, 'state' | 'recording' | 'text' | 'verdict'>): Comment | null {
  if (state === null) return null;
  return {
    state: state as CommentState,
    recording,
    // It went in as redacted text: nothing else fits.
    text: text as RedactedText | null,
    verdict: verdict === null ? null : verdictOf(verdict),
  };
}

export function correctionOf({ by, at_ms, labels }: CorrectionRow): Correction {
  return { by, at: new Date(at_ms), ...labelsOf(JSON.parse(labels) as ShortLabels) };
}

export function correctionRow({ by, at, ...labels }: Correction): CorrectionRow {
  return { by, at_ms: at.getTime(), labels: JSON.stringify(shortLabels(labels)) };
}

/** The labels of a verdict's or a correction's text. */
export function labelsOfText(text: string): Labels {
  return labelsOf(JSON.parse(text) as ShortLabels);
}

/** Labels without what is empty: most comments have few. */
interface ShortLabels {
  readonly tonality?: Labels['tonality'];
  /** Area, tonality, and probability where there is one. */
  readonly areas?: readonly (readonly [AreaLabel['area'], AreaLabel['tonality'], number?])[];
  readonly services?: Labels['services'];
}

interface ShortVerdict extends ShortLabels {
  readonly reason?: StoredVerdict['reason'];
  readonly probabilities?: StoredVerdict['probabilities'];
  readonly uncertain?: true;
  readonly confidence?: number | null;
  readonly model?: string | null;
}

function shortLabels({ tonality, areas, services }: Labels): ShortLabels {
  return {
    ...(tonality === null ? {} : { tonality }),
    ...(areas.length === 0
      ? {}
      : { areas: areas.map(({ area, tonality, probability }) => (probability === null ? [area, tonality] : [area, tonality, rounded(probability)])) }),
    ...(services.length === 0 ? {} : { services }),
  };
}

function labelsOf({ tonality, areas, services }: ShortLabels): Labels {
  return {
    tonality: tonality ?? null,
    areas: areas?.map(([area, tonality, probability]) => ({ area, tonality, probability: probability ?? null })) ?? [],
    services: services ?? [],
  };
}

export function verdictText(verdict: StoredVerdict): string {
  const { reason, probabilities, uncertain, confidence, model } = verdict;
  const short: ShortVerdict = {
    ...shortLabels(verdict),
    ...(reason === null ? {} : { reason }),
    ...(probabilities === null
      ? {}
      : { probabilities: { positiv: rounded(probabilities.positiv), skeptisk: rounded(probabilities.skeptisk), negativ: rounded(probabilities.negativ) } }),
    ...(uncertain ? { uncertain } : {}),
    ...(confidence === null ? {} : { confidence: rounded(confidence) }),
    ...(model === null ? {} : { model }),
  };
  return JSON.stringify(short);
}

/** Probabilities are kept with four decimals: more is not known, and would take half of the row. */
function rounded(probability: number): number {
  return Math.round(probability * 10_000) / 10_000;
}

function verdictOf(text: string): StoredVerdict {
  const short = JSON.parse(text) as ShortVerdict;
  return {
    ...labelsOf(short),
    reason: short.reason ?? null,
    probabilities: short.probabilities ?? null,
    uncertain: short.uncertain ?? false,
    confidence: short.confidence ?? null,
    model: short.model ?? null,
  };
}

function ratingsText(ratings: readonly Rating[]): string {
  let list = '';
  for (const { question, value } of ratings) list += `${list === '' ? '[' : ','}${JSON.stringify(question)},${value}`;
  return list === '' ? '' : `${list}]`;
}

function ratingsOf(text: string): readonly Rating[] {
  if (text === '') return [];
  const list = JSON.parse(text) as readonly (string | number)[];
  return Array.from({ length: list.length / 2 }, (_, index) => ({ question: list[2 * index] as string, value: list[2 * index + 1] as number }));
}
