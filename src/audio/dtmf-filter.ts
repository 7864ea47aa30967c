import { DTMF_DELAY, DtmfDetector, toDigit } from './dtmf.js';
import type { DtmfDigit, DtmfTone } from './dtmf.js';
import { MODEL_SAMPLE_RATE_HZ } from './pcm.js';

/** Samples before a tone's first block and after its last that are silenced too: what of it no block was whole of. */
const MARGIN = 102;

/** Over this many samples the sound fades out and in: a hard edge would be a click. */
const FADE = 32;

/** What came out of the filter. */
export interface FilteredSound {
  /** The samples that are done, in order; those of tones are silence. */
  readonly samples: Float32Array;
  /** The digits that ended, in order. */
  readonly digits: readonly DtmfDigit[];
}

/**
 * Takes the tones of telephone keys out of a stream at 16 kHz and tells their digits: what a caller keys in is not what a caller
 * says, and recognisers write words for tones. It holds back {@link DTMF_DELAY} samples. Any cutting into pieces gives the same.
 */
export class DtmfFilter {
  readonly #detector = new DtmfDetector();
  /** Samples that are held back. */
  #held: Float32Array = new Float32Array(0);
  /** Where the held samples begin in the stream. */
  #at = 0;
  /** Tones whose silence is not all handed on. */
  #tones: DtmfTone[] = [];

  /** @param samples 16 kHz, finite; kept no longer than this call. */
  push(samples: Float32Array): FilteredSound {
    const ended = this.#detector.push(samples);
    this.#tones.push(...ended);
    this.#held = joined(this.#held, samples);
    return { samples: this.#release(Math.max(0, this.#held.length - DTMF_DELAY)), digits: ended.map(toDigit) };
  }

  /** The end of the stream: all that was held back. */
  flush(): FilteredSound {
    const ended = this.#detector.flush();
    this.#tones.push(...ended);
    return { samples: this.#release(this.#held.length), digits: ended.map(toDigit) };
  }

  #release(count: number): Float32Array {
    const out = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    const { open } = this.#detector;
    const tones = open === undefined ? this.#tones : [...this.#tones, { ...open, end: Infinity }];
    for (const { start, end } of tones) silence(out, start - MARGIN - this.#at, end + MARGIN - this.#at);
    this.#at += count;
    this.#tones = this.#tones.filter(({ end }) => end + MARGIN + FADE > this.#at);
    return out;
  }
}

/** Silences a part of the samples, fading at its ends; either end may lie outside. */
function silence(samples: Float32Array, from: number, to: number): void {
  const last = Math.min(samples.length, to + FADE);
  for (let i = Math.max(0, from - FADE); i < last; i++) {
    const distance = i < from ? from - i : i < to ? 0 : i - to + 1;
    samples[i] = (samples[i]! * Math.min(distance, FADE)) / FADE;
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  if (a.length === 0) return b.slice();
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Seconds that the filter holds back. */
export const DTMF_DELAY_S: number = DTMF_DELAY / MODEL_SAMPLE_RATE_HZ;
