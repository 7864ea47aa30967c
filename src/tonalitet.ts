import type { Verdict } from './classification/verdict.js';
import { createSpeechEngine } from './engine/local-engine.js';
import type { LocalSpeechEngine } from './engine/local-engine.js';
import type { LoadedModels } from './engine/loaded-models.js';
import { TonalitetError } from './errors.js';
import { classifyRecording, transcribeRecording } from './pipeline.js';
import type { PipelineOptions, Recording, RecordingVerdict, TranscriptSummary } from './pipeline.js';
import { RecordingGate } from './recording-gate.js';
import { resolveTonalitetOptions } from './tonalitet-options.js';
import type { ResolvedTonalitetOptions, TonalitetOptions } from './tonalitet-options.js';
import type { TranscriptSegment } from './transcription/transcript.js';

/** What is known of a recording. */
export interface RecordingResult extends RecordingVerdict {
  /** The models that it rests on. */
  readonly models: LoadedModels;
}

export interface CallOptions {
  /** Stops the work at the next safe point, with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** Recordings to text, and text to tonality, on this machine. Made by {@link createTonalitet}. */
export interface Tonalitet extends AsyncDisposable {
  /** The models in use. */
  readonly models: LoadedModels;
  /**
   * A recording in a file: WAV in any telephony encoding, or what ffmpeg can read.
   *
   * @throws TonalitetError one of the `AUDIO_`, `FFMPEG_` and `FILE_` codes, `TEXT_LIMIT`, `INFERENCE_FAILED`, `WORKER_CRASHED`, `QUEUE_FULL`,
   *   `ABORTED`, `DISPOSED`.
   */
  classifyFile(path: string, options?: CallOptions): Promise<RecordingResult>;
  /**
   * A recording in memory.
   *
   * @param samples mono, finite, nominally in [-1, 1]; not changed, and not to be changed until the promise is settled.
   * @param sampleRateHz an integer from 1,000 to 384,000.
   * @throws TonalitetError as {@link classifyFile}.
   */
  classifyAudio(samples: Float32Array, sampleRateHz: number, options?: CallOptions): Promise<RecordingResult>;
  /** The bytes of a recording's file as they come, such as an upload. @throws TonalitetError as {@link classifyFile}. */
  classifyStream(stream: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<RecordingResult>;
  /**
   * A comment in writing. Several calls at a time share the workers, which is faster.
   *
   * @param text at most 20,000 characters.
   * @throws TonalitetError `TEXT_LIMIT`, `INFERENCE_FAILED`, `WORKER_CRASHED`, `QUEUE_FULL`, `ABORTED`, `DISPOSED`.
   */
  classifyText(text: string, options?: CallOptions): Promise<Verdict>;
  /**
   * Speech to text alone: the segments, as they are recognised; the generator's return value has the duration.
   *
   * @param recording the path of a file, or a recording in another form.
   * @throws TonalitetError from the first `next()` or a later one, as {@link classifyFile}.
   */
  transcribe(recording: string | Recording, options?: CallOptions): AsyncGenerator<TranscriptSegment, TranscriptSummary, undefined>;
  /** Takes no new work, drops what waits (`DISPOSED`), waits for what runs, and ends the threads. Idempotent. */
  dispose(): Promise<void>;
}

/** Recordings that are worked on at a time, for each worker: enough to fill its batches. */
export const RECORDINGS_PER_WORKER = 4;

/** Recordings that wait for their turn. */
const MAX_RECORDINGS_WAITING = 10_000;

/**
 * Loads the models into worker threads.
 *
 * @throws TonalitetError `MODEL_MISSING`, `MODEL_TAMPERED`, `MODEL_INVALID`, `WORKER_CRASHED`. RangeError or TypeError for an option out of range.
 */
export async function createTonalitet(options: TonalitetOptions = {}): Promise<Tonalitet> {
  const resolved = resolveTonalitetOptions(options);
  return tonalitetOn(await createSpeechEngine(resolved.engine), resolved);
}

/** The library on an engine, which it then owns. */
export function tonalitetOn(engine: LocalSpeechEngine, options: ResolvedTonalitetOptions): Tonalitet {
  return new EngineTonalitet(engine, options);
}

class EngineTonalitet implements Tonalitet {
  readonly models: LoadedModels;
  readonly #engine: LocalSpeechEngine;
  readonly #options: ResolvedTonalitetOptions;
  readonly #gate: RecordingGate;
  #disposed = false;

  constructor(engine: LocalSpeechEngine, options: ResolvedTonalitetOptions) {
    this.#engine = engine;
    this.#options = options;
    this.models = engine.models;
    this.#gate = new RecordingGate(options.engine.workers * RECORDINGS_PER_WORKER, MAX_RECORDINGS_WAITING);
  }

  async classifyFile(path: string, options?: CallOptions): Promise<RecordingResult> {
    return this.#classify(fileRecording(path), options);
  }

  async classifyAudio(samples: Float32Array, sampleRateHz: number, options?: CallOptions): Promise<RecordingResult> {
    return this.#classify({ kind: 'samples', samples, sampleRateHz }, options);
  }

  async classifyStream(stream: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<RecordingResult> {
    return this.#classify({ kind: 'stream', stream }, options);
  }

  async classifyText(text: string, { signal }: CallOptions = {}): Promise<Verdict> {
    this.#checkOpen();
    const [verdict] = await this.#engine.classify([text], signal && { signal });
    return verdict!;
  }

  async *transcribe(recording: string | Recording, options?: CallOptions): AsyncGenerator<TranscriptSegment, TranscriptSummary, undefined> {
    const pipeline = this.#pipelineOptions(options);
    await this.#enter(pipeline);
    try {
      return yield* transcribeRecording(typeof recording === 'string' ? fileRecording(recording) : recording, this.#engine, pipeline);
    } finally {
      this.#gate.leave();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#engine.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #classify(recording: Recording, options: CallOptions | undefined): Promise<RecordingResult> {
    const pipeline = this.#pipelineOptions(options);
    await this.#enter(pipeline);
    try {
      return { ...(await classifyRecording(recording, this.#engine, pipeline)), models: this.models };
    } finally {
      this.#gate.leave();
    }
  }

  async #enter({ signal }: PipelineOptions): Promise<void> {
    this.#checkOpen();
    await this.#gate.enter(signal);
  }

  #pipelineOptions({ signal }: CallOptions = {}): PipelineOptions {
    const { maxDurationS, ffmpegPath } = this.#options;
    return { maxDurationS, ffmpegPath, signal };
  }

  #checkOpen(): void {
    if (this.#disposed) throw new TonalitetError('DISPOSED', 'Expected an object that is in use, but dispose() was called. Make a new one.');
  }
}

function fileRecording(path: string): Recording {
  if (typeof path !== 'string') throw new TypeError(`expected the path of a recording, got ${typeof path}`);
  return { kind: 'file', path };
}
