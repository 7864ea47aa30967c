import { setTimeout as sleep } from 'node:timers/promises';
import { emptyVerdict } from '../../src/classification/decision.js';
import type { Tonality } from '../../src/classification/labels.js';
import type { Verdict } from '../../src/classification/verdict.js';
import type { LiveSpeechFinder, Recognition, RecogniseOptions, SpeechEngine, SpeechEvent } from '../../src/engine/speech-engine.js';
import { TonalitetError } from '../../src/errors.js';

/**
 * An engine that needs no models and answers the same to the same: a tone is a word, silence is silence. Tests make speech of
 * tones (see `speech`), and read the words off again.
 */
const WORD_HZ = { bra: 300, lång: 500, kö: 700, tack: 900 } as const;
export type Word = keyof typeof WORD_HZ;

const RATE = 16_000;
/** Each word lasts this long. */
export const WORD_S = 0.4;
/** A pause this long ends speech. */
const PAUSE_S = 0.5;
const WINDOW = 320;

/** Words as tones, with silence where there is none, at a rate. */
export function speech(words: readonly (Word | undefined)[], sampleRateHz: number = RATE): Float32Array {
  const perWord = Math.round(WORD_S * sampleRateHz);
  const samples = new Float32Array(words.length * perWord);
  words.forEach((word, w) => {
    if (word === undefined) return;
    for (let i = 0; i < perWord; i++) samples[w * perWord + i] = 0.4 * Math.sin((2 * Math.PI * WORD_HZ[word] * i) / sampleRateHz);
  });
  return samples;
}

/** A pause that ends speech. */
export const PAUSE: readonly undefined[] = [undefined, undefined];

export class FakeEngine implements SpeechEngine {
  /** How long a recognition takes. */
  recogniseMs = 0;
  /** Faults for the next recognitions, pushes and openings; taken one by one. */
  readonly recogniseFaults: Error[] = [];
  readonly pushFaults: Error[] = [];
  recognitions = 0;
  finders = 0;
  openFinders = 0;
  disposed = false;

  async recognise(samples: Float32Array, options: RecogniseOptions = {}): Promise<Recognition> {
    const fault = options.priority === 'partial' ? undefined : this.recogniseFaults.shift();
    if (fault !== undefined) throw fault;
    if (this.recogniseMs > 0) await sleep(this.recogniseMs);
    if (options.signal?.aborted === true) throw new TonalitetError('ABORTED', 'Stopped.');
    this.recognitions++;
    const words: string[] = [];
    const perWord = WORD_S * RATE;
    for (let start = 0; start + perWord / 2 <= samples.length; start += perWord) {
      const word = wordOf(samples.subarray(start, start + perWord));
      if (word !== undefined) words.push(word);
    }
    const text = words.join(' ');
    return { text, segments: text === '' ? [] : [{ start: 0, end: samples.length / RATE, text, confidence: 0.9 }] };
  }

  async classify(texts: readonly string[]): Promise<readonly Verdict[]> {
    return texts.map(verdictOf);
  }

  async openSpeechFinder(): Promise<LiveSpeechFinder> {
    this.finders++;
    this.openFinders++;
    return new FakeFinder(this);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

class FakeFinder implements LiveSpeechFinder {
  readonly #engine: FakeEngine;
  #samples: number[] = [];
  #position = 0;
  #start: number | undefined;
  #quiet = 0;
  #window: number[] = [];
  #closed = false;

  constructor(engine: FakeEngine) {
    this.#engine = engine;
  }

  async push(samples: Float32Array): Promise<readonly SpeechEvent[]> {
    if (this.#closed) throw new TonalitetError('DISPOSED', 'closed');
    if (samples.length > RATE) throw new RangeError('expected at most one second');
    const fault = this.#engine.pushFaults.shift();
    if (fault !== undefined) throw fault;
    const events: SpeechEvent[] = [];
    for (const sample of samples) {
      this.#window.push(sample);
      if (this.#window.length === WINDOW) this.#hear(events);
    }
    return events;
  }

  async openSpeech(): Promise<{ startS: number; samples: Float32Array } | undefined> {
    return this.#start === undefined ? undefined : { startS: this.#start / RATE, samples: Float32Array.from(this.#samples) };
  }

  async flush(): Promise<readonly SpeechEvent[]> {
    return this.#start === undefined ? [] : [this.#end()];
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#engine.openFinders--;
    this.#closed = true;
  }

  #hear(events: SpeechEvent[]): void {
    const loud = Math.max(...this.#window.map(Math.abs)) > 0.05;
    if (loud && this.#start === undefined) {
      this.#start = this.#position;
      events.push({ kind: 'speech_start', atS: this.#position / RATE });
    }
    this.#position += WINDOW;
    if (this.#start !== undefined) this.#samples.push(...this.#window);
    this.#window = [];
    this.#quiet = loud ? 0 : this.#quiet + WINDOW;
    const long = this.#samples.length >= 30 * RATE;
    if (this.#start === undefined || (this.#quiet < PAUSE_S * RATE && !long)) return;
    events.push(this.#end());
    if (!long) return;
    this.#start = this.#position;
    events.push({ kind: 'speech_start', atS: this.#position / RATE });
  }

  #end(): SpeechEvent {
    const startS = this.#start! / RATE;
    const samples = Float32Array.from(this.#samples);
    this.#start = undefined;
    this.#samples = [];
    return { kind: 'speech_end', startS, endS: startS + samples.length / RATE, samples };
  }
}

/** The word whose tone it is, by counting the upward crossings of zero. */
function wordOf(samples: Float32Array): Word | undefined {
  let crossings = 0;
  let loud = 0;
  for (let i = 1; i < samples.length; i++) {
    if (samples[i - 1]! < 0 && samples[i]! >= 0) crossings++;
    if (Math.abs(samples[i]!) > 0.1) loud++;
  }
  if (loud < samples.length / 3) return undefined;
  const hz = (crossings * RATE) / samples.length;
  const [word] = (Object.entries(WORD_HZ) as [Word, number][]).toSorted((a, b) => Math.abs(a[1] - hz) - Math.abs(b[1] - hz))[0]!;
  return word;
}

function verdictOf(text: string): Verdict {
  if (text.trim() === '') return emptyVerdict('no_text');
  const tonality: Tonality = text.includes('kö') ? 'negativ' : text.includes('bra') ? 'positiv' : 'skeptisk';
  const probabilities = { positiv: 0.1, skeptisk: 0.1, negativ: 0.1, [tonality]: 0.8 };
  return { tonality, reason: null, probabilities, uncertain: false, areas: [], services: [] };
}
