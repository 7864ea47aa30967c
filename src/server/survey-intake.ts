import type { SpeechEngine } from '../engine/speech-engine.js';
import { classifyRecording } from '../pipeline.js';
import { redact } from '../redaction/redact.js';
import { confidenceOf, storedVerdict } from '../stored-verdict.js';
import type { CallIds } from '../survey/call-id.js';
import { classifyWaiting } from '../survey/classify-waiting.js';
import type { CommentJudge } from '../survey/classify-waiting.js';
import { newResponse } from '../survey/new-response.js';
import { RejectedInput, ResponseReader } from '../survey/response-input.js';
import type { ResponseSpool } from '../survey/response-spool.js';
import type { NewResponse, ResponseStore } from '../survey/store.js';
import { isKept, municipalityOf, responseFields } from './call-response.js';
import type { CallDefaults } from './call-response.js';
import type { Fault } from './fault.js';
import { errorField } from './logger.js';
import type { Logger } from './logger.js';
import type { CallEnded } from './protocol.js';
import { ResponseWriter } from './response-writer.js';
import type { WriteOutcome } from './response-writer.js';

/** Where a server keeps the answers of its calls. */
export interface SurveyKeeping extends CallDefaults {
  /** Closed by who opened it, after the server has stopped. */
  readonly store: ResponseStore;
  readonly callIds: CallIds;
  /** Where responses wait while the store fails. Without it a call whose response cannot be written ends in a fault. */
  readonly spool?: ResponseSpool | undefined;
}

/** What became of a response. `id` is its pseudonym in the store. */
export type Taken =
  | { readonly outcome: WriteOutcome; readonly id: string }
  /**
   * @property reason names the field and what was expected there, and quotes nothing.
   * @property pointer where the field is in the response, as a JSON Pointer.
   */
  | { readonly outcome: 'rejected'; readonly reason: string; readonly pointer: string };

/** Comments without a verdict are looked for this often, besides after each one that comes in; another process may have added some. */
const LOOK_MS = 60_000;

/** Comments that are classified at the same time, beside the live calls. */
const CLASSIFIED_AT_ONCE = 2;

/** The longest recording of a comment that waits, in seconds. */
const MAX_RECORDING_S = 3_600;

/** Turns calls and posted responses into responses of the survey, and classifies those that come without a verdict. */
export class SurveyIntake {
  readonly #keeping: SurveyKeeping;
  readonly #engine: SpeechEngine;
  readonly #log: Logger;
  readonly #reader: ResponseReader;
  readonly #writer: ResponseWriter;
  readonly #stop = new AbortController();
  #classifying: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #poked = false;

  constructor(keeping: SurveyKeeping, engine: SpeechEngine, log: Logger) {
    this.#keeping = keeping;
    this.#engine = engine;
    this.#log = log;
    this.#reader = new ResponseReader(keeping.survey);
    this.#writer = new ResponseWriter({ store: keeping.store, spool: keeping.spool, log, onDrained: () => this.#poke() });
  }

  /** Responses on the disk that their store has not taken yet. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  /** Why a call with this metadata could not be kept; told before anybody has spoken. */
  refusal(metadata: CallEnded['metadata']): Fault | undefined {
    if (!isKept(metadata) || municipalityOf(metadata, this.#keeping) !== undefined) return undefined;
    return { code: 'bad_message', message: "Expected the municipality's four-digit code in the metadata (municipality), or in the server's settings, got neither." };
  }

  /**
   * Keeps a call that ended. When it resolves, the response is on the disk.
   *
   * @throws RejectedInput for answers that make no response, TonalitetError `STORE_…` where they could not be written.
   */
  async keep(ended: CallEnded): Promise<void> {
    if (!isKept(ended.metadata)) return;
    const fields = responseFields(ended, this.#keeping, this.#engine.models ?? {}, Date.now());
    const taken = (await this.add([fields]))[0]!;
    if (taken.outcome === 'rejected') throw new RejectedInput(taken.reason);
    if (taken.outcome === 'conflict') throw new RejectedInput('id: expected a call id of its own, but another response with it is there already; that one was left as it is');
  }

  /**
   * Takes responses in the form of docs/import.md, all in one transaction. When it resolves, those that were taken are on the disk.
   *
   * @throws TonalitetError `STORE_…`
   */
  async add(values: readonly unknown[]): Promise<readonly Taken[]> {
    return this.#add(values.map((value) => this.#read(value)));
  }

  /**
   * Takes a response whose comment came as a recording, which `judged` has turned into fields.
   *
   * @param digest stands for the recording: the same one with the same fields is the same response again, whatever a model makes of it.
   */
  async addRecorded(fields: Readonly<Record<string, unknown>>, judged: Readonly<Record<string, unknown>>, digest: string): Promise<Taken> {
    const response = this.#read({ ...fields, ...judged });
    const [taken] = await this.#add([response instanceof RejectedInput ? response : { ...response, digest: this.#keeping.callIds.digest(digest) }]);
    return taken!;
  }

  #read(value: unknown): NewResponse | RejectedInput {
    try {
      return newResponse(this.#reader.read(value), { callIds: this.#keeping.callIds, redact });
    } catch (error) {
      if (error instanceof RejectedInput) return error;
      throw error;
    }
  }

  async #add(read: readonly (NewResponse | RejectedInput)[]): Promise<readonly Taken[]> {
    const responses = read.filter((each): each is NewResponse => !(each instanceof RejectedInput));
    const outcomes = (await this.#writer.write(responses))[Symbol.iterator]();
    if (responses.some(({ comment }) => comment?.state === 'pending')) this.#poke();
    return read.map(
      (each): Taken => (each instanceof RejectedInput ? { outcome: 'rejected', reason: each.message, pointer: each.pointer } : { outcome: outcomes.next().value!, id: each.id }),
    );
  }

  /** Begins to classify what waits, and goes on until {@link stop}. */
  start(): void {
    this.#classifying ??= this.#classify();
    this.#writer.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await Promise.all([this.#classifying, this.#writer.stop()]);
  }

  async #classify(): Promise<void> {
    const { signal } = this.#stop;
    const options = { store: this.#keeping.store, judge: this.#judge(), redact, concurrency: CLASSIFIED_AT_ONCE, signal };
    while (!signal.aborted) {
      this.#poked = false;
      try {
        const { classified, failed } = await classifyWaiting(options);
        if (classified + failed > 0) this.#log.info('comments classified', { count: classified, lost: failed });
      } catch (error) {
        if (!signal.aborted) this.#log.error('classifying stopped for now', { error: errorField(error) });
      }
      if (!this.#poked && !signal.aborted) await this.#untilPoked(LOOK_MS);
    }
  }

  #poke(): void {
    this.#poked = true;
    this.#wake();
  }

  async #untilPoked(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #judge(): CommentJudge {
    const engine = this.#engine;
    const models = (): NonNullable<SpeechEngine['models']> => engine.models ?? {};
    return {
      judgeText: async (text, signal) => storedVerdict((await engine.classify([text], signal === undefined ? {} : { signal }))[0]!, models(), null),
      judgeRecording: async (path, signal) => {
        const result = await classifyRecording({ kind: 'file', path }, engine, { maxDurationS: MAX_RECORDING_S, ffmpegPath: 'ffmpeg', signal });
        return { text: result.text, verdict: storedVerdict(result, models(), confidenceOf(result.segments)) };
      },
    };
  }
}
