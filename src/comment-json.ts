import type { DtmfDigit } from './audio/dtmf.js';
import { TONALITIES } from './classification/labels.js';
import type { Tonality } from './classification/labels.js';
import type { TonalityProbabilities, Verdict } from './classification/verdict.js';
import type { LoadedModels } from './engine/loaded-models.js';
import { TonalitetError } from './errors.js';
import type { RecordingVerdict, Timings } from './pipeline.js';
import type { RecognitionDiagnostics } from './recognition-tally.js';
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
  readonly digits: readonly DigitJson[];
  readonly model: LoadedModels;
  readonly timings: TimingsJson;
  readonly diagnostics: DiagnosticsJson;
}

/** A telephone key that was pressed, in seconds. */
export interface DigitJson {
  readonly digit: string;
  readonly start: number;
  readonly duration: number;
}

export interface DiagnosticsJson {
  readonly stretches: number;
  readonly decoded_again: number;
  readonly searched: number;
  readonly drawn: number;
  readonly doubtful: number;
  readonly credits_dropped: number;
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
  const { durationS, text, segments, digits, models, timings, diagnostics } = result;
  return {
    duration_s: rounded(durationS),
    text,
    segments: segments.map(segmentJson),
    digits: digits.map(digitJson),
    ...verdictJson(result),
    model: models,
    timings: timingsJson(timings),
    diagnostics: diagnosticsJson(diagnostics),
  };
}

export function segmentJson({ start, end, text, confidence, words }: TranscriptSegment): TranscriptSegment {
  const segment = { start: rounded(start), end: rounded(end), text, confidence: rounded(confidence) };
  if (words === undefined) return segment;
  return { ...segment, words: words.map((word) => ({ word: word.word, start: rounded(word.start), end: rounded(word.end), confidence: rounded(word.confidence) })) };
}

export function digitJson({ digit, startS, durationS }: DtmfDigit): DigitJson {
  return { digit, start: rounded(startS), duration: rounded(durationS) };
}

export function diagnosticsJson({ stretches, decodedAgain, searched, drawn, doubtful, creditsDropped }: RecognitionDiagnostics): DiagnosticsJson {
  return { stretches, decoded_again: decodedAgain, searched, drawn, doubtful, credits_dropped: creditsDropped };
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
