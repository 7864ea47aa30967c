import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import type { SpeechEngine } from '../engine/speech-engine.js';

/** Runs each model once, so that the first caller does not wait for what is set up at the first run. */
export async function warmUp(engine: SpeechEngine): Promise<void> {
  const finder = await engine.openSpeechFinder();
  try {
    await finder.push(new Float32Array(MODEL_SAMPLE_RATE_HZ));
  } finally {
    await finder.close();
  }
  // Noise rather than silence, which may be recognised without being looked at. The same at each start: a hash of the index.
  const noise = Float32Array.from({ length: MODEL_SAMPLE_RATE_HZ }, (_, i) => ((Math.imul(i, 2_654_435_761) >>> 16) / 65_536 - 0.5) * 0.02);
  await engine.recognise(noise);
  await engine.classify(['Tack för hjälpen.']);
}
