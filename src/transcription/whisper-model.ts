import { OnnxSession, float32Output, float32Tensor, int64Tensor } from '../inference/session.js';
import type { Tensor, Tensors } from '../inference/session.js';
import { loadTokenizer } from '../inference/tokenizer.js';
import type { Tokenizer } from '../inference/tokenizer.js';
import { verifiedPath } from '../inference/verification.js';
import type { VerifiedModel } from '../inference/verification.js';
import { KeyValueCache } from './key-value-cache.js';
import { readWhisperConfig } from './whisper-config.js';
import type { WhisperConfig } from './whisper-config.js';

const CONFIG_FILE = 'config.json';

/** Added to the attention scores of places that must not be looked at. */
const MASKED = -1e9;

/** What a transcriber needs of a speech model. */
export interface SpeechModel {
  readonly config: WhisperConfig;
  readonly tokenizer: Tokenizer;
  /**
   * Encodes clips.
   *
   * @param mel float32 [clips, bands, frames]
   * @param frames frames of 10 ms, even, at most the model's `maxFrames`.
   * @param lengths of each clip, its own frames, even; what is after them fills the batch up and is not looked at.
   */
  encode(mel: Float32Array, frames: number, lengths: readonly number[]): Promise<EncodedClips>;
  /** Frees the model's memory. Safe to call twice; not during a run. */
  release(): Promise<void>;
}

/** Clips that were heard, whose texts can be decoded, more than once too. */
export interface EncodedClips {
  /**
   * Opens the decoding of a text for each clip, from the beginning. Where there is one clip, its row may become several with
   * {@link BatchDecoding.keep}, which all hear it.
   */
  open(): BatchDecoding;
  /**
   * Where in the sound each token of a clip's text looks, by the heads that follow it.
   *
   * @param tokens prompt and text.
   * @param frames encoder frames of 20 ms that are looked at.
   * @returns scores before the softmax, float32 [heads, tokens, frames]; the row of a token tells where the next one is. `undefined`
   *   where the model does not tell.
   * @throws TonalitetError `INFERENCE_FAILED`.
   */
  attention(clip: number, tokens: readonly number[], frames: number): Promise<Float32Array | undefined>;
}

/** The decoding of a batch of texts, token by token. */
export interface BatchDecoding {
  /**
   * Takes the next tokens of each text and gives the logits of those that may follow.
   *
   * @param tokens [texts, count], row by row.
   * @returns float32 [texts, vocabulary], free to be overwritten; the next step does.
   * @throws TonalitetError `INFERENCE_FAILED`.
   */
  step(tokens: readonly number[]): Promise<Float32Array>;
  /** Goes on with some of the texts, or with some of them several times. @param rows their places, in order. */
  keep(rows: readonly number[]): void;
}

/** Whisper's two graphs and what belongs to them. Tensors in, tensors out; the rules are elsewhere. */
export class WhisperModel implements SpeechModel {
  readonly config: WhisperConfig;
  readonly tokenizer: Tokenizer;
  readonly #encoder: OnnxSession;
  readonly #decoder: OnnxSession;
  readonly #crossNames: readonly string[];

  private constructor(config: WhisperConfig, tokenizer: Tokenizer, encoder: OnnxSession, decoder: OnnxSession) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#crossNames = layerNames(config, 'cross');
  }

  /**
   * @param threads threads for one operator, at least 1.
   * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
   */
  static async load(verified: VerifiedModel, threads: number): Promise<WhisperModel> {
    const config = await readWhisperConfig(verifiedPath(verified, CONFIG_FILE));
    const tokenizer = await loadTokenizer(verifiedPath(verified, config.files.tokenizer));
    const cross = layerNames(config, 'cross');
    const encoder = await OnnxSession.load({
      path: verifiedPath(verified, config.files.encoder),
      modelName: `${config.name} encoder`,
      threads,
      inputs: ['mel'],
      outputs: cross,
    });
    const decoder = await OnnxSession.load({
      path: verifiedPath(verified, config.files.decoder),
      modelName: `${config.name} decoder`,
      threads,
      inputs: ['tokens', 'position', 'cross_mask', ...cross, ...layerNames(config, 'self')],
      outputs: ['logits', ...layerNames(config, 'present'), ...alignmentLayers(config).map(queryName)],
    });
    return new WhisperModel(config, tokenizer, encoder, decoder);
  }

  async encode(mel: Float32Array, frames: number, lengths: readonly number[]): Promise<EncodedClips> {
    const clips = lengths.length;
    const { nMels, heads, headSize } = this.config;
    const dims = [clips, heads, frames / 2, headSize];
    const size = dims.reduce((product, each) => product * each, 1);
    // Written into directly: they are the largest results, and copying them would hold them twice.
    const cross = Object.fromEntries(this.#crossNames.map((name) => [name, float32Tensor(new Float32Array(size), dims)]));
    await this.#encoder.run({ mel: float32Tensor(mel, [clips, nMels, frames]) }, cross);
    return new WhisperClips(this.config, this.#decoder, cross, crossMask(frames / 2, lengths), clips);
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }
}

/** It holds the keys and values of what was heard. */
class WhisperClips implements EncodedClips {
  readonly #config: WhisperConfig;
  readonly #decoder: OnnxSession;
  /** float32 [clips, heads, frames / 2, head size], keys and values of each layer */
  readonly #cross: Tensors;
  /** float32 [clips, 1, 1, frames / 2]: 0, or far below for what fills the batch up */
  readonly #mask: Tensor;
  readonly #clips: number;

  constructor(config: WhisperConfig, decoder: OnnxSession, cross: Tensors, mask: Tensor, clips: number) {
    this.#config = config;
    this.#decoder = decoder;
    this.#cross = cross;
    this.#mask = mask;
    this.#clips = clips;
  }

  open(): BatchDecoding {
    return new WhisperDecoding(this.#config, this.#decoder, this.#cross, this.#mask, this.#clips);
  }

  async attention(clip: number, tokens: readonly number[], frames: number): Promise<Float32Array | undefined> {
    const layers = alignmentLayers(this.#config);
    if (layers.length === 0) return undefined;
    const { heads, headSize, layers: depth, alignmentHeads = [] } = this.#config;
    const cross = this.#crossOf(clip);
    const cache = new KeyValueCache({ ...this.#config, tensors: 2 * depth }, 1);
    const inputs = {
      tokens: int64Tensor(BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
      position: int64Tensor(BigInt64Array.of(0n), [1]),
      cross_mask: rowsOf(this.#mask, clip, 1),
      ...cross,
      ...cache.read(layerNames(this.#config, 'self')),
    };
    const queries = await this.#decoder.run(inputs, layers.map(queryName));
    const scores = new Float32Array(alignmentHeads.length * tokens.length * frames);
    alignmentHeads.forEach(([layer, head], i) => {
      const query = float32Output(queries, queryName(layer), [1, tokens.length, heads * headSize]);
      const keys = cross[`cross_key_${layer}`]!;
      const places = keys.dims[2]!;
      const from = head * places * headSize;
      const own = (keys.data as Float32Array).subarray(from, from + places * headSize);
      tokens.forEach((_, token) => {
        const start = token * heads * headSize + head * headSize;
        scoreRow(query.subarray(start, start + headSize), own, scores.subarray((i * tokens.length + token) * frames, (i * tokens.length + token + 1) * frames));
      });
    });
    return scores;
  }

  #crossOf(clip: number): Tensors {
    return this.#clips === 1 ? this.#cross : mapTensors(this.#cross, (tensor) => rowsOf(tensor, clip, 1));
  }
}

/** It holds the keys and values of what was heard and of what was written. */
class WhisperDecoding implements BatchDecoding {
  readonly #decoder: OnnxSession;
  readonly #selfNames: readonly string[];
  readonly #presentNames: readonly string[];
  readonly #cache: KeyValueCache;
  readonly #vocabularySize: number;
  /** float32 [clips, heads, frames / 2, head size]; a single clip is heard by all texts, without a copy for each */
  #cross: Tensors;
  /** float32 [clips, 1, 1, frames / 2] */
  #mask: Tensor;
  /** float32 [texts, vocabulary], written anew by each step */
  #logits: Float32Array;
  readonly #single: boolean;
  #texts: number;

  constructor(config: WhisperConfig, decoder: OnnxSession, cross: Tensors, mask: Tensor, clips: number) {
    this.#decoder = decoder;
    this.#cross = cross;
    this.#mask = mask;
    this.#single = clips === 1;
    this.#texts = clips;
    this.#selfNames = layerNames(config, 'self');
    this.#presentNames = layerNames(config, 'present');
    this.#cache = new KeyValueCache({ ...config, tensors: 2 * config.layers }, clips);
    this.#vocabularySize = config.vocabularySize;
    this.#logits = new Float32Array(clips * config.vocabularySize);
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    const count = tokens.length / this.#texts;
    const inputs = {
      tokens: int64Tensor(BigInt64Array.from(tokens, BigInt), [this.#texts, count]),
      position: int64Tensor(BigInt64Array.of(BigInt(this.#cache.length)), [1]),
      cross_mask: this.#mask,
      ...this.#cross,
      ...this.#cache.read(this.#selfNames),
    };
    const logits = float32Tensor(this.#logits, [this.#texts, this.#vocabularySize]);
    await this.#decoder.run(inputs, { logits, ...this.#cache.write(this.#presentNames, count) });
    this.#cache.advance(count);
    return this.#logits;
  }

  keep(rows: readonly number[]): void {
    if (!this.#single) {
      this.#cross = mapTensors(this.#cross, (tensor) => takeRows(tensor, rows));
      this.#mask = takeRows(this.#mask, rows);
    }
    this.#cache.keep(rows);
    if (rows.length !== this.#texts) this.#logits = new Float32Array(rows.length * this.#vocabularySize);
    this.#texts = rows.length;
  }
}

function layerNames(config: WhisperConfig, part: 'cross' | 'self' | 'present'): readonly string[] {
  return Array.from({ length: config.layers }, (_, layer) => [`${part}_key_${layer}`, `${part}_value_${layer}`]).flat();
}

function crossMask(places: number, lengths: readonly number[]): Tensor {
  const mask = new Float32Array(lengths.length * places);
  lengths.forEach((length, clip) => mask.fill(MASKED, clip * places + length / 2, (clip + 1) * places));
  return float32Tensor(mask, [lengths.length, 1, 1, places]);
}

function mapTensors(tensors: Tensors, change: (tensor: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}

/** The layers of the heads that follow the sound, each once, in order. */
function alignmentLayers({ alignmentHeads = [] }: WhisperConfig): readonly number[] {
  return [...new Set(alignmentHeads.map(([layer]) => layer))].sort((a, b) => a - b);
}

function queryName(layer: number): string {
  return `cross_query_${layer}`;
}

/** The products of a query with the first keys. @param keys float32 [places, size] */
function scoreRow(query: Float32Array, keys: Float32Array, scores: Float32Array): void {
  const size = query.length;
  for (let place = 0; place < scores.length; place++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += query[i]! * keys[place * size + i]!;
    scores[place] = sum;
  }
}

/** Neighbouring rows of a float32 tensor's first axis, without a copy. */
function rowsOf(tensor: Tensor, from: number, count: number): Tensor {
  const data = tensor.data as Float32Array;
  const size = data.length / (tensor.dims[0] ?? 1);
  return float32Tensor(data.subarray(from * size, (from + count) * size), [count, ...tensor.dims.slice(1)]);
}

/** Some rows of a float32 tensor's first axis. */
function takeRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const data = tensor.data as Float32Array;
  const size = data.length / (tensor.dims[0] ?? 1);
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, i) => taken.set(data.subarray(row * size, (row + 1) * size), i * size));
  return float32Tensor(taken, [rows.length, ...tensor.dims.slice(1)]);
}
