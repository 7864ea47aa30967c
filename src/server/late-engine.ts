import type { SpeechEngine } from '../engine/speech-engine.js';

/** The engine before it is there: calls are let in only when it is. */
export function lateEngine(engine: Promise<SpeechEngine>): SpeechEngine {
  let models: SpeechEngine['models'];
  void engine.then((made) => (models = made.models)).catch(() => undefined);
  return {
    get models() {
      return models ?? {};
    },
    recognise: async (samples, options) => (await engine).recognise(samples, options),
    classify: async (texts, options) => (await engine).classify(texts, options),
    openSpeechFinder: async () => (await engine).openSpeechFinder(),
    dispose: async () => (await engine).dispose(),
  };
}
