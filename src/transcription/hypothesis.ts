import type { EndReason, GreedyDecoder } from './decoding.js';
import { timestampSeconds } from './decoding.js';
import { compressionRatio, creditKind, hasWords, isToneText } from './hallucination.js';
import type { CreditKind } from './hallucination.js';
import type { TranscriptSegment } from './transcript.js';
import type { SpeechModel } from './whisper-model.js';

/** The reference's thresholds for a text that went wrong: a ratio above, a mean log-probability below. */
const MAX_COMPRESSION_RATIO = 2.4;
const MIN_MEAN_LOG_PROBABILITY = -1;

/** The reference's threshold for a stretch without speech, if the text is improbable as well. */
const NO_SPEECH_PROBABILITY = 0.6;

/** What one decoding of a stretch came to. */
export interface Hypothesis {
  readonly segments: readonly TranscriptSegment[];
  /** The segments' texts joined by spaces. */
  readonly text: string;
  readonly meanLogProbability: number;
  readonly noSpeechProbability: number;
  readonly compressionRatio: number;
  readonly endReason: EndReason;
  readonly credit: CreditKind | undefined;
}

/** @param durationS seconds of the stretch; no segment ends later. */
export function makeHypothesis(model: SpeechModel, decoder: GreedyDecoder, noSpeechProbability: number, durationS: number): Hypothesis {
  const segments = makeSegments(model, decoder, durationS);
  const text = segments.map((segment) => segment.text).join(' ');
  return {
    segments,
    text,
    meanLogProbability: decoder.meanLogProbability,
    noSpeechProbability,
    compressionRatio: compressionRatio(text),
    endReason: decoder.endReason ?? 'length',
    credit: creditKind(text),
  };
}

/**
 * Whether a text is one that should be decoded again in another way. So is one that the model takes for no speech: of 30 single
 * words, the shortest comments there are, it wrote 13 at the first go and 23 with the second; of noise, none either time.
 */
export function looksWrong(hypothesis: Hypothesis): boolean {
  const { endReason, compressionRatio: ratio, meanLogProbability, credit, text } = hypothesis;
  return endReason !== 'end' || ratio > MAX_COMPRESSION_RATIO || credit !== undefined || (text !== '' && meanLogProbability < MIN_MEAN_LOG_PROBABILITY);
}

/** Whether the model says that there was no speech: by its own measure, or by what it writes for tones. */
export function isSilence(hypothesis: Hypothesis): boolean {
  if (isToneText(hypothesis.text)) return true;
  return hypothesis.noSpeechProbability > NO_SPEECH_PROBABILITY && hypothesis.meanLogProbability < MIN_MEAN_LOG_PROBABILITY;
}

/** The better of a first text, which looked wrong, and the one that was decoded again. */
export function better(first: Hypothesis, second: Hypothesis): Hypothesis {
  if (first.credit === 'maybe' && second.text === first.text) return first;
  if (looksWrong(first) !== looksWrong(second)) return looksWrong(first) ? second : first;
  return second.meanLogProbability > first.meanLogProbability ? second : first;
}

function makeSegments(model: SpeechModel, decoder: GreedyDecoder, durationS: number): TranscriptSegment[] {
  const { config, tokenizer } = model;
  const { tokens, probabilities } = decoder;
  const segments: TranscriptSegment[] = [];
  let from = 0;
  let start = 0;
  const close = (to: number, end: number): void => {
    const text = tokenizer
      .decode(tokens.slice(from, to))
      // A character whose last bytes were cut off.
      .replaceAll('\ufffd', '')
      .replace(/\s+/g, ' ')
      .trim();
    // The model may count on into the silence after the stretch: nothing can have been said there.
    if (!hasWords(text) || start >= durationS) return;
    const own = probabilities.slice(from, to);
    const confidence = own.reduce((sum, probability) => sum + probability, 0) / own.length;
    segments.push({ start, end: Math.min(Math.max(start, end), durationS), text, confidence });
  };
  tokens.forEach((token, i) => {
    if (token < config.tokens.timestampBegin) return;
    const seconds = timestampSeconds(config, token);
    close(i, seconds);
    start = seconds;
    from = i + 1;
  });
  close(tokens.length, durationS);
  return segments;
}
