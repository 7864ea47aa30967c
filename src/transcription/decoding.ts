import { TonalitetError } from '../errors.js';
import type { WhisperConfig } from './whisper-config.js';

/** Whisper's timestamps are 20 ms apart. */
const TIMESTAMP_S = 0.02;

/** The first timestamp is at most this late, as in the reference: speech that begins later was not detected as its beginning. */
const MAX_FIRST_TIMESTAMP = 1 / TIMESTAMP_S;

/** The longest phrase, in tokens, whose repetition is looked for: a long sentence. */
const MAX_PERIOD = 40;

/** A phrase counts as a loop when it comes this many times in a row... */
const LOOP_REPEATS = 4;

/** ...and all of it takes at least this many tokens, so that "nej, nej, nej, nej" is no loop. */
const LOOP_TOKENS = 16;

/** Tokens below the best by more than this add nothing to a sum of probabilities in single precision. */
const NEGLIGIBLE = 20;

export interface DecodingOptions {
  /** Timestamps between pieces of text. */
  readonly timestamps: boolean;
  /** The most tokens to produce, not counting the end. */
  readonly maxTokens: number;
  /**
   * Forbids a run of this many tokens that has come before; for decoding again what went round in a loop. 0 for none.
   */
  readonly noRepeat: number;
}

export type EndReason =
  /** The model ended the text. */
  | 'end'
  /** `maxTokens` was reached. */
  | 'length'
  /** It went round in a loop; the repetitions were cut off. */
  | 'loop';

/** The tokens that start a text, in order. */
export function promptTokens(config: WhisperConfig, timestamps: boolean): readonly number[] {
  const { startOfTranscript, language, transcribe, noTimestamps } = config.tokens;
  return timestamps ? [startOfTranscript, language, transcribe] : [startOfTranscript, language, transcribe, noTimestamps];
}

/**
 * Whisper's rules for one text: which of the next token's logits may be taken, and when the text ends. Pure: logits in, tokens
 * out, greedily.
 */
export class GreedyDecoder {
  readonly #config: WhisperConfig;
  readonly #options: DecodingOptions;
  readonly #tokens: number[] = [];
  readonly #probabilities: number[] = [];
  /** The tokens without timestamps. */
  readonly #words: number[] = [];
  #logProbability = 0;
  #endReason: EndReason | undefined;

  constructor(config: WhisperConfig, options: DecodingOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** The tokens of the text so far, timestamps among them, without the end. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /** The probability of each token, after the rules. */
  get probabilities(): readonly number[] {
    return this.#probabilities;
  }

  get endReason(): EndReason | undefined {
    return this.#endReason;
  }

  /** The mean of the tokens' log-probabilities, with that of the end, as the reference takes it; 0 before the first token. */
  get meanLogProbability(): number {
    const count = this.#tokens.length + (this.#endReason === 'end' ? 1 : 0);
    return count === 0 ? 0 : this.#logProbability / count;
  }

  /**
   * Takes the logits of the next token and gives the token, or `endOfText`, after which there is no more.
   *
   * @param logits float32 [vocabulary]; forbidden ones are overwritten.
   * @throws TonalitetError `INFERENCE_FAILED` if they are not finite.
   */
  next(logits: Float32Array): number {
    const { tokens: special, suppress, suppressAtBegin } = this.#config;
    if (this.#endReason !== undefined) return special.endOfText;
    for (const id of suppress) logits[id] = -Infinity;
    if (this.#tokens.length === 0) for (const id of suppressAtBegin) logits[id] = -Infinity;
    if (this.#options.timestamps) this.#applyTimestampRules(logits);
    else logits.fill(-Infinity, special.timestampBegin);
    if (this.#options.noRepeat > 0) this.#forbidRepeats(logits);
    const token = argMax(logits);
    const probability = 1 / sumOfExponentials(logits, logits[token]!);
    if (!(probability > 0 && probability <= 1)) {
      throw new TonalitetError('INFERENCE_FAILED', 'Expected logits from the speech model, but they are not finite. Check that its samples are finite.');
    }
    this.#logProbability += Math.log(probability);
    if (token === special.endOfText) {
      this.#endReason = 'end';
      return token;
    }
    this.#tokens.push(token);
    this.#probabilities.push(probability);
    if (token < special.timestampBegin) this.#words.push(token);
    if (this.#endsInLoop()) this.#endReason = 'loop';
    else if (this.#tokens.length >= this.#options.maxTokens) this.#endReason = 'length';
    return this.#endReason === undefined ? token : special.endOfText;
  }

  /** Whether the words go round in a loop, at whatever times. What is then kept is the phrase as it came first. */
  #endsInLoop(): boolean {
    const period = loopPeriod(this.#words);
    if (period === 0) return false;
    let cut = firstOfLoop(this.#words, period);
    this.#words.length = cut;
    const { timestampBegin } = this.#config.tokens;
    let kept = 0;
    while (cut > 0) if (this.#tokens[kept++]! < timestampBegin) cut--;
    // The time at which the phrase ended.
    if (this.#tokens[kept]! >= timestampBegin) kept++;
    this.#tokens.length = kept;
    this.#probabilities.length = kept;
    return true;
  }

  /** Timestamps come in pairs, do not go back, start the text, and are taken when together they outweigh every word. */
  #applyTimestampRules(logits: Float32Array): void {
    const { timestampBegin, endOfText, noTimestamps } = this.#config.tokens;
    const tokens = this.#tokens;
    logits[noTimestamps] = -Infinity;
    const isTime = (token: number | undefined): boolean => token !== undefined && token >= timestampBegin;
    const last = tokens.at(-1);
    if (tokens.length === 0) {
      logits.fill(-Infinity, 0, timestampBegin);
      logits.fill(-Infinity, timestampBegin + MAX_FIRST_TIMESTAMP + 1);
      return;
    }
    if (isTime(last)) {
      if (tokens.length < 2 || isTime(tokens.at(-2))) logits.fill(-Infinity, timestampBegin);
      else logits.fill(-Infinity, 0, endOfText);
    }
    const lastTime = tokens.findLast(isTime);
    if (lastTime !== undefined) {
      // The start of a segment may equal the end of the one before; an end must be later than its start.
      const earliest = isTime(last) && !isTime(tokens.at(-2)) ? lastTime : lastTime + 1;
      logits.fill(-Infinity, timestampBegin, earliest);
    }
    const best = argMax(logits);
    const timeSum = sumOfExponentials(logits.subarray(timestampBegin), logits[best]!);
    const bestWord = logits.subarray(0, timestampBegin).reduce((most, value) => Math.max(most, value), -Infinity);
    if (timeSum > Math.exp(bestWord - logits[best]!)) logits.fill(-Infinity, 0, timestampBegin);
  }

  #forbidRepeats(logits: Float32Array): void {
    const tokens = this.#tokens;
    const length = this.#options.noRepeat - 1;
    const tail = tokens.length - length;
    for (let start = 0; start < tail; start++) {
      let same = true;
      for (let i = 0; same && i < length; i++) same = tokens[start + i] === tokens[tail + i];
      if (same) logits[tokens[start + length]!] = -Infinity;
    }
  }
}

/** The seconds that a timestamp token says. */
export function timestampSeconds(config: WhisperConfig, token: number): number {
  return (token - config.tokens.timestampBegin) * TIMESTAMP_S;
}

/** The probability that there is no speech, from the logits at the start of the transcript. */
export function noSpeechProbability(config: WhisperConfig, logits: Float32Array): number {
  return 1 / sumOfExponentials(logits, logits[config.tokens.noSpeech]!);
}

/** The length of the phrase that the tokens end with several times in a row; 0 if they do not. */
export function loopPeriod(tokens: readonly number[]): number {
  const end = tokens.length;
  for (let period = 1; period <= MAX_PERIOD; period++) {
    const span = Math.max(LOOP_TOKENS, LOOP_REPEATS * period);
    if (span > end) return 0;
    let same = 0;
    while (same < span - period && tokens[end - 1 - same] === tokens[end - 1 - same - period]) same++;
    if (same === span - period) return period;
  }
  return 0;
}

/** How many tokens to keep of a text that ends in a loop: up to the end of the phrase's first coming. */
function firstOfLoop(tokens: readonly number[], period: number): number {
  let end = tokens.length;
  while (end > period && tokens[end - 1] === tokens[end - 1 - period]) end--;
  return end;
}

function argMax(values: Float32Array): number {
  let best = 0;
  let highest = values[0]!;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > highest) {
      highest = values[i]!;
      best = i;
    }
  }
  return best;
}

/** The sum of e^(value - reference). */
function sumOfExponentials(values: Float32Array, reference: number): number {
  const lowest = reference - NEGLIGIBLE;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > lowest) sum += Math.exp(value - reference);
  }
  return sum;
}
