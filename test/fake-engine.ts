import { emptyVerdict } from '../src/classification/decision.js';
import type { Verdict } from '../src/classification/verdict.js';
import type { LocalSpeechEngine } from '../src/engine/local-engine.js';
import type { LiveSpeechFinder, Recognition, RecogniseOptions, SpeechEvent } from '../src/engine/speech-engine.js';
import { SpeechFinder } from '../src/vad/speech-finder.js';
import type { FoundSpeech } from '../src/vad/speech-finder.js';

const RATE = 16_000;

export const positive: Verdict = {
  tonality: 'positiv',
  reason: null,
  probabilities: { positiv: 0.9, skeptisk: 0.07, negativ: 0.03 },
  uncertain: false,
  areas: [{ area: 'handlaggare', tonality: 'positiv', probability: 0.8 }],
  services: [],
};

/** An engine without models: whatever is loud is speech, and what is said is how long it lasted. */
export class FakeEngine implements LocalSpeechEngine {
  readonly models = { speech: { name: 'fake-speech', version: '1' } };
  readonly recognised: number[] = [];
  readonly classified: string[] = [];
  openFinders = 0;
  mostAtOnce = 0;
  disposed = false;
  #now = 0;
  readonly #say: (seconds: number) => string;

  constructor(say: (seconds: number) => string = (seconds) => `${seconds.toFixed(1)} sekunder.`) {
    this.#say = say;
  }

  async recognise(samples: Float32Array, { signal }: RecogniseOptions = {}): Promise<Recognition> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#now--;
    signal?.throwIfAborted();
    const seconds = samples.length / RATE;
    this.recognised.push(seconds);
    const text = this.#say(seconds);
    // A recogniser's times may lie past the end of the stretch.
    return text === '' ? { segments: [], text } : { segments: [{ start: 0, end: seconds + 1, text, confidence: 0.9 }], text };
  }

  async classify(texts: readonly string[]): Promise<readonly Verdict[]> {
    this.classified.push(...texts);
    return texts.map((text) => (/[\p{L}\p{N}]/u.test(text) ? positive : emptyVerdict('no_text')));
  }

  async openSpeechFinder(): Promise<LiveSpeechFinder> {
    this.openFinders++;
    const loudness = async (samples: Float32Array): Promise<Float32Array> =>
      Float32Array.from({ length: samples.length / 512 }, (_, i) => (samples.subarray(i * 512, (i + 1) * 512).some((sample) => Math.abs(sample) > 0.01) ? 1 : 0));
    const finder = new SpeechFinder({ push: loudness });
    let open = true;
    return {
      push: async (samples) => (await finder.push(samples)).map(toEvent),
      openSpeech: async () => undefined,
      flush: async () => finder.flush().map(toEvent),
      close: async () => {
        if (open) this.openFinders--;
        open = false;
      },
    };
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function toEvent(found: FoundSpeech): SpeechEvent {
  return found.kind === 'start'
    ? { kind: 'speech_start', atS: found.at / RATE }
    : { kind: 'speech_end', startS: found.start / RATE, endS: found.end / RATE, samples: found.samples };
}

/** Samples of tones (as speech) and silence in turn, in seconds, beginning with silence. */
export function tones(...seconds: readonly number[]): Float32Array {
  const samples = new Float32Array(Math.round(seconds.reduce((sum, length) => sum + length, 0) * RATE));
  let at = 0;
  seconds.forEach((length, i) => {
    const end = at + Math.round(length * RATE);
    if (i % 2 === 1) for (let k = at; k < end; k++) samples[k] = 0.5 * Math.sin(k / 5);
    at = end;
  });
  return samples;
}
