import * as ort from 'onnxruntime-node';
import { TonalitetError } from '../errors.js';

/** A tensor on the CPU. One that came out of a session goes back into the next run as it is, without a copy in JavaScript. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Uint8Array;
}

type Feeds = ort.InferenceSession.FeedsType;

/** Tensors by their names in the graph. */
export type Tensors = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  /** The absolute path of a verified ONNX file. */
  readonly path: string;
  /** For error messages. */
  readonly modelName: string;
  /** Threads that one operator may use, at least 1. Graphs run one operator after another. */
  readonly threads: number;
  /** Names that the graph must have, no more and no less, ... */
  readonly inputs: readonly string[];
  /** ... except for these, which it may have. @default none */
  readonly optionalInputs?: readonly string[];
  /** Names that the graph must give; it may give others as well. */
  readonly outputs: readonly string[];
}

/** ONNX Runtime's level for fatal errors: all others are thrown as well, and would go to stderr unasked. */
const LOG_FATAL_ONLY = 4;

/** float32 [dims]. The array is used as it is, not copied. */
export function float32Tensor(data: Float32Array, dims: readonly number[]): Tensor {
  return new ort.Tensor('float32', data, dims);
}

/** int64 [dims]. The array is used as it is, not copied. */
export function int64Tensor(data: BigInt64Array, dims: readonly number[]): Tensor {
  return new ort.Tensor('int64', data, dims);
}

/** bool [dims]. */
export function boolTensor(values: readonly boolean[], dims: readonly number[]): Tensor {
  return new ort.Tensor('bool', values, dims);
}

/** A loaded graph. Runs block the thread (ONNX Runtime's binding is synchronous), so it belongs in a worker thread. */
export class OnnxSession {
  readonly #session: ort.InferenceSession;
  readonly #modelName: string;
  readonly #outputs: readonly string[];
  #released = false;

  private constructor(session: ort.InferenceSession, options: SessionOptions) {
    this.#session = session;
    this.#modelName = options.modelName;
    this.#outputs = options.outputs;
  }

  /**
   * Loads a graph and checks the names at its edge.
   *
   * @throws TonalitetError `MODEL_INVALID`.
   */
  static async load(options: SessionOptions): Promise<OnnxSession> {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      throw new RangeError(`expected threads to be an integer of at least 1, got ${String(options.threads)}`);
    }
    let session: ort.InferenceSession;
    try {
      session = await ort.InferenceSession.create(options.path, {
        executionProviders: ['cpu'],
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        // The arena keeps the most that a run ever took. Without it, Whisper base took 70 MB less at 30 s and was as fast.
        enableCpuMemArena: false,
        // Threads that spin while they wait for work would take the core from the next worker.
        extra: { session: { intra_op: { allow_spinning: options.threads > 1 ? '1' : '0' } } },
        logSeverityLevel: LOG_FATAL_ONLY,
      });
    } catch (error) {
      throw new TonalitetError(
        'MODEL_INVALID',
        `Expected '${options.path}' (model '${options.modelName}') to be an ONNX graph that this version can run, but ONNX Runtime refused it. ` +
          'Restore the models folder, or make the model again with its recipe.',
        { cause: error },
      );
    }
    const optional = options.optionalInputs ?? [];
    const expectedInputs = [...options.inputs].sort().join(', ');
    const gotInputs = session.inputNames.filter((name) => options.inputs.includes(name) || !optional.includes(name)).sort().join(', ');
    const missing = options.outputs.filter((name) => !session.outputNames.includes(name));
    if (expectedInputs !== gotInputs || missing.length > 0) {
      await session.release();
      throw new TonalitetError(
        'MODEL_INVALID',
        `Expected '${options.path}' (model '${options.modelName}') to take ${expectedInputs} and give ${options.outputs.join(', ')}, ` +
          `got ${gotInputs} and ${session.outputNames.join(', ')}. Use a model of this version.`,
      );
    }
    const half = session.inputMetadata.find((input) => input.isTensor && input.type === 'float16');
    if (half !== undefined) {
      await session.release();
      throw new TonalitetError(
        'MODEL_INVALID',
        `Expected '${options.path}' (model '${options.modelName}') to take float32, got float16 for '${half.name}'. Use the float32 or the quantized files.`,
      );
    }
    return new OnnxSession(session, options);
  }

  /** Whether the graph has an input of this name. */
  takes(input: string): boolean {
    return this.#session.inputNames.includes(input);
  }

  /**
   * Runs the graph.
   *
   * @param outputs what to give, of the outputs named at loading: their names (all by default), or tensors of the right
   *   dimensions that the results are written into.
   * @throws TonalitetError `INFERENCE_FAILED`, `DISPOSED`.
   */
  async run(inputs: Tensors, outputs: readonly string[] | Tensors = this.#outputs): Promise<Tensors> {
    if (this.#released) throw new TonalitetError('DISPOSED', `Expected a loaded model '${this.#modelName}', but it was released. Load it again.`);
    try {
      return (await this.#session.run(inputs as Feeds, outputs as ort.InferenceSession.FetchesType)) as unknown as Tensors;
    } catch (error) {
      throw new TonalitetError('INFERENCE_FAILED', `Expected the model '${this.#modelName}' to run, but ONNX Runtime failed. Please report this.`, {
        cause: error,
      });
    }
  }

  /** Frees the graph's memory. Safe to call twice; not during a run. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#session.release();
  }
}

/**
 * A float32 output by its name.
 *
 * @throws TonalitetError `MODEL_INVALID` if it is missing, of another type or of other dimensions; `-1` stands for any.
 */
export function float32Output(tensors: Tensors, name: string, dims: readonly number[]): Float32Array {
  const tensor = tensors[name];
  const matches = tensor !== undefined && tensor.dims.length === dims.length && dims.every((size, i) => size === -1 || size === tensor.dims[i]);
  if (matches && tensor.data instanceof Float32Array) return tensor.data;
  throw new TonalitetError(
    'MODEL_INVALID',
    `Expected the output '${name}' as float32 [${dims.map((size) => (size === -1 ? 'any' : size)).join(', ')}], ` +
      `got ${tensor === undefined ? 'none' : `[${tensor.dims.join(', ')}]`}. Use a model of this version.`,
  );
}
