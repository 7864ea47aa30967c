import type { VerifiedModel } from '../inference/verification.js';
import { makeBatches } from './batches.js';
import { GreedyDecoder, noSpeechProbability, promptTokens } from './decoding.js';
import { better, isSilence, looksWrong, makeHypothesis } from './hypothesis.js';
import type { Hypothesis } from './hypothesis.js';
import { loadSpeechModel } from './load-speech-model.js';
import { HOP_SAMPLES, LogMel } from './log-mel.js';
import type { TranscriptSegment } from './transcript.js';
import type { SpeechModel } from './whisper-model.js';

const SAMPLE_RATE_HZ = 16_000;
const FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES;

/** The longest stretch that is taken: Whisper's window. */
const MAX_STRETCH_S = 30;

/**
 * The most tokens for a stretch. Fast Swedish speech takes about 8 a second of the multilingual vocabulary; beyond 14, and some to
 * start with, the model is making things up.
 */
const MAX_TOKENS_PER_S = 14;
const MAX_TOKENS_AT_LEAST = 24;

/** Seconds of silence after the speech where a stretch is decoded again: repetition becomes rarer with more. */
const RETRY_TAIL_S = 5;

/** Where a stretch is decoded again, no run of this many tokens may come twice. */
const RETRY_NO_REPEAT = 4;

/** A stretch of speech to be recognised. */
export interface SpeechStretch {
  /** 16 kHz mono, finite, at most 30 s; not changed. */
  readonly samples: Float32Array;
  /** Looked at between steps: the stretch is left where it stands. */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
}

/** What was heard in one stretch. */
export interface StretchTranscript {
  /** Times count from the start of the stretch. Empty where nothing was said. */
  readonly segments: readonly TranscriptSegment[];
  /** The segments' texts joined by spaces. */
  readonly text: string;
}

export interface TranscriberOptions {
  /** Threads for one operator. @default 1 */
  readonly threads: number;
  /** Seconds of silence put after the speech. @default the model's own, which it was made for */
  readonly tailS?: number;
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
  /** Texts that went round in a loop. */
  loops: number;
  /** Subtitle credits that were dropped. */
  creditsDropped: number;
}

interface Clip {
  readonly stretch: SpeechStretch;
  /** Frames of its speech and the silence after it; even. */
  readonly frames: number;
}

/** How a batch is decoded. */
interface Attempt {
  readonly tailS: number;
  readonly noRepeat: number;
  readonly timestamps: boolean;
}

/** Speech to text: Whisper with a context that is as long as the speech needs, in batches, and guarded against its inventions. */
export class Transcriber {
  readonly #model: SpeechModel;
  readonly #logMel: LogMel;
  readonly #tailS: number;
  readonly #counts: TranscriberCounts = { stretches: 0, decodedAgain: 0, loops: 0, creditsDropped: 0 };

  /** @param model the transcriber's own from now on: `release` frees it. */
  constructor(model: SpeechModel, options: Partial<Omit<TranscriberOptions, 'threads'>> = {}) {
    this.#model = model;
    this.#logMel = new LogMel(model.config.nMels);
    this.#tailS = options.tailS ?? model.config.tailS;
    if (!(this.#tailS >= 0 && this.#tailS <= MAX_STRETCH_S)) {
      throw new RangeError(`expected tailS to be a number from 0 to ${MAX_STRETCH_S}, got ${this.#tailS}`);
    }
  }

  /**
   * Loads a model of the kind `speech`.
   *
   * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
   */
  static async load(verified: VerifiedModel, options: Partial<TranscriberOptions> = {}): Promise<Transcriber> {
    return new Transcriber(await loadSpeechModel(verified, options.threads ?? defaultTranscriberOptions.threads), options);
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
    const timestamps = options.timestamps ?? false;
    for (const { samples } of stretches) {
      if (samples.length > MAX_STRETCH_S * SAMPLE_RATE_HZ) {
        throw new RangeError(`expected stretches of at most ${MAX_STRETCH_S} s, got ${samples.length / SAMPLE_RATE_HZ} s`);
      }
    }
    this.#counts.stretches += stretches.length;
    const first = await this.#decode(stretches, { tailS: this.#tailS, noRepeat: 0, timestamps });
    const wrong = stretches.filter((stretch) => {
      const hypothesis = first.get(stretch);
      return hypothesis !== undefined && looksWrong(hypothesis);
    });
    this.#counts.decodedAgain += wrong.length;
    const second = await this.#decode(wrong, { tailS: Math.max(RETRY_TAIL_S, this.#tailS), noRepeat: RETRY_NO_REPEAT, timestamps });
    return stretches.map((stretch) => {
      const hypothesis = first.get(stretch);
      if (stretch.signal?.aborted === true || hypothesis === undefined) return undefined;
      const again = second.get(stretch);
      return this.#toTranscript(hypothesis, again);
    });
  }

  /** Frees the models' memory. Safe to call twice; not during `recognise`. */
  async release(): Promise<void> {
    await this.#model.release();
  }

  #toTranscript(first: Hypothesis, second: Hypothesis | undefined): StretchTranscript {
    if (first.endReason === 'loop') this.#counts.loops++;
    const best = second === undefined ? first : better(first, second);
    if (best.credit === 'credit') {
      this.#counts.creditsDropped++;
      return { segments: [], text: '' };
    }
    return isSilence(best) ? { segments: [], text: '' } : { segments: best.segments, text: best.text };
  }

  async #decode(stretches: readonly SpeechStretch[], attempt: Attempt): Promise<Map<SpeechStretch, Hypothesis>> {
    const hypotheses = new Map<SpeechStretch, Hypothesis>();
    const clips = stretches.map((stretch) => ({ stretch, frames: this.#frames(stretch.samples.length, attempt.tailS) }));
    for (const batch of makeBatches(clips, this.#model.config.batchFrames)) {
      const running = batch.filter(({ stretch }) => stretch.signal?.aborted !== true);
      if (running.length > 0) await this.#decodeBatch(running, attempt, hypotheses);
    }
    return hypotheses;
  }

  #frames(samples: number, tailS: number): number {
    const wanted = samples / HOP_SAMPLES + tailS * FRAMES_PER_S;
    return Math.min(2 * Math.ceil(wanted / 2), this.#model.config.maxFrames);
  }

  /** @param clips longest first */
  async #decodeBatch(clips: readonly Clip[], attempt: Attempt, hypotheses: Map<SpeechStretch, Hypothesis>): Promise<void> {
    const { config } = this.#model;
    const frames = clips[0]!.frames;
    const clipSize = config.nMels * frames;
    const mel = new Float32Array(clips.length * clipSize);
    clips.forEach((clip, i) => this.#logMel.compute(clip.stretch.samples, clip.frames, mel.subarray(i * clipSize, (i + 1) * clipSize), frames));
    const decoding = await this.#model.encode(mel, frames, clips.map((clip) => clip.frames));

    const prompt = promptTokens(config, attempt.timestamps);
    const firstLogits = await decoding.step(clips.map(() => prompt[0]!));
    const noSpeech = clips.map((_, i) => noSpeechProbability(config, row(firstLogits, i, config.vocabularySize)));
    let logits = await decoding.step(clips.flatMap(() => prompt.slice(1)));

    const decoders = clips.map(({ stretch }) => new GreedyDecoder(config, { ...attempt, maxTokens: this.#maxTokens(stretch) }));
    /** Which clip is in each row of the batch. */
    let rows = clips.map((_, i) => i);
    for (;;) {
      let next = rows.map((clip, i) => (isAborted(clips[clip]!) ? config.tokens.endOfText : decoders[clip]!.next(row(logits, i, config.vocabularySize))));
      const open = rows.flatMap((clip, i) => (decoders[clip]!.endReason === undefined && !isAborted(clips[clip]!) ? [i] : []));
      if (open.length === 0) break;
      // Copying what is left costs about as much as a few steps; until half has ended, the ended ones run along.
      if (open.length <= rows.length / 2) {
        decoding.keep(open);
        rows = open.map((i) => rows[i]!);
        next = open.map((i) => next[i]!);
      }
      logits = await decoding.step(next);
    }
    clips.forEach(({ stretch }, i) => {
      if (stretch.signal?.aborted === true) return;
      hypotheses.set(stretch, makeHypothesis(this.#model, decoders[i]!, noSpeech[i]!, stretch.samples.length / SAMPLE_RATE_HZ));
    });
  }

  #maxTokens(stretch: SpeechStretch): number {
    const wanted = MAX_TOKENS_AT_LEAST + Math.ceil((stretch.samples.length / SAMPLE_RATE_HZ) * MAX_TOKENS_PER_S);
    // Half of the decoder's places, as in the reference, whose other half is for a prompt.
    return Math.min(wanted, this.#model.config.maxTokens / 2);
  }
}

function isAborted(clip: Clip): boolean {
  return clip.stretch.signal?.aborted === true;
}

function row(values: Float32Array, index: number, size: number): Float32Array {
  return values.subarray(index * size, (index + 1) * size);
}
