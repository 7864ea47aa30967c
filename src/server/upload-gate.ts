import type { SpeechEngine } from '../engine/speech-engine.js';
import { classifyRecording } from '../pipeline.js';
import type { RecordingVerdict } from '../pipeline.js';
import { FaultError } from './fault.js';
import type { Fault } from './fault.js';
import type { Upload } from './multipart.js';
import type { ServerSettings } from './settings.js';
import { UploadEngine } from './upload-engine.js';

const OVERLOADED: Fault = { code: 'overloaded', message: 'The server has all the uploads that it takes. Try again later.' };

export interface UploadState {
  /** Why nothing is taken now; `undefined` where uploads are taken. */
  closedBecause(): Fault | undefined;
  settings(): ServerSettings;
  readonly engine: SpeechEngine;
  readonly now: () => number;
}

/** Lets `max_uploads` in at a time, over all the routes that take uploads, and works on them one stretch of speech at a time. */
export class UploadGate {
  readonly #state: UploadState;
  readonly #engine: UploadEngine;
  #running = 0;

  constructor(state: UploadState) {
    this.#state = state;
    this.#engine = new UploadEngine(state.engine);
  }

  /** @throws FaultError where there is no room, or the server takes nothing now. */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    const closed = this.#state.closedBecause() ?? (this.#running >= this.#state.settings().maxUploads ? OVERLOADED : undefined);
    if (closed !== undefined) throw new FaultError(closed.code, closed.message);
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }

  /** @throws FaultError for a body that is broken or too large, TonalitetError for a recording that cannot be used. */
  async classify(upload: Upload, signal: AbortSignal): Promise<RecordingVerdict> {
    const { maxCallS } = this.#state.settings();
    try {
      return await classifyRecording({ kind: 'stream', stream: upload.file }, this.#engine, { maxDurationS: maxCallS, ffmpegPath: 'ffmpeg', signal });
    } catch (error) {
      // The decoder reports a stream that failed; why it failed is the body's fault, and says more.
      if (error instanceof Error && error.cause instanceof FaultError) throw error.cause;
      throw error;
    }
  }
}
