import type { DecodedText, EndReason } from './decoding.js';
import { compressionRatio, creditKind, hasWords, isToneText } from './hallucination.js';
import type { CreditKind } from './hallucination.js';
import { timestampSeconds } from './token-rules.js';
import type { TranscriptSegment, TranscriptWord } from './transcript.js';
import type { SpeechModel } from './whisper-model.js';
import { splitWords } from './words.js';

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

/** Where in a stretch its words are. */
export interface WordPlaces {
  /** Where each token begins that is no timestamp, in seconds, and last where the text ends; never falling. */
  readonly tokenStarts: readonly number[];
  /** Where the sound before a border between words ends, and where that after it begins; see `SoundLevel`. */
  readonly around: (atS: number) => { readonly before: number; readonly after: number };
}

/**
 * @param durationS seconds of the stretch; no segment ends later.
 * @param places where words are to have their places.
 */
export function makeHypothesis(
  model: Pick<SpeechModel, 'config' | 'tokenizer'>,
  decoded: DecodedText,
  noSpeechProbability: number,
  durationS: number,
  places?: WordPlaces,
): Hypothesis {
  const segments = makeSegments(model, decoded, durationS, places);
  const text = segments.map((segment) => segment.text).join(' ');
  return {
    segments,
    text,
    meanLogProbability: decoded.meanLogProbability,
    noSpeechProbability,
    compressionRatio: compressionRatio(text),
    endReason: decoded.endReason ?? 'length',
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

/** The better of a text that looked wrong and one that was decoded after it in another way. */
export function better(first: Hypothesis, second: Hypothesis): Hypothesis {
  if (first.credit === 'maybe' && second.text === first.text) return first;
  if (looksWrong(first) !== looksWrong(second)) return looksWrong(first) ? second : first;
  return second.meanLogProbability > first.meanLogProbability ? second : first;
}

function makeSegments(
  { config, tokenizer }: Pick<SpeechModel, 'config' | 'tokenizer'>,
  { tokens, probabilities }: DecodedText,
  durationS: number,
  places: WordPlaces | undefined,
): TranscriptSegment[] {
  const segments: TranscriptSegment[] = [];
  let from = 0;
  let start = 0;
  /** Tokens before `from` that are no timestamps. */
  let wordTokens = 0;
  const close = (to: number, wantedEnd: number): void => {
    const own = tokens.slice(from, to);
    const ownProbabilities = probabilities.slice(from, to);
    const firstWordToken = wordTokens;
    wordTokens += own.length;
    const text = tokenizer
      .decode(own)
      // A character whose last bytes were cut off.
      .replaceAll('\ufffd', '')
      .replace(/\s+/g, ' ')
      .trim();
    // The model may count on into the silence after the stretch: nothing can have been said there.
    if (!hasWords(text) || start >= durationS) return;
    const end = Math.min(Math.max(start, wantedEnd), durationS);
    const segment = { start, end, text, confidence: mean(ownProbabilities) };
    if (places === undefined) segments.push(segment);
    else segments.push({ ...segment, words: placeWords(tokenizer, own, ownProbabilities, segment, places, firstWordToken) });
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

function placeWords(
  tokenizer: SpeechModel['tokenizer'],
  tokens: readonly number[],
  probabilities: readonly number[],
  segment: TranscriptSegment,
  { tokenStarts, around }: WordPlaces,
  firstToken: number,
): TranscriptWord[] {
  const inside = (seconds: number): number => Math.min(Math.max(seconds, segment.start), segment.end);
  let earliest = segment.start;
  return splitWords(tokenizer, tokens).map(({ text, from, to }) => {
    const startBorder = tokenStarts[firstToken + from]!;
    const endBorder = tokenStarts[firstToken + to]!;
    const fitted = { start: around(startBorder).after, end: around(endBorder).before };
    // A short word between two borders of one pause keeps them.
    const kept = fitted.start < fitted.end ? fitted : { start: startBorder, end: endBorder };
    const start = Math.max(earliest, inside(kept.start));
    const end = Math.max(start, inside(kept.end));
    earliest = end;
    return { word: text, start, end, confidence: mean(probabilities.slice(from, to)) };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
