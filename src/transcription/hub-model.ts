import { OnnxSession, boolTensor, float32Output, float32Tensor, int64Tensor } from '../inference/session.js';
import type { Tensor, Tensors } from '../inference/session.js';
import { loadTokenizer } from '../inference/tokenizer.js';
import type { Tokenizer } from '../inference/tokenizer.js';
import { verifiedPath } from '../inference/verification.js';
import type { VerifiedModel } from '../inference/verification.js';
import { hubTokenizerPath, readHubConfig } from './hub-config.js';
import { KeyValueCache } from './key-value-cache.js';
import type { WhisperConfig } from './whisper-config.js';
import type { BatchDecoding, EncodedClips, SpeechModel } from './whisper-model.js';

/** Where a step stands in the text; newer exports ask for it, older ones count by themselves. */
const PLACE_INPUT = 'cache_position';

/**
 * A Whisper in the layout that hubs publish: two graphs as Optimum exports them, for clips of the whole window. It is slower than our
 * own layout, which hears no more than was said.
 */
export class HubModel implements SpeechModel {
  readonly config: WhisperConfig;
  readonly tokenizer: Tokenizer;
  readonly #encoder: OnnxSession;
  readonly #decoder: OnnxSession;

  private constructor(config: WhisperConfig, tokenizer: Tokenizer, encoder: OnnxSession, decoder: OnnxSession) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /**
   * @param threads threads for one operator, at least 1.
   * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
   */
  static async load(verified: VerifiedModel, threads: number): Promise<HubModel> {
    const tokenizer = await loadTokenizer(hubTokenizerPath(verified));
    const config = await readHubConfig(verified, tokenizer);
    const encoder = await OnnxSession.load({
      path: verifiedPath(verified, config.files.encoder),
      modelName: `${config.name} encoder`,
      threads,
      inputs: ['input_features'],
      outputs: ['last_hidden_state'],
    });
    const decoder = await OnnxSession.load({
      path: verifiedPath(verified, config.files.decoder),
      modelName: `${config.name} decoder`,
      threads,
      inputs: ['input_ids', 'encoder_hidden_states', 'use_cache_branch', ...cacheNames(config, 'past_key_values', 'decoder'), ...cacheNames(config, 'past_key_values', 'encoder')],
      optionalInputs: [PLACE_INPUT],
      outputs: ['logits', ...cacheNames(config, 'present', 'decoder'), ...cacheNames(config, 'present', 'encoder')],
    }).catch(async (error: unknown) => {
      await encoder.release();
      throw error;
    });
    return new HubModel(config, tokenizer, encoder, decoder);
  }

  /** Whatever the lengths, all of the window is heard: so these models were made. */
  async encode(mel: Float32Array, frames: number, lengths: readonly number[]): Promise<EncodedClips> {
    const { nMels, maxFrames, heads, headSize } = this.config;
    const hiddenSize = (maxFrames / 2) * heads * headSize;
    const hidden = new Float32Array(lengths.length * hiddenSize);
    const window = new Float32Array(nMels * maxFrames);
    // One clip at a time, which bounds the memory: a whole window of the encoder takes the most of all.
    for (let clip = 0; clip < lengths.length; clip++) {
      for (let band = 0; band < nMels; band++) {
        const row = mel.subarray((clip * nMels + band) * frames, (clip * nMels + band + 1) * frames);
        window.set(row, band * maxFrames);
        // The last frame is the silence behind the clip.
        window.fill(row[frames - 1]!, band * maxFrames + frames, (band + 1) * maxFrames);
      }
      const result = await this.#encoder.run({ input_features: float32Tensor(window, [1, nMels, maxFrames]) });
      hidden.set(float32Output(result, 'last_hidden_state', [1, maxFrames / 2, heads * headSize]), clip * hiddenSize);
    }
    const heard = float32Tensor(hidden, [lengths.length, maxFrames / 2, heads * headSize]);
    return {
      open: () => new HubDecoding(this.config, this.#decoder, heard),
      // Graphs of hubs do not give what the heads look at.
      attention: async () => undefined,
    };
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }
}

/** It holds the keys and values of what was heard, once the first step has made them, and of what was written. */
class HubDecoding implements BatchDecoding {
  readonly #config: WhisperConfig;
  readonly #decoder: OnnxSession;
  readonly #cache: KeyValueCache;
  readonly #names: Readonly<Record<'past' | 'present', Readonly<Record<'decoder' | 'encoder', readonly string[]>>>>;
  /** float32 [texts, frames / 2, state] */
  #hidden: Tensor;
  /** float32 [texts, heads, frames / 2, head size], keys and values of each layer; `undefined` before the first step */
  #heard: Tensors | undefined;
  /** float32 [texts, vocabulary], written anew by each step */
  #logits: Float32Array;
  #texts: number;

  constructor(config: WhisperConfig, decoder: OnnxSession, hidden: Tensor) {
    this.#config = config;
    this.#decoder = decoder;
    this.#hidden = hidden;
    this.#texts = hidden.dims[0]!;
    this.#cache = new KeyValueCache({ ...config, tensors: 2 * config.layers }, this.#texts);
    this.#logits = new Float32Array(this.#texts * config.vocabularySize);
    const names = (kind: 'past_key_values' | 'present') => ({ decoder: cacheNames(config, kind, 'decoder'), encoder: cacheNames(config, kind, 'encoder') });
    this.#names = { past: names('past_key_values'), present: names('present') };
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    const count = tokens.length / this.#texts;
    // One at a time: the branch with a past was made for one token, and where it takes more it may let a token look ahead.
    for (let i = 0; i < count; i++) await this.#stepOne(Array.from({ length: this.#texts }, (_, text) => tokens[text * count + i]!));
    return this.#logits;
  }

  keep(rows: readonly number[]): void {
    if (rows.length === this.#texts && rows.every((row, i) => row === i)) return;
    this.#hidden = takeRows(this.#hidden, rows);
    if (this.#heard !== undefined) this.#heard = Object.fromEntries(Object.entries(this.#heard).map(([name, tensor]) => [name, takeRows(tensor, rows)]));
    this.#cache.keep(rows);
    this.#texts = rows.length;
    this.#logits = new Float32Array(rows.length * this.#config.vocabularySize);
  }

  async #stepOne(tokens: readonly number[]): Promise<void> {
    const { heads, headSize, maxFrames, vocabularySize } = this.#config;
    const { past, present } = this.#names;
    const first = this.#heard === undefined;
    const nothing = float32Tensor(new Float32Array(0), [this.#texts, heads, 0, headSize]);
    const inputs: Record<string, Tensor> = {
      input_ids: int64Tensor(BigInt64Array.from(tokens, BigInt), [this.#texts, 1]),
      encoder_hidden_states: this.#hidden,
      use_cache_branch: boolTensor([!first], [1]),
      ...this.#cache.read(past.decoder),
      ...(this.#heard ?? Object.fromEntries(past.encoder.map((name) => [name, nothing]))),
    };
    if (this.#decoder.takes(PLACE_INPUT)) inputs[PLACE_INPUT] = int64Tensor(BigInt64Array.of(BigInt(this.#cache.length)), [1]);
    const outputs: Record<string, Tensor> = {
      logits: float32Tensor(this.#logits, [this.#texts, 1, vocabularySize]),
      ...this.#cache.write(present.decoder, 1),
    };
    const heard: Record<string, Tensor> = {};
    if (first) {
      const dims = [this.#texts, heads, maxFrames / 2, headSize];
      const size = dims.reduce((product, each) => product * each, 1);
      present.encoder.forEach((name, i) => {
        const tensor = float32Tensor(new Float32Array(size), dims);
        outputs[name] = tensor;
        heard[past.encoder[i]!] = tensor;
      });
    }
    await this.#decoder.run(inputs, outputs);
    if (first) this.#heard = heard;
    this.#cache.advance(1);
  }
}

/** Keys and values of each layer, in order. */
function cacheNames(config: WhisperConfig, kind: 'past_key_values' | 'present', side: 'decoder' | 'encoder'): readonly string[] {
  return Array.from({ length: config.layers }, (_, layer) => [`${kind}.${layer}.${side}.key`, `${kind}.${layer}.${side}.value`]).flat();
}

/** Some rows of a float32 tensor's first axis, in the order asked for. */
function takeRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const data = tensor.data as Float32Array;
  const size = data.length / tensor.dims[0]!;
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, i) => taken.set(data.subarray(row * size, (row + 1) * size), i * size));
  return float32Tensor(taken, [rows.length, ...tensor.dims.slice(1)]);
}
