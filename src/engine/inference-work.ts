import { TonalityClassifier } from '../classification/tonality.js';
import { TonalitetError } from '../errors.js';
import { findModel, readManifest } from '../inference/manifest.js';
import type { ModelKind } from '../inference/manifest.js';
import { verifiedPath, verifyModel } from '../inference/verification.js';
import type { VerifiedModel } from '../inference/verification.js';
import { Transcriber } from '../transcription/transcriber.js';
import { SileroVad, VAD_FILE } from '../vad/silero-vad.js';
import type { FrameClassifier } from '../vad/speech-finder.js';
import type { LoadedModels } from './loaded-models.js';
import type { Batch, RecogniseItem, StreamAudio, ThreadSettings, WorkResults } from './work.js';

/** The models of one thread, and what they do. */
export class InferenceWork {
  readonly models: LoadedModels;
  readonly #transcriber: Transcriber | undefined;
  readonly #classifier: TonalityClassifier | undefined;
  readonly #vad: SileroVad | undefined;
  readonly #streams = new Map<number, FrameClassifier>();

  private constructor(models: LoadedModels, transcriber: Transcriber | undefined, classifier: TonalityClassifier | undefined, vad: SileroVad | undefined) {
    this.models = models;
    this.#transcriber = transcriber;
    this.#classifier = classifier;
    this.#vad = vad;
  }

  /**
   * Verifies and loads the models that are asked for.
   *
   * @param shouldStop asked between models.
   * @throws TonalitetError `MODEL_MISSING`, `MODEL_TAMPERED`, `MODEL_INVALID`, `ABORTED`.
   */
  static async load({ modelsDir, models, threads, speech: settings }: ThreadSettings, shouldStop: () => boolean): Promise<InferenceWork> {
    const manifest = await readManifest(modelsDir);
    const names: Partial<Record<ModelKind, { name: string; version: string }>> = {};
    const verify = async (kind: ModelKind): Promise<VerifiedModel | undefined> => {
      if (!models.includes(kind)) return undefined;
      if (shouldStop()) throw stopped();
      const model = findModel(manifest, kind);
      names[kind] = { name: model.name, version: model.version };
      return verifyModel(manifest, model);
    };
    const speech = await verify('speech');
    const transcriber = speech && (await Transcriber.load(speech, { ...settings, threads }));
    const tonality = await verify('tonality');
    const classifier = tonality && (await TonalityClassifier.load(tonality, threads));
    const listening = await verify('vad');
    const vad = listening && (await SileroVad.load(verifiedPath(listening, VAD_FILE)));
    return new InferenceWork(names, transcriber, classifier, vad);
  }

  /**
   * Does a batch.
   *
   * @param shouldStop asked between steps; true ends the work with `ABORTED`.
   * @returns one result for each item, in order.
   */
  async run(batch: Batch, shouldStop: () => boolean): Promise<readonly WorkResults[typeof batch.kind][]> {
    switch (batch.kind) {
      case 'recognise':
        return this.#recognise(batch.items, shouldStop);
      case 'classify':
        return loaded(this.#classifier, 'tonality').classify(batch.items, { shouldStop });
      case 'listen':
        return this.#listen(batch.items, shouldStop);
    }
  }

  async #recognise(clips: readonly RecogniseItem[], shouldStop: () => boolean): Promise<WorkResults['recognise'][]> {
    const signal = {
      get aborted(): boolean {
        return shouldStop();
      },
    };
    const transcripts = await loaded(this.#transcriber, 'speech').recognise(clips.map((clip) => ({ ...clip, signal })));
    return transcripts.map((transcript) => {
      if (transcript === undefined) throw stopped();
      return transcript;
    });
  }

  async #listen(items: readonly StreamAudio[], shouldStop: () => boolean): Promise<WorkResults['listen'][]> {
    const results: WorkResults['listen'][] = [];
    for (const item of items) {
      if (shouldStop()) throw stopped();
      results.push(await this.#hear(item));
    }
    return results;
  }

  async #hear(item: StreamAudio): Promise<Float32Array> {
    if (item.kind === 'close') {
      this.#streams.delete(item.stream);
      return new Float32Array(0);
    }
    // Also after this thread took the place of a lost one: the stream is then heard as one that begins.
    let stream = this.#streams.get(item.stream);
    if (stream === undefined) {
      stream = loaded(this.#vad, 'vad').openStream();
      this.#streams.set(item.stream, stream);
    }
    return stream.push(item.samples);
  }
}

function loaded<T>(model: T | undefined, kind: ModelKind): T {
  if (model === undefined) throw new Error(`the ${kind} model is not loaded in this thread`);
  return model;
}

function stopped(): TonalitetError {
  return new TonalitetError('ABORTED', 'The work was stopped before its end, because nobody waits for it any longer.');
}
