import { alignTokens } from './alignment.js';
import { makeBatches } from './batches.js';
import { BeamSearch } from './beam-search.js';
import { GreedyDecoder, noSpeechProbability, promptTokens } from './decoding.js';
import type { DecodedText, DecodingOptions, Sampling } from './decoding.js';
import type { Hints } from './hints.js';
import { makeHypothesis } from './hypothesis.js';
import type { Hypothesis, WordPlaces } from './hypothesis.js';
import { HOP_SAMPLES, LogMel } from './log-mel.js';
import { SoundLevel } from './sound-level.js';
import type { BatchDecoding, EncodedClips, SpeechModel } from './whisper-model.js';

const SAMPLE_RATE_HZ = 16_000;
const FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES;

/** Samples and seconds of one of the encoder's frames. */
const ENCODED_SAMPLES = 2 * HOP_SAMPLES;
const ENCODED_S = ENCODED_SAMPLES / SAMPLE_RATE_HZ;

/**
 * The most tokens for a stretch. Fast Swedish speech takes about 8 a second of the multilingual vocabulary; beyond 14, and some to
 * start with, the model is making things up.
 */
const MAX_TOKENS_PER_S = 14;
const MAX_TOKENS_AT_LEAST = 24;

/** A stretch of speech to be recognised. */
export interface SpeechStretch {
  /** 16 kHz mono, finite, at most 30 s; not changed. */
  readonly samples: Float32Array;
  /** Looked at between steps: the stretch is left where it stands. */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
  /** A first impression of speech that still goes on: neither words nor last resorts. @default false */
  readonly draft?: boolean | undefined;
}

/** How stretches are decoded. */
export interface Attempt {
  /** Seconds of silence after the speech. */
  readonly tailS: number;
  /** See `TokenRuleOptions`. */
  readonly noRepeat: number;
  readonly timestamps: boolean;
  readonly words: boolean;
  readonly hints: Hints | undefined;
  readonly search: Search;
}

export type Search =
  | { readonly kind: 'greedy' }
  | { readonly kind: 'beam'; readonly beamSize: number; readonly lengthPenalty: number | undefined }
  /** The most probable of several texts that are drawn. */
  | { readonly kind: 'sample'; readonly sampling: Sampling; readonly texts: number };

interface Clip {
  readonly stretch: SpeechStretch;
  /** Frames of its speech and the silence after it; even. */
  readonly frames: number;
}

/** Stretches of speech to hypotheses, in the way that is asked for. */
export class StretchDecoder {
  readonly #model: SpeechModel;
  readonly #logMel: LogMel;

  constructor(model: SpeechModel) {
    this.#model = model;
    this.#logMel = new LogMel(model.config.nMels);
  }

  /** @returns without the stretches whose signal has fired. @throws TonalitetError `INFERENCE_FAILED` */
  async decode(stretches: readonly SpeechStretch[], attempt: Attempt): Promise<Map<SpeechStretch, Hypothesis>> {
    const hypotheses = new Map<SpeechStretch, Hypothesis>();
    const clips = stretches.map((stretch) => ({ stretch, frames: this.#frames(stretch.samples.length, attempt.tailS) }));
    // The texts of a search are a batch by themselves, which hears one clip.
    const batches = attempt.search.kind === 'greedy' ? makeBatches(clips, this.#model.config.batchFrames) : clips.map((clip) => [clip]);
    for (const batch of batches) {
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
    const { decoding, encoded } = await this.#encode(clips, attempt.words && clips.some(({ stretch }) => stretch.draft !== true));
    const prompt = promptTokens(config, attempt.timestamps);
    const firstLogits = await decoding.step(clips.map(() => prompt[0]!));
    const noSpeech = clips.map((_, i) => noSpeechProbability(config, row(firstLogits, i, config.vocabularySize)));
    const logits = await decoding.step(clips.flatMap(() => prompt.slice(1)));
    const { search } = attempt;
    const decoded = search.kind === 'greedy' ? await this.#follow(clips, decoding, logits, attempt) : [await this.#search(clips[0]!, decoding, logits, attempt, search)];
    for (const [i, clip] of clips.entries()) {
      if (isAborted(clip)) continue;
      const places = clip.stretch.draft === true ? undefined : encoded && (await this.#placeWords(encoded, i, clip, decoded[i]!));
      hypotheses.set(clip.stretch, makeHypothesis(this.#model, decoded[i]!, noSpeech[i]!, clip.stretch.samples.length / SAMPLE_RATE_HZ, places));
    }
  }

  /** @returns `encoded` only where it is needed once more: it is large, and decoding copies what it goes on with. */
  async #encode(clips: readonly Clip[], keep: boolean): Promise<{ readonly decoding: BatchDecoding; readonly encoded: EncodedClips | undefined }> {
    const { config } = this.#model;
    const frames = clips[0]!.frames;
    const clipSize = config.nMels * frames;
    const mel = new Float32Array(clips.length * clipSize);
    clips.forEach((clip, i) => this.#logMel.compute(clip.stretch.samples, clip.frames, mel.subarray(i * clipSize, (i + 1) * clipSize), frames));
    const encoded = await this.#model.encode(mel, frames, clips.map((clip) => clip.frames));
    return { decoding: encoded.open(), encoded: keep ? encoded : undefined };
  }

  /** One text for each clip, greedily. */
  async #follow(clips: readonly Clip[], decoding: BatchDecoding, firstLogits: Float32Array, attempt: Attempt): Promise<readonly DecodedText[]> {
    const { config } = this.#model;
    const decoders = clips.map((clip) => new GreedyDecoder(config, this.#options(clip, attempt)));
    let logits = firstLogits;
    /** Which clip is in each row of the batch. */
    let rows = clips.map((_, i) => i);
    for (;;) {
      let next = rows.map((clip, i) => (isAborted(clips[clip]!) ? config.tokens.endOfText : decoders[clip]!.next(row(logits, i, config.vocabularySize))));
      const open = rows.flatMap((clip, i) => (decoders[clip]!.endReason === undefined && !isAborted(clips[clip]!) ? [i] : []));
      if (open.length === 0) return decoders;
      // Copying what is left costs about as much as a few steps; until half has ended, the ended ones run along.
      if (open.length <= rows.length / 2) {
        decoding.keep(open);
        rows = open.map((i) => rows[i]!);
        next = open.map((i) => next[i]!);
      }
      logits = await decoding.step(next);
    }
  }

  /** The best of several texts of one clip. */
  async #search(clip: Clip, decoding: BatchDecoding, logits: Float32Array, attempt: Attempt, search: Exclude<Search, { kind: 'greedy' }>): Promise<DecodedText> {
    return search.kind === 'beam' ? this.#beam(clip, decoding, logits, attempt, search) : this.#draw(clip, decoding, logits, attempt, search);
  }

  async #beam(clip: Clip, decoding: BatchDecoding, firstLogits: Float32Array, attempt: Attempt, search: Extract<Search, { kind: 'beam' }>): Promise<DecodedText> {
    const { config } = this.#model;
    const beams = new BeamSearch(config, { ...this.#options(clip, attempt), beamSize: search.beamSize, lengthPenalty: search.lengthPenalty });
    let logits = firstLogits;
    let count = 1;
    while (!isAborted(clip)) {
      const { parents, tokens } = beams.next(Array.from({ length: count }, (_, i) => row(logits, i, config.vocabularySize)));
      if (beams.done) break;
      decoding.keep(parents);
      count = tokens.length;
      logits = await decoding.step(tokens);
    }
    return beams.best();
  }

  async #draw(clip: Clip, decoding: BatchDecoding, firstLogits: Float32Array, attempt: Attempt, search: Extract<Search, { kind: 'sample' }>): Promise<DecodedText> {
    const { config } = this.#model;
    const decoders = Array.from({ length: search.texts }, () => new GreedyDecoder(config, { ...this.#options(clip, attempt), sampling: search.sampling }));
    let rows = decoders;
    let next = rows.map((decoder) => decoder.next(firstLogits.slice()));
    // Each row a text from here on, which all began alike.
    let places = rows.map(() => 0);
    while (!isAborted(clip)) {
      const open = rows.flatMap(({ endReason }, i) => (endReason === undefined ? [i] : []));
      if (open.length === 0) break;
      decoding.keep(open.map((i) => places[i]!));
      rows = open.map((i) => rows[i]!);
      places = rows.map((_, i) => i);
      const logits = await decoding.step(open.map((i) => next[i]!));
      next = rows.map((decoder, i) => decoder.next(row(logits, i, config.vocabularySize)));
    }
    return decoders.reduce((best, each) => (isBetter(each, best) ? each : best));
  }

  #options(clip: Clip, { timestamps, noRepeat, hints }: Attempt): DecodingOptions {
    return { timestamps, noRepeat, hints, maxTokens: this.#maxTokens(clip.stretch) };
  }

  #maxTokens(stretch: SpeechStretch): number {
    const wanted = MAX_TOKENS_AT_LEAST + Math.ceil((stretch.samples.length / SAMPLE_RATE_HZ) * MAX_TOKENS_PER_S);
    // Half of the decoder's places, as in the reference, whose other half is for a prompt.
    return Math.min(wanted, this.#model.config.maxTokens / 2);
  }

  async #placeWords(encoded: EncodedClips, clip: number, { stretch }: Clip, decoded: DecodedText): Promise<WordPlaces | undefined> {
    const { config } = this.#model;
    const words = decoded.tokens.filter((token) => token < config.tokens.timestampBegin);
    if (words.length === 0) return undefined;
    const prompt = promptTokens(config, false);
    const tokens = [...prompt, ...words];
    const frames = Math.min(Math.max(1, Math.ceil(stretch.samples.length / ENCODED_SAMPLES)), config.maxFrames / 2);
    const scores = await encoded.attention(clip, tokens, frames);
    if (scores === undefined) return undefined;
    const shape = { heads: scores.length / tokens.length / frames, tokens: tokens.length, frames };
    const tokenStarts = alignTokens(scores, shape, prompt.length - 1).map((frame) => frame * ENCODED_S);
    const level = new SoundLevel(stretch.samples);
    return { tokenStarts, around: (atS) => level.around(atS) };
  }
}

function isBetter(a: DecodedText, b: DecodedText): boolean {
  if ((a.endReason === 'end') !== (b.endReason === 'end')) return a.endReason === 'end';
  return a.meanLogProbability > b.meanLogProbability;
}

function isAborted({ stretch }: Clip): boolean {
  return stretch.signal?.aborted === true;
}

function row(values: Float32Array, index: number, size: number): Float32Array {
  return values.subarray(index * size, (index + 1) * size);
}
