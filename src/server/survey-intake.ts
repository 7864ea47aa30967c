import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeechEngine } from '../engine/speech-engine.js';
import { TonalitetError } from '../errors.js';
import { classifyRecording } from '../pipeline.js';
import { redact } from '../redaction/redact.js';
import { confidenceOf, storedVerdict } from '../stored-verdict.js';
import type { CallIds } from '../survey/call-id.js';
import { classifyWaiting } from '../survey/classify-waiting.js';
import type { CommentJudge } from '../survey/classify-waiting.js';
import { newResponse } from '../survey/new-response.js';
import { RejectedInput, ResponseReader } from '../survey/response-input.js';
import type { AddOutcome, NewResponse, ResponseStore } from '../survey/store.js';
import { isKept, municipalityOf, responseFields } from './call-response.js';
import type { CallDefaults } from './call-response.js';
import type { Fault } from './fault.js';
import { errorField } from './logger.js';
import type { Logger } from './logger.js';
import type { CallEnded } from './protocol.js';

/** Where a server keeps the answers of its calls. */
export interface SurveyKeeping extends CallDefaults {
  /** Closed by who opened it, after the server has stopped. */
  readonly store: ResponseStore;
  readonly callIds: CallIds;
}

/** What became of a response. `id` is its pseudonym in the store. */
export type Taken =
  | { readonly outcome: AddOutcome; readonly id: string }
  /** @property reason names the field and what was expected there, and quotes nothing. */
  | { readonly outcome: 'rejected'; readonly reason: string };

/** Waits between tries to write; a store that is busy for longer than their sum, 7 s, has failed. The call's client waits as long. */
const WRITE_BACK_OFF_MS = [100, 400, 1_500, 5_000] as const;

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
  readonly #stop = new AbortController();
  #classifying: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #poked = false;

  constructor(keeping: SurveyKeeping, engine: SpeechEngine, log: Logger) {
    this.#keeping = keeping;
    this.#engine = engine;
    this.#log = log;
    this.#reader = new ResponseReader(keeping.survey);
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

  /** Takes responses in the form of docs/import.md, all in one transaction. @throws TonalitetError `STORE_…` */
  async add(values: readonly unknown[]): Promise<readonly Taken[]> {
    const read = values.map((value) => {
      try {
        return newResponse(this.#reader.read(value), { callIds: this.#keeping.callIds, redact });
      } catch (error) {
        if (error instanceof RejectedInput) return error;
        throw error;
      }
    });
    const responses = read.filter((each): each is NewResponse => !(each instanceof RejectedInput));
    const outcomes = (await this.#write(async () => this.#keeping.store.add(responses)))[Symbol.iterator]();
    if (responses.some(({ comment }) => comment?.state === 'pending')) this.#poke();
    return read.map((each): Taken => (each instanceof RejectedInput ? { outcome: 'rejected', reason: each.message } : { outcome: outcomes.next().value!, id: each.id }));
  }

  /** Begins to classify what waits, and goes on until {@link stop}. */
  start(): void {
    this.#classifying ??= this.#classify();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#classifying;
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    for (const waitMs of WRITE_BACK_OFF_MS) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TonalitetError && error.code === 'STORE_BUSY')) throw error;
        this.#log.warn('store busy', { error: errorField(error) });
        await sleep(waitMs);
      }
    }
    return work();
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
