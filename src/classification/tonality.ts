import { TonalitetError } from '../errors.js';
import { OnnxSession, float32Output, int64Tensor } from '../inference/session.js';
import { loadTokenizer } from '../inference/tokenizer.js';
import { verifiedPath } from '../inference/verification.js';
import type { VerifiedModel } from '../inference/verification.js';
import { decide, emptyVerdict } from './decision.js';
import type { WindowLogits } from './decision.js';
import { AREAS, SERVICES, TONALITIES } from './labels.js';
import { WindowedTextEncoder } from './text-encoder.js';
import { readTonalityConfig } from './tonality-config.js';
import type { TonalityConfig } from './tonality-config.js';
import type { Verdict } from './verdict.js';

/** The files in the model's folder. */
const CONFIG_FILE = 'config.json';
const TOKENIZER_FILE = 'tokenizer.json';
const GRAPH_FILE = 'tonality.int8.onnx';

const OUTPUTS = ['tonality', 'areas', 'services', 'opinion'] as const;

export interface ClassifyOptions {
  /** Asked before each run; true ends the work with `ABORTED`. */
  readonly shouldStop: () => boolean;
}

/** The tonality model: texts in, verdicts out. It sees words only, never a voice. */
export class TonalityClassifier {
  readonly #session: OnnxSession;
  readonly #encoder: WindowedTextEncoder;
  readonly #config: TonalityConfig;

  private constructor(session: OnnxSession, encoder: WindowedTextEncoder, config: TonalityConfig) {
    this.#session = session;
    this.#encoder = encoder;
    this.#config = config;
  }

  /**
   * Loads the model.
   *
   * @param threads threads that one run may use, at least 1.
   * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
   */
  static async load(verified: VerifiedModel, threads: number): Promise<TonalityClassifier> {
    const config = await readTonalityConfig(verifiedPath(verified, CONFIG_FILE));
    const encoder = new WindowedTextEncoder(await loadTokenizer(verifiedPath(verified, TOKENIZER_FILE)), config);
    const session = await OnnxSession.load({
      path: verifiedPath(verified, GRAPH_FILE),
      modelName: verified.model.name,
      threads,
      inputs: ['input_ids', 'attention_mask'],
      outputs: OUTPUTS,
    });
    return new TonalityClassifier(session, encoder, config);
  }

  /**
   * One verdict for each text, in order. Texts of any length: long ones are judged in windows, and the verdict is on the whole.
   *
   * @throws TonalitetError `INFERENCE_FAILED`, `MODEL_INVALID`, `ABORTED`.
   */
  async classify(texts: readonly string[], { shouldStop }: ClassifyOptions): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const text of texts) {
      const windows: WindowLogits[] = [];
      for (const { tokens } of hasWords(text) ? this.#encoder.encode(text) : []) {
        if (shouldStop()) throw new TonalitetError('ABORTED', 'The classification was stopped before its end, because nobody waits for it any longer.');
        windows.push(await this.#run(tokens));
      }
      verdicts.push(windows.length === 0 ? emptyVerdict('no_text') : decide(windows, this.#config.thresholds));
    }
    return verdicts;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  /**
   * Each window by itself. In one run together they would be faster by a quarter, but the model is quantised by the range of all
   * values in a run: probabilities were seen to move by up to 0.17 with the company that a text was in.
   */
  async #run(tokens: readonly number[]): Promise<WindowLogits> {
    const dims = [1, tokens.length];
    const outputs = await this.#session.run({
      /** int64 [1, tokens] */
      input_ids: int64Tensor(BigInt64Array.from(tokens, BigInt), dims),
      /** int64 [1, tokens]: 1, there is no padding */
      attention_mask: int64Tensor(new BigInt64Array(tokens.length).fill(1n), dims),
    });
    return {
      weight: tokens.length,
      tonality: float32Output(outputs, 'tonality', [1, TONALITIES.length]),
      areas: float32Output(outputs, 'areas', [1, AREAS.length, 1 + TONALITIES.length]),
      services: float32Output(outputs, 'services', [1, SERVICES.length]),
      opinion: float32Output(outputs, 'opinion', [1, 1])[0]!,
    };
  }
}

/** Punctuation and emoji alone say nothing that this model can read. */
function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
