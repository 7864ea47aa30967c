import { OnnxSession, float32Output, float32Tensor, int64Tensor } from '../inference/session.js';
import type { Tensor } from '../inference/session.js';
import { FRAME_SAMPLES } from './segmenter.js';

/** Samples before each frame that the model must see with it, at 16 kHz. Without them it fails without a word. */
const CONTEXT_SAMPLES = 64;

const WINDOW_SAMPLES = CONTEXT_SAMPLES + FRAME_SAMPLES;

/** Two layers of state, 128 wide. */
const STATE_DIMS = [2, 1, 128] as const;
const STATE_SIZE = 2 * 128;

/** The file in the model's folder. */
export const VAD_FILE = 'silero_vad_v5.onnx';

/** Silero VAD, version 5: the probability of speech in frames of 32 ms. One of these serves many streams. */
export class SileroVad {
  readonly #session: OnnxSession;
  /** int64 []: 16,000 */
  readonly #sampleRate: Tensor = int64Tensor(BigInt64Array.of(16_000n), []);

  private constructor(session: OnnxSession) {
    this.#session = session;
  }

  /**
   * @param path the absolute path of the verified ONNX file.
   * @throws TonalitetError `MODEL_INVALID`.
   */
  static async load(path: string): Promise<SileroVad> {
    // The model is too small for more than one thread to help.
    const options = { path, modelName: 'silero-vad', threads: 1, inputs: ['input', 'state', 'sr'], outputs: ['output', 'stateN'] };
    return new SileroVad(await OnnxSession.load(options));
  }

  /** Starts a stream of its own. */
  openStream(): VadStream {
    return new VadStream(this.#session, this.#sampleRate);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** One stream's frames, in order. It owns what the model remembers of it. */
export class VadStream {
  readonly #session: OnnxSession;
  readonly #sampleRate: Tensor;
  /** float32 [1, 576]: the end of the frame before, and the frame */
  readonly #window = new Float32Array(WINDOW_SAMPLES);
  readonly #input: Tensor;
  /** float32 [2, 1, 128] */
  #state: Tensor = newState();
  #fresh = true;

  constructor(session: OnnxSession, sampleRate: Tensor) {
    this.#session = session;
    this.#sampleRate = sampleRate;
    this.#input = float32Tensor(this.#window, [1, WINDOW_SAMPLES]);
  }

  /**
   * Takes the next frames and gives a probability for each. One call at a time.
   *
   * Digital silence (all samples exactly 0, as lines without comfort noise send it) costs nothing: its probability is 0, and
   * what follows it is heard as the beginning of a stream.
   *
   * @param samples a whole number of frames of {@link FRAME_SAMPLES} samples at 16 kHz.
   * @throws TonalitetError `INFERENCE_FAILED`.
   */
  async push(samples: Float32Array): Promise<Float32Array> {
    if (samples.length % FRAME_SAMPLES !== 0) {
      throw new RangeError(`expected a multiple of ${FRAME_SAMPLES} samples, got ${samples.length}`);
    }
    const probabilities = new Float32Array(samples.length / FRAME_SAMPLES);
    for (let i = 0; i < probabilities.length; i++) {
      probabilities[i] = await this.#next(samples.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES));
    }
    return probabilities;
  }

  async #next(frame: Float32Array): Promise<number> {
    this.#window.copyWithin(0, FRAME_SAMPLES);
    this.#window.set(frame, CONTEXT_SAMPLES);
    if (this.#window.every((sample) => sample === 0)) {
      if (!this.#fresh) this.#state = newState();
      this.#fresh = true;
      return 0;
    }
    this.#fresh = false;
    const outputs = await this.#session.run({ input: this.#input, state: this.#state, sr: this.#sampleRate });
    float32Output(outputs, 'stateN', STATE_DIMS);
    this.#state = outputs['stateN']!;
    const probability = float32Output(outputs, 'output', [1, 1])[0]!;
    return probability;
  }
}

function newState(): Tensor {
  return float32Tensor(new Float32Array(STATE_SIZE), STATE_DIMS);
}
