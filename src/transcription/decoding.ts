import { TonalitetError } from '../errors.js';
import type { HintPlace, Hints } from './hints.js';
import { argMax, sample, sumOfExponentials } from './logits.js';
import { keptOfLoop } from './loops.js';
import { TokenRules } from './token-rules.js';
import type { TokenRuleOptions } from './token-rules.js';
import type { WhisperConfig } from './whisper-config.js';

export interface DecodingOptions extends TokenRuleOptions {
  /** The most tokens to produce, not counting the end. */
  readonly maxTokens: number;
  /** What is likelier to be said than the model knows. */
  readonly hints?: Hints | undefined;
  /** Draws tokens by their probability at a temperature instead of taking the most probable. */
  readonly sampling?: Sampling | undefined;
}

export interface Sampling {
  /** Above 0, at most 1. */
  readonly temperature: number;
  /** Evenly from [0, 1). */
  readonly random: () => number;
}

export type EndReason =
  /** The model ended the text. */
  | 'end'
  /** `maxTokens` was reached. */
  | 'length'
  /** It went round in a loop; the repetitions were cut off. */
  | 'loop';

/** A text in tokens, in whatever way it was decoded. */
export interface DecodedText {
  /** Timestamps among them, without the end. */
  readonly tokens: readonly number[];
  /** The probability of each token, after the rules and before any hint. */
  readonly probabilities: readonly number[];
  /** The mean of the tokens' log-probabilities, with that of the end, as the reference takes it; 0 before the first token. */
  readonly meanLogProbability: number;
  /** `undefined` while it goes on. */
  readonly endReason: EndReason | undefined;
}

/** The tokens that start a text, in order. */
export function promptTokens(config: WhisperConfig, timestamps: boolean): readonly number[] {
  const { startOfTranscript, language, transcribe, noTimestamps } = config.tokens;
  return timestamps ? [startOfTranscript, language, transcribe] : [startOfTranscript, language, transcribe, noTimestamps];
}

/** One text, token by token, each chosen for good. Pure: logits in, tokens out. */
export class GreedyDecoder implements DecodedText {
  readonly #config: WhisperConfig;
  readonly #options: DecodingOptions;
  readonly #rules: TokenRules;
  readonly #tokens: number[] = [];
  readonly #probabilities: number[] = [];
  #hint: HintPlace | undefined;
  #logProbability = 0;
  #endReason: EndReason | undefined;

  constructor(config: WhisperConfig, options: DecodingOptions) {
    this.#config = config;
    this.#options = options;
    this.#rules = new TokenRules(config, options);
    this.#hint = options.hints?.start;
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  get probabilities(): readonly number[] {
    return this.#probabilities;
  }

  get endReason(): EndReason | undefined {
    return this.#endReason;
  }

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
    const { endOfText, timestampBegin } = this.#config.tokens;
    if (this.#endReason !== undefined) return endOfText;
    this.#rules.apply(this.#tokens, logits);
    const token = this.#choose(logits);
    const best = logits[argMax(logits)]!;
    const probability = Math.exp(logits[token]! - best) / sumOfExponentials(logits, best);
    checkProbability(probability);
    this.#logProbability += Math.log(probability);
    if (token === endOfText) {
      this.#endReason = 'end';
      return token;
    }
    this.#hint = this.#hint && this.#options.hints?.after(this.#hint, token);
    this.#tokens.push(token);
    this.#probabilities.push(probability);
    const kept = token < timestampBegin ? keptOfLoop(this.#tokens, timestampBegin) : undefined;
    if (kept !== undefined) {
      this.#tokens.length = kept;
      this.#probabilities.length = kept;
      this.#endReason = 'loop';
    } else if (this.#tokens.length >= this.#options.maxTokens) {
      this.#endReason = 'length';
    }
    return this.#endReason === undefined ? token : endOfText;
  }

  #choose(logits: Float32Array): number {
    const { sampling, hints } = this.#options;
    if (sampling !== undefined) return sample(logits, sampling.temperature, sampling.random());
    const best = argMax(logits);
    return hints === undefined || this.#hint === undefined ? best : hints.choose(this.#hint, logits, best);
  }
}

/** @throws TonalitetError `INFERENCE_FAILED` */
export function checkProbability(probability: number): void {
  if (probability > 0 && probability <= 1) return;
  throw new TonalitetError('INFERENCE_FAILED', 'Expected logits from the speech model, but they are not finite. Check that its samples are finite.');
}

/** The probability that there is no speech, from the logits at the start of the transcript. */
export function noSpeechProbability(config: WhisperConfig, logits: Float32Array): number {
  return 1 / sumOfExponentials(logits, logits[config.tokens.noSpeech]!);
}
