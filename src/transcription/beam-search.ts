import { checkProbability } from './decoding.js';
import type { DecodedText, DecodingOptions, EndReason } from './decoding.js';
import type { HintPlace } from './hints.js';
import { highest, sumOfExponentials } from './logits.js';
import { keptOfLoop } from './loops.js';
import { TokenRules } from './token-rules.js';
import type { WhisperConfig } from './whisper-config.js';

export interface BeamSearchOptions extends Omit<DecodingOptions, 'sampling'> {
  /** Texts that are followed side by side, at least 1. */
  readonly beamSize: number;
  /**
   * How much longer texts are favoured, from 0 to 1: a text's log-probability is divided by ((5 + tokens) / 6) to this power, after
   * Wu et al. 2016. `undefined` divides by the tokens, as the reference does.
   */
  readonly lengthPenalty?: number | undefined;
}

/** What follows from one step: where each text of the next one comes from, and the token that it went on with. */
export interface BeamStep {
  /** Places in the rows of logits that were given. */
  readonly parents: readonly number[];
  readonly tokens: readonly number[];
}

interface Beam {
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
  readonly logProbability: number;
  readonly hint: HintPlace | undefined;
}

interface Finished extends Beam {
  readonly endReason: EndReason;
}

interface Candidate {
  readonly parent: number;
  readonly token: number;
  readonly probability: number;
  readonly logProbability: number;
  readonly hint: HintPlace | undefined;
  readonly score: number;
}

/** Beam search over the text of one clip, as the reference does it. Pure: logits in, tokens and their parents out. */
export class BeamSearch {
  readonly #config: WhisperConfig;
  readonly #options: BeamSearchOptions;
  readonly #rules: TokenRules;
  readonly #finished: Finished[] = [];
  #beams: readonly Beam[];

  /** @throws RangeError for an option out of range. */
  constructor(config: WhisperConfig, options: BeamSearchOptions) {
    if (!Number.isInteger(options.beamSize) || options.beamSize < 1) {
      throw new RangeError(`expected beamSize to be an integer of at least 1, got ${options.beamSize}`);
    }
    const { lengthPenalty } = options;
    if (lengthPenalty !== undefined && !(lengthPenalty >= 0 && lengthPenalty <= 1)) {
      throw new RangeError(`expected lengthPenalty to be a number from 0 to 1, got ${lengthPenalty}`);
    }
    this.#config = config;
    this.#options = options;
    this.#rules = new TokenRules(config, options);
    this.#beams = [{ tokens: [], probabilities: [], logProbability: 0, hint: options.hints?.start }];
  }

  /** Whether enough texts have ended. */
  get done(): boolean {
    return this.#beams.length === 0 || this.#finished.length >= this.#options.beamSize;
  }

  /**
   * Takes the logits of each text's next token: one row at the first step, then one for each of the texts that the step before gave.
   *
   * @param rows float32 [vocabulary] each; forbidden ones are overwritten.
   * @throws TonalitetError `INFERENCE_FAILED` if they are not finite.
   */
  next(rows: readonly Float32Array[]): BeamStep {
    const { beamSize, maxTokens } = this.#options;
    const { endOfText, timestampBegin } = this.#config.tokens;
    const beams: Beam[] = [];
    const step: { parents: number[]; tokens: number[] } = { parents: [], tokens: [] };
    for (const candidate of this.#candidates(rows)) {
      if (beams.length >= beamSize || this.done) break;
      const { parent, token, logProbability, hint } = candidate;
      const before = this.#beams[parent]!;
      if (token === endOfText) {
        this.#finished.push({ ...before, logProbability, endReason: 'end' });
        continue;
      }
      const beam = { tokens: [...before.tokens, token], probabilities: [...before.probabilities, candidate.probability], logProbability, hint };
      const kept = token < timestampBegin ? keptOfLoop(beam.tokens, timestampBegin) : undefined;
      if (kept !== undefined) {
        this.#finished.push({ ...beam, tokens: beam.tokens.slice(0, kept), probabilities: beam.probabilities.slice(0, kept), endReason: 'loop' });
      } else if (beam.tokens.length >= maxTokens) {
        this.#finished.push({ ...beam, endReason: 'length' });
      } else {
        beams.push(beam);
        step.parents.push(parent);
        step.tokens.push(token);
      }
    }
    this.#beams = beams;
    return step;
  }

  /** The best text of those that ended; of those that go on where none has. */
  best(): DecodedText {
    const ended = this.#finished.length > 0 ? this.#finished : this.#beams.map((beam): Finished => ({ ...beam, endReason: 'length' }));
    const [best] = ended.toSorted((a, b) => Number(b.endReason === 'end') - Number(a.endReason === 'end') || this.#rank(b) - this.#rank(a));
    const { tokens, probabilities, logProbability, endReason } = best!;
    // A loop's probability is that of all of it, which went on; as in greedy decoding, the tokens kept are what it is divided by.
    const count = tokens.length + (endReason === 'end' ? 1 : 0);
    return { tokens, probabilities, endReason, meanLogProbability: count === 0 ? 0 : logProbability / count };
  }

  #candidates(rows: readonly Float32Array[]): Candidate[] {
    if (rows.length !== this.#beams.length) throw new RangeError(`expected ${this.#beams.length} rows of logits, got ${rows.length}`);
    const candidates = this.#beams.flatMap((beam, parent) => this.#continuations(beam, parent, rows[parent]!));
    return candidates.sort((a, b) => b.score - a.score);
  }

  #continuations(beam: Beam, parent: number, logits: Float32Array): Candidate[] {
    const { hints, beamSize } = this.#options;
    this.#rules.apply(beam.tokens, logits);
    const likely = highest(logits, beamSize + 1);
    const reference = logits[likely[0] ?? 0]!;
    const sum = sumOfExponentials(logits, reference);
    checkProbability(1 / sum);
    const tokens = new Set(likely);
    if (hints !== undefined && beam.hint !== undefined) for (const token of hints.next(beam.hint).keys()) if (logits[token]! > -Infinity) tokens.add(token);
    return [...tokens].map((token) => {
      const logShare = logits[token]! - reference - Math.log(sum);
      const logProbability = beam.logProbability + logShare;
      const hint = beam.hint && (token === this.#config.tokens.endOfText ? beam.hint : hints?.after(beam.hint, token));
      const worth = hint === undefined || hints === undefined ? 0 : token === this.#config.tokens.endOfText ? hint.earned : hints.worth(hint);
      return { parent, token, probability: Math.exp(logShare), logProbability, hint, score: logProbability + worth };
    });
  }

  #rank({ logProbability, tokens, hint }: Finished): number {
    const { lengthPenalty } = this.#options;
    const length = Math.max(1, tokens.length);
    return (logProbability + (hint?.earned ?? 0)) / (lengthPenalty === undefined ? length : ((5 + length) / 6) ** lengthPenalty);
  }
}
