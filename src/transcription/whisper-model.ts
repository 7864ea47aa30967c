import { OnnxSession, float32Tensor, int64Tensor } from '../inference/session.js';
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
   * Encodes clips and opens the decoding of their texts.
   *
   * @param mel float32 [clips, bands, frames]
   * @param frames frames of 10 ms, even, at most the model's `maxFrames`.
   * @param lengths of each clip, its own frames, even; what is after them fills the batch up and is not looked at.
   */
  encode(mel: Float32Array, frames: number, lengths: readonly number[]): Promise<BatchDecoding>;
  /** Frees the model's memory. Safe to call twice; not during a run. */
  release(): Promise<void>;
}

/** The decoding of a batch of texts, token by token. */
export interface BatchDecoding {
  /**
   * Takes the next tokens of each text and gives the logits of those that may follow.
   *
   * @param tokens [clips, count], row by row.
   * @returns float32 [clips, vocabulary], free to be overwritten; the next step does.
   * @throws TonalitetError `INFERENCE_FAILED`.
   */
  step(tokens: readonly number[]): Promise<Float32Array>;
  /** Goes on with some of the texts only. @param rows their places, in order. */
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
      outputs: ['logits', ...layerNames(config, 'present')],
    });
    return new WhisperModel(config, tokenizer, encoder, decoder);
  }

  async encode(mel: Float32Array, frames: number, lengths: readonly number[]): Promise<BatchDecoding> {
    const clips = lengths.length;
    const { nMels, heads, headSize } = this.config;
    const dims = [clips, heads, frames / 2, headSize];
    const size = dims.reduce((product, each) => product * each, 1);
    // Written into directly: they are the largest results, and copying them would hold them twice.
    const cross = Object.fromEntries(this.#crossNames.map((name) => [name, float32Tensor(new Float32Array(size), dims)]));
    await this.#encoder.run({ mel: float32Tensor(mel, [clips, nMels, frames]) }, cross);
    return new WhisperDecoding(this.config, this.#decoder, cross, crossMask(frames / 2, lengths), clips);
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }
}

/** It holds the keys and values of what was heard and of what was written. */
class WhisperDecoding implements BatchDecoding {
  readonly #decoder: OnnxSession;
  readonly #selfNames: readonly string[];
  readonly #presentNames: readonly string[];
  readonly #cache: KeyValueCache;
  readonly #vocabularySize: number;
  /** float32 [clips, heads, frames / 2, head size], keys and values of each layer */
  #cross: Tensors;
  /** float32 [clips, 1, 1, frames / 2]: 0, or far below for what fills the batch up */
  #mask: Tensor;
  /** float32 [clips, vocabulary], written anew by each step */
  #logits: Float32Array;
  #clips: number;

  constructor(config: WhisperConfig, decoder: OnnxSession, cross: Tensors, mask: Tensor, clips: number) {
    this.#decoder = decoder;
    this.#cross = cross;
    this.#mask = mask;
    this.#clips = clips;
    this.#selfNames = layerNames(config, 'self');
    this.#presentNames = layerNames(config, 'present');
    this.#cache = new KeyValueCache({ ...config, tensors: 2 * config.layers }, clips);
    this.#vocabularySize = config.vocabularySize;
    this.#logits = new Float32Array(clips * config.vocabularySize);
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    const count = tokens.length / this.#clips;
    const inputs = {
      tokens: int64Tensor(BigInt64Array.from(tokens, BigInt), [this.#clips, count]),
      position: int64Tensor(BigInt64Array.of(BigInt(this.#cache.length)), [1]),
      cross_mask: this.#mask,
      ...this.#cross,
      ...this.#cache.read(this.#selfNames),
    };
    const logits = float32Tensor(this.#logits, [this.#clips, this.#vocabularySize]);
    await this.#decoder.run(inputs, { logits, ...this.#cache.write(this.#presentNames, count) });
    this.#cache.advance(count);
    return this.#logits;
  }

  keep(rows: readonly number[]): void {
    this.#cross = mapTensors(this.#cross, (tensor) => takeRows(tensor, rows));
    this.#mask = takeRows(this.#mask, rows);
    this.#cache.keep(rows);
    this.#clips = rows.length;
    this.#logits = new Float32Array(rows.length * this.#vocabularySize);
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

/** Some rows of a float32 tensor's first axis. */
function takeRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const data = tensor.data as Float32Array;
  const size = data.length / (tensor.dims[0] ?? 1);
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, i) => taken.set(data.subarray(row * size, (row + 1) * size), i * size));
  return float32Tensor(taken, [rows.length, ...tensor.dims.slice(1)]);
}
