import { TONALITIES } from './classification/labels.js';
import type { Tonality } from './classification/labels.js';
import type { TonalityProbabilities, Verdict } from './classification/verdict.js';
import type { LoadedModels } from './engine/loaded-models.js';
import { TonalitetError } from './errors.js';
import type { RecordingVerdict, Timings } from './pipeline.js';
import type { TranscriptSegment } from './transcription/transcript.js';

/** Results as JSON at the outside: snake_case, plain values, numbers rounded to what they are worth. The command and the server share it. */
export interface VerdictJson {
  readonly tonality: Verdict['tonality'];
  readonly reason: Verdict['reason'];
  readonly probabilities: Verdict['probabilities'];
  readonly uncertain: boolean;
  readonly areas: Verdict['areas'];
  readonly services: Verdict['services'];
}

export interface RecordingJson extends VerdictJson {
  readonly duration_s: number;
  readonly text: string;
  readonly segments: readonly TranscriptSegment[];
  readonly model: LoadedModels;
  readonly timings: TimingsJson;
}

export interface TimingsJson {
  readonly decode_s: number;
  readonly vad_s: number;
  readonly transcribe_s: number;
  readonly classify_s: number;
  readonly total_s: number;
}

export interface ErrorJson {
  readonly error: { readonly code: string; readonly message: string };
}

export function verdictJson({ tonality, reason, probabilities, uncertain, areas, services }: Verdict): VerdictJson {
  return {
    tonality,
    reason,
    probabilities: probabilities && roundedShares(probabilities),
    uncertain,
    areas: areas.map((verdict) => ({ area: verdict.area, tonality: verdict.tonality, probability: rounded(verdict.probability) })),
    services,
  };
}

export function recordingJson(result: RecordingVerdict & { readonly models: LoadedModels }): RecordingJson {
  const { durationS, text, segments, models, timings } = result;
  return {
    duration_s: rounded(durationS),
    text,
    segments: segments.map(segmentJson),
    ...verdictJson(result),
    model: models,
    timings: timingsJson(timings),
  };
}

export function segmentJson({ start, end, text, confidence }: TranscriptSegment): TranscriptSegment {
  return { start: rounded(start), end: rounded(end), text, confidence: rounded(confidence) };
}

export function timingsJson({ decodeS, vadS, transcribeS, classifyS, totalS }: Timings): TimingsJson {
  return {
    decode_s: rounded(decodeS),
    vad_s: rounded(vadS),
    transcribe_s: rounded(transcribeS),
    classify_s: rounded(classifyS),
    total_s: rounded(totalS),
  };
}

/** What went wrong, for a program to read. What is not a `TonalitetError` is not shown: nobody wrote its text for outsiders. */
export function errorJson(error: unknown): ErrorJson {
  return error instanceof TonalitetError
    ? { error: { code: error.code, message: error.message } }
    : { error: { code: 'INTERNAL', message: 'The program failed inside. Please report this.' } };
}

/** Rounded so that the sum stays 1: the largest takes up the difference. */
function roundedShares(shares: TonalityProbabilities): TonalityProbabilities {
  const [first, ...others] = TONALITIES.toSorted((a, b) => shares[b] - shares[a]);
  const rest = others.map((tonality) => rounded(shares[tonality]));
  const values = { [first!]: rounded(1 - rest.reduce((sum, share) => sum + share, 0)) } as Record<Tonality, number>;
  others.forEach((tonality, i) => (values[tonality] = rest[i]!));
  return { positiv: values.positiv, skeptisk: values.skeptisk, negativ: values.negativ };
}

/** To thousandths: of a second, and of a probability. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
