import { TonalitetError } from '../errors.js';
import type { VerifiedModel } from '../inference/verification.js';
import { Hints } from './hints.js';
import type { HintWeights } from './hints.js';
import { better, isSilence, looksWrong } from './hypothesis.js';
import type { Hypothesis } from './hypothesis.js';
import { loadSpeechModel } from './load-speech-model.js';
import { RandomNumbers } from './random-numbers.js';
import { StretchDecoder } from './stretch-decoder.js';
import type { Attempt, Search, SpeechStretch } from './stretch-decoder.js';
import type { TranscriptSegment } from './transcript.js';
import type { SpeechModel } from './whisper-model.js';

export type { SpeechStretch } from './stretch-decoder.js';

const SAMPLE_RATE_HZ = 16_000;

/** The longest stretch that is taken: Whisper's window. */
const MAX_STRETCH_S = 30;

/** Seconds of silence after the speech where a stretch is decoded again: repetition becomes rarer with more. */
const RETRY_TAIL_S = 5;

/** Where a stretch is decoded again, no run of this many tokens may come twice. */
const RETRY_NO_REPEAT = 4;

/** Texts that are followed side by side in the search that comes when decoding again did not help, as in the reference. */
const FALLBACK_BEAM_SIZE = 5;

/** Temperatures at which texts are drawn when no search helped, in turn; the reference goes on to 1, where texts are invented. */
const TEMPERATURES = [0.4, 0.8];

/** Texts that are drawn at each temperature, as in the reference. */
const DRAWN_TEXTS = 5;

/** So that a recording gives the same text each time. */
const SEED = 1;

/** The most texts that may be followed side by side. */
export const MAX_BEAM_SIZE = 16;

/** What was heard in one stretch. */
export interface StretchTranscript {
  /** Times count from the start of the stretch. Empty where nothing was said. */
  readonly segments: readonly TranscriptSegment[];
  /** The segments' texts joined by spaces. */
  readonly text: string;
  /** How the text came about. */
  readonly decoding: StretchDecoding;
}

/** How one stretch was decoded. */
export interface StretchDecoding {
  /** Times that it was decoded, in whatever ways: 1 where the first text looked right. */
  readonly attempts: number;
  /** Whether a beam search was among them though none was asked for, and drawing at a temperature. */
  readonly searched: boolean;
  readonly drawn: boolean;
  /** Whether the text still looks wrong. */
  readonly doubtful: boolean;
  /** Whether the text was a subtitle's credit and was dropped. */
  readonly creditDropped: boolean;
}

export interface TranscriberOptions {
  /** Threads for one operator. @default 1 */
  readonly threads: number;
  /** Seconds of silence put after the speech. @default the model's own, which it was made for */
  readonly tailS?: number | undefined;
  /**
   * Texts that are followed side by side at the first go, from 1 to 16; 1 decodes greedily, several stretches at a time, which is
   * several times as fast. @default 1
   */
  readonly beamSize?: number | undefined;
  /** See `BeamSearchOptions`. @default the reference's */
  readonly lengthPenalty?: number | undefined;
  /** Whether a text that still looks wrong when decoded again is searched and drawn for. @default true */
  readonly lastResorts?: boolean | undefined;
  /** Words with their places. @default false */
  readonly words?: boolean | undefined;
  /** Names that are likelier to be said than the model knows. @default none */
  readonly hints?: readonly string[] | undefined;
  /** How much hints weigh. @default what was measured to be best */
  readonly hintWeights?: HintWeights | undefined;
}

export const defaultTranscriberOptions: TranscriberOptions = Object.freeze({ threads: 1 });

export interface RecogniseStretchesOptions {
  /** Segments with times inside a stretch, which take more tokens; without, a stretch is one segment. @default false */
  readonly timestamps?: boolean;
}

/** How often what went wrong was mended, since loading. */
export interface TranscriberCounts {
  /** Stretches recognised. */
  stretches: number;
  /** Stretches that were decoded again, for any reason. */
  decodedAgain: number;
  /** Those of them that were searched then, ... */
  searched: number;
  /** ... and those that texts were drawn for at a temperature. */
  drawn: number;
  /** Texts that went round in a loop. */
  loops: number;
  /** Subtitle credits that were dropped. */
  creditsDropped: number;
}

/** Speech to text: Whisper with a context that is as long as the speech needs, in batches, and guarded against its inventions. */
export class Transcriber {
  readonly #model: SpeechModel;
  readonly #decoder: StretchDecoder;
  readonly #tailS: number;
  readonly #search: Search;
  readonly #lastResorts: boolean;
  readonly #words: boolean;
  readonly #hints: Hints | undefined;
  readonly #counts: TranscriberCounts = { stretches: 0, decodedAgain: 0, searched: 0, drawn: 0, loops: 0, creditsDropped: 0 };

  /** @param model the transcriber's own from now on: `release` frees it. @throws RangeError for an option out of range. */
  constructor(model: SpeechModel, options: Partial<Omit<TranscriberOptions, 'threads'>> = {}) {
    const { beamSize = 1, lengthPenalty, hints = [] } = options;
    this.#model = model;
    this.#decoder = new StretchDecoder(model);
    this.#tailS = options.tailS ?? model.config.tailS;
    this.#lastResorts = options.lastResorts ?? true;
    this.#words = options.words ?? false;
    this.#search = beamSize === 1 ? { kind: 'greedy' } : { kind: 'beam', beamSize, lengthPenalty };
    this.#hints = hints.length === 0 ? undefined : new Hints(hintPhrases(hints).map((phrase) => model.tokenizer.encodePlain(` ${phrase}`)), options.hintWeights);
    if (!(this.#tailS >= 0 && this.#tailS <= MAX_STRETCH_S)) {
      throw new RangeError(`expected tailS to be a number from 0 to ${MAX_STRETCH_S}, got ${this.#tailS}`);
    }
    if (!Number.isInteger(beamSize) || beamSize < 1 || beamSize > MAX_BEAM_SIZE) {
      throw new RangeError(`expected beamSize to be an integer from 1 to ${MAX_BEAM_SIZE}, got ${beamSize}`);
    }
  }

  /**
   * Loads a model of the kind `speech`.
   *
   * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
   */
  static async load(verified: VerifiedModel, options: Partial<TranscriberOptions> = {}): Promise<Transcriber> {
    const model = await loadSpeechModel(verified, options.threads ?? defaultTranscriberOptions.threads);
    if (options.words === true && model.config.alignmentHeads === undefined) {
      await model.release();
      throw new TonalitetError(
        'MODEL_INVALID',
        `Expected a speech model that tells where words are, but '${model.config.name}' names no heads that do (alignmentHeads). ` +
          'Leave word times out, or make the model again with its recipe.',
      );
    }
    return new Transcriber(model, options);
  }

  get counts(): Readonly<TranscriberCounts> {
    return this.#counts;
  }

  /**
   * Recognises stretches, several of similar length at a time. One call at a time.
   *
   * @returns in the order of the stretches; `undefined` for one whose signal had fired.
   * @throws TonalitetError `INFERENCE_FAILED`. RangeError for a stretch that is too long.
   */
  async recognise(stretches: readonly SpeechStretch[], options: RecogniseStretchesOptions = {}): Promise<(StretchTranscript | undefined)[]> {
    for (const { samples } of stretches) {
      if (samples.length > MAX_STRETCH_S * SAMPLE_RATE_HZ) {
        throw new RangeError(`expected stretches of at most ${MAX_STRETCH_S} s, got ${samples.length / SAMPLE_RATE_HZ} s`);
      }
    }
    this.#counts.stretches += stretches.length;
    const shared = { timestamps: options.timestamps ?? false, words: this.#words, hints: this.#hints };
    const first: Attempt = { ...shared, tailS: this.#tailS, noRepeat: 0, search: this.#search };
    const again: Attempt = { ...shared, tailS: Math.max(RETRY_TAIL_S, this.#tailS), noRepeat: RETRY_NO_REPEAT, search: this.#search };
    const heard = new Map<SpeechStretch, Heard>();
    for (const [stretch, hypothesis] of await this.#decoder.decode(stretches, first)) {
      if (hypothesis.endReason === 'loop') this.#counts.loops++;
      heard.set(stretch, { best: hypothesis, attempts: 1, searched: false, drawn: false });
    }
    const wrong = stretches.filter((stretch) => {
      const best = heard.get(stretch)?.best;
      return best !== undefined && looksWrong(best);
    });
    this.#counts.decodedAgain += wrong.length;
    await this.#decodeAgain(wrong, again, heard);
    if (this.#lastResorts) await this.#decodeAtLast(wrong.filter(({ draft }) => draft !== true), again, heard);
    return stretches.map((stretch) => {
      const found = heard.get(stretch);
      return stretch.signal?.aborted === true || found === undefined ? undefined : this.#toTranscript(found);
    });
  }

  /** Frees the models' memory. Safe to call twice; not during `recognise`. */
  async release(): Promise<void> {
    await this.#model.release();
  }

  /** Decodes stretches in another way, and keeps of each the better text. @returns those that still look wrong and may be speech. */
  async #decodeAgain(stretches: readonly SpeechStretch[], attempt: Attempt, heard: Map<SpeechStretch, Heard>): Promise<SpeechStretch[]> {
    for (const [stretch, hypothesis] of await this.#decoder.decode(stretches, attempt)) {
      const before = heard.get(stretch)!;
      const { kind } = attempt.search;
      const searched = before.searched || (kind === 'beam' && this.#search.kind !== 'beam');
      heard.set(stretch, { best: better(before.best, hypothesis), attempts: before.attempts + 1, searched, drawn: before.drawn || kind === 'sample' });
    }
    return stretches.filter((stretch) => isWorthMore(heard.get(stretch)?.best));
  }

  /** What takes long and seldom helps, for what looks wrong after all: a beam search, then texts drawn at rising temperatures. */
  async #decodeAtLast(stretches: readonly SpeechStretch[], again: Attempt, heard: Map<SpeechStretch, Heard>): Promise<void> {
    let left = stretches.filter((stretch) => isWorthMore(heard.get(stretch)?.best));
    if (this.#search.kind !== 'beam') {
      this.#counts.searched += left.length;
      left = await this.#decodeAgain(left, { ...again, search: { kind: 'beam', beamSize: FALLBACK_BEAM_SIZE, lengthPenalty: undefined } }, heard);
    }
    this.#counts.drawn += left.length;
    for (const temperature of TEMPERATURES) {
      const sampling = { temperature, random: new RandomNumbers(SEED).next };
      left = await this.#decodeAgain(left, { ...again, search: { kind: 'sample', sampling, texts: DRAWN_TEXTS } }, heard);
    }
  }

  #toTranscript({ best, ...decoding }: Heard): StretchTranscript {
    const creditDropped = best.credit === 'credit';
    if (creditDropped) this.#counts.creditsDropped++;
    const silent = creditDropped || isSilence(best);
    return {
      segments: silent ? [] : best.segments,
      text: silent ? '' : best.text,
      decoding: { ...decoding, doubtful: !silent && looksWrong(best), creditDropped },
    };
  }
}

/** The best text of a stretch so far, and what it took. */
interface Heard extends Pick<StretchDecoding, 'attempts' | 'searched' | 'drawn'> {
  readonly best: Hypothesis;
}

/** Whether a text looks wrong that is neither silence nor a credit: what came twice of those will come again. */
function isWorthMore(best: Hypothesis | undefined): boolean {
  return best !== undefined && looksWrong(best) && best.credit === undefined && !isSilence(best);
}

/** Hints as they may be written: as given, and as they stand at the beginning of a sentence. */
function hintPhrases(hints: readonly string[]): readonly string[] {
  return [...new Set(hints.flatMap((hint) => [hint, hint.charAt(0).toUpperCase() + hint.slice(1)]))];
}
