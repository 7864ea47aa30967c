import { TonalitetError } from '../errors.js';
import { OnnxSession, float32Output, int64Tensor } from '../inference/session.js';
import type { Tensors } from '../inference/session.js';
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

/** Windows in one run of the graph. It bounds memory; more at once are not faster on few cores. */
const MAX_ROWS = 16;

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
    const rows = texts.flatMap((text, index) => (hasWords(text) ? this.#encoder.encode(text).map(({ tokens }) => ({ index, tokens })) : []));
    // Neighbours of like length leave little to padding.
    rows.sort((a, b) => a.tokens.length - b.tokens.length);
    const windows = texts.map((): WindowLogits[] => []);
    for (let start = 0; start < rows.length; start += MAX_ROWS) {
      if (shouldStop()) throw new TonalitetError('ABORTED', 'The classification was stopped before its end, because nobody waits for it any longer.');
      const batch = rows.slice(start, start + MAX_ROWS);
      const logits = await this.#run(batch.map((row) => row.tokens));
      logits.forEach((window, i) => windows[batch[i]!.index]!.push(window));
    }
    return windows.map((own) => (own.length === 0 ? emptyVerdict('no_text') : decide(own, this.#config.thresholds)));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(rows: readonly (readonly number[])[]): Promise<WindowLogits[]> {
    const length = Math.max(...rows.map((row) => row.length));
    const ids = new BigInt64Array(rows.length * length).fill(BigInt(this.#config.padTokenId));
    const mask = new BigInt64Array(rows.length * length);
    rows.forEach((row, i) => {
      row.forEach((token, j) => {
        ids[i * length + j] = BigInt(token);
        mask[i * length + j] = 1n;
      });
    });
    const dims = [rows.length, length];
    const outputs = await this.#session.run({
      /** int64 [batch, tokens] */
      input_ids: int64Tensor(ids, dims),
      /** int64 [batch, tokens]: 1, and 0 for padding */
      attention_mask: int64Tensor(mask, dims),
    });
    return splitOutputs(outputs, rows);
  }
}

function splitOutputs(outputs: Tensors, rows: readonly (readonly number[])[]): WindowLogits[] {
  const areaOutputs = 1 + TONALITIES.length;
  const tonality = float32Output(outputs, 'tonality', [rows.length, TONALITIES.length]);
  const areas = float32Output(outputs, 'areas', [rows.length, AREAS.length, areaOutputs]);
  const services = float32Output(outputs, 'services', [rows.length, SERVICES.length]);
  const opinion = float32Output(outputs, 'opinion', [rows.length, 1]);
  return rows.map((row, i) => ({
    weight: row.length,
    tonality: tonality.subarray(i * TONALITIES.length, (i + 1) * TONALITIES.length),
    areas: areas.subarray(i * AREAS.length * areaOutputs, (i + 1) * AREAS.length * areaOutputs),
    services: services.subarray(i * SERVICES.length, (i + 1) * SERVICES.length),
    opinion: opinion[i]!,
  }));
}

/** Punctuation and emoji alone say nothing that this model can read. */
function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
