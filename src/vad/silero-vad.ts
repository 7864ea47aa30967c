import { OnnxSession, float32Output, float32Tensor } from '../inference/session.js';
import type { Tensor } from '../inference/session.js';
import { FRAME_SAMPLES } from './segmenter.js';
import type { FrameClassifier } from './speech-finder.js';

/** Samples before each frame that the model must see with it, at 16 kHz. Without them it fails without a word. */
const CONTEXT_SAMPLES = 64;

const WINDOW_SAMPLES = CONTEXT_SAMPLES + FRAME_SAMPLES;

/** Frames in one run; bounds the work space (half a megabyte) and how long a run blocks. */
const MAX_FRAMES_AT_ONCE = 256;

/** float32 [2, 1, 128]: hidden and cell state of the model's LSTM */
const STATE_DIMS = [2, 1, 128] as const;
const STATE_SIZE = 2 * 128;

/** The graph's file in the model's folder. */
export const VAD_FILE = 'silero-vad.onnx';

/** Silero VAD, version 5, for 16 kHz: the probability of speech in frames of 32 ms. One of these serves many streams. */
export class SileroVad {
  readonly #session: OnnxSession;

  private constructor(session: OnnxSession) {
    this.#session = session;
  }

  /**
   * @param path the absolute path of the verified ONNX file.
   * @throws TonalitetError `MODEL_INVALID`.
   */
  static async load(path: string): Promise<SileroVad> {
    // The model is too small for more than one thread to help.
    const options = { path, modelName: 'silero-vad', threads: 1, inputs: ['input', 'state'], outputs: ['output', 'stateN'] };
    return new SileroVad(await OnnxSession.load(options));
  }

  /** Starts a stream of its own; it holds a few kilobytes. */
  openStream(): FrameClassifier {
    return new VadStream(this.#session);
  }

  /** Frees the model's memory, for all streams. Safe to call twice; not during a `push`. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** One stream's frames, in order. It owns what the model remembers of it. */
class VadStream implements FrameClassifier {
  readonly #session: OnnxSession;
  /** The end of the last frame. */
  readonly #context = new Float32Array(CONTEXT_SAMPLES);
  #state: Tensor = newState();
  #fresh = true;

  constructor(session: OnnxSession) {
    this.#session = session;
  }

  /**
   * Digital silence (all samples exactly 0, as lines without comfort noise send it) costs nothing: its probability is 0, and
   * what follows it is heard as the beginning of a stream.
   *
   * @throws TonalitetError `INFERENCE_FAILED`.
   */
  async push(samples: Float32Array): Promise<Float32Array> {
    if (samples.length % FRAME_SAMPLES !== 0) {
      throw new RangeError(`expected a multiple of ${FRAME_SAMPLES} samples, got ${samples.length}`);
    }
    const frames = samples.length / FRAME_SAMPLES;
    const probabilities = new Float32Array(frames);
    // Frames that are not silent, from here on, wait to be run together.
    let from = 0;
    for (let frame = 0; frame < frames; frame++) {
      const silent = this.#isSilent(samples, frame);
      if (silent || frame - from === MAX_FRAMES_AT_ONCE) {
        await this.#run(samples, from, frame, probabilities);
        from = silent ? frame + 1 : frame;
      }
      if (silent && !this.#fresh) {
        this.#state = newState();
        this.#fresh = true;
      }
    }
    await this.#run(samples, from, frames, probabilities);
    if (frames > 0) this.#context.set(samples.subarray(samples.length - CONTEXT_SAMPLES));
    return probabilities;
  }

  async #run(samples: Float32Array, from: number, to: number, probabilities: Float32Array): Promise<void> {
    const frames = to - from;
    if (frames === 0) return;
    const windows = new Float32Array(frames * WINDOW_SAMPLES);
    for (let frame = from; frame < to; frame++) {
      const at = (frame - from) * WINDOW_SAMPLES;
      windows.set(this.#contextOf(samples, frame), at);
      windows.set(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), at + CONTEXT_SAMPLES);
    }
    const outputs = await this.#session.run({ input: float32Tensor(windows, [frames, WINDOW_SAMPLES]), state: this.#state });
    float32Output(outputs, 'stateN', STATE_DIMS);
    this.#state = outputs['stateN']!;
    this.#fresh = false;
    probabilities.set(float32Output(outputs, 'output', [frames]), from);
  }

  #contextOf(samples: Float32Array, frame: number): Float32Array {
    return frame === 0 ? this.#context : samples.subarray(frame * FRAME_SAMPLES - CONTEXT_SAMPLES, frame * FRAME_SAMPLES);
  }

  #isSilent(samples: Float32Array, frame: number): boolean {
    for (let i = frame * FRAME_SAMPLES; i < (frame + 1) * FRAME_SAMPLES; i++) if (samples[i] !== 0) return false;
    return this.#contextOf(samples, frame).every((sample) => sample === 0);
  }
}

/** The state at the start of a stream. */
function newState(): Tensor {
  return float32Tensor(new Float32Array(STATE_SIZE), STATE_DIMS);
}
