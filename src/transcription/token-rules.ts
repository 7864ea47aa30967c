import { argMax, sumOfExponentials } from './logits.js';
import type { WhisperConfig } from './whisper-config.js';

/** Whisper's timestamps are 20 ms apart. */
const TIMESTAMP_S = 0.02;

/** The first timestamp is at most this late, as in the reference: speech that begins later was not detected as its beginning. */
const MAX_FIRST_TIMESTAMP = 1 / TIMESTAMP_S;

export interface TokenRuleOptions {
  /** Timestamps between pieces of text. */
  readonly timestamps: boolean;
  /** Forbids a run of this many tokens that has come before; for decoding again what went round in a loop. 0 for none. */
  readonly noRepeat: number;
}

/** Whisper's rules for which token may follow a text. Pure: they look at the text so far and forbid logits. */
export class TokenRules {
  readonly #config: WhisperConfig;
  readonly #options: TokenRuleOptions;

  constructor(config: WhisperConfig, options: TokenRuleOptions) {
    this.#config = config;
    this.#options = options;
  }

  /**
   * @param tokens the text so far, timestamps among them.
   * @param logits float32 [vocabulary]; those of forbidden tokens become -∞.
   */
  apply(tokens: readonly number[], logits: Float32Array): void {
    const { tokens: special, suppress, suppressAtBegin } = this.#config;
    for (const id of suppress) logits[id] = -Infinity;
    if (tokens.length === 0) for (const id of suppressAtBegin) logits[id] = -Infinity;
    if (this.#options.timestamps) this.#applyTimestampRules(tokens, logits);
    else logits.fill(-Infinity, special.timestampBegin);
    if (this.#options.noRepeat > 0) this.#forbidRepeats(tokens, logits);
  }

  /** Timestamps come in pairs, do not go back, start the text, and are taken when together they outweigh every word. */
  #applyTimestampRules(tokens: readonly number[], logits: Float32Array): void {
    const { timestampBegin, endOfText, noTimestamps } = this.#config.tokens;
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

  #forbidRepeats(tokens: readonly number[], logits: Float32Array): void {
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
