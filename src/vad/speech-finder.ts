import { FRAME_SAMPLES, Segmenter, resolveSegmenterOptions } from './segmenter.js';
import type { SegmenterEvent, SegmenterOptions } from './segmenter.js';

/** Gives the probability of speech of the next frames of one stream; see `VadStream`. */
export interface FrameClassifier {
  push(samples: Float32Array): Promise<Float32Array>;
}

/** What was found. Places are sample indices at 16 kHz from the beginning of the stream. */
export type FoundSpeech =
  | { readonly kind: 'start'; readonly at: number }
  /** The samples are the receiver's own. */
  | { readonly kind: 'end'; readonly start: number; readonly end: number; readonly samples: Float32Array };

/** Frames that are classified at a time: one second, what a decoder gives at once. It bounds what a push of any size holds. */
const MAX_FRAMES_AT_ONCE = 32;

const FRAMES_PER_S = 16_000 / FRAME_SAMPLES;

/**
 * Finds the stretches of speech in one stream, live or a recording: samples in, stretches with their samples out. Any cutting
 * of the stream into pushes gives the same stretches. It holds at most the longest stretch and about two seconds more.
 */
export class SpeechFinder {
  readonly #classifier: FrameClassifier;
  readonly #segmenter: Segmenter;
  /** The latest samples, as far back as a stretch may still need them. */
  readonly #held: Float32Array;
  /** The place in the stream of the first sample held. */
  #heldFrom = 0;
  #heldLength = 0;
  /** Samples that have been classified, always whole frames. */
  #classified = 0;

  /** @throws RangeError for an option out of range. */
  constructor(classifier: FrameClassifier, options: Partial<SegmenterOptions> = {}) {
    const resolved = resolveSegmenterOptions(options);
    const heldFrames = Math.ceil(((resolved.maxStretchMs + resolved.padBeforeMs) / 1000) * FRAMES_PER_S) + 2 * MAX_FRAMES_AT_ONCE;
    this.#classifier = classifier;
    this.#segmenter = new Segmenter(resolved);
    this.#held = new Float32Array(heldFrames * FRAME_SAMPLES);
  }

  /** Samples pushed so far. */
  get samplesIn(): number {
    return this.#heldFrom + this.#heldLength;
  }

  /**
   * Takes the next samples and gives what they complete, in order. One call at a time.
   *
   * @param samples any number of finite samples at 16 kHz; they are copied.
   */
  async push(samples: Float32Array): Promise<FoundSpeech[]> {
    const found: FoundSpeech[] = [];
    const step = MAX_FRAMES_AT_ONCE * FRAME_SAMPLES;
    for (let offset = 0; offset < samples.length; offset += step) {
      this.#hold(samples.subarray(offset, offset + step));
      const from = this.#classified - this.#heldFrom;
      const frames = Math.floor((this.#heldLength - from) / FRAME_SAMPLES);
      const probabilities = await this.#classifier.push(this.#held.subarray(from, from + frames * FRAME_SAMPLES));
      for (const probability of probabilities) {
        this.#classified += FRAME_SAMPLES;
        for (const event of this.#segmenter.push(probability)) found.push(this.#withSamples(event));
      }
    }
    return found;
  }

  /** The speech that is open now, up to the last sample; undefined in silence. */
  open(): { readonly start: number; readonly samples: Float32Array } | undefined {
    const start = this.#segmenter.openStart;
    return start === undefined ? undefined : { start, samples: this.#copy(start, this.samplesIn) };
  }

  /** Ends the open stretch here, as at the end of the stream. More may be pushed afterwards. */
  flush(): FoundSpeech[] {
    return this.#segmenter.flush(this.samplesIn).map((event) => this.#withSamples(event));
  }

  #withSamples(event: SegmenterEvent): FoundSpeech {
    return event.kind === 'start' ? event : { ...event, samples: this.#copy(event.start, event.end) };
  }

  #copy(start: number, end: number): Float32Array {
    return this.#held.slice(start - this.#heldFrom, end - this.#heldFrom);
  }

  #hold(samples: Float32Array): void {
    if (this.#heldLength + samples.length > this.#held.length) {
      const keepFrom = Math.min(this.#segmenter.keepFrom, this.#classified);
      this.#held.copyWithin(0, keepFrom - this.#heldFrom, this.#heldLength);
      this.#heldLength -= keepFrom - this.#heldFrom;
      this.#heldFrom = keepFrom;
    }
    this.#held.set(samples, this.#heldLength);
    this.#heldLength += samples.length;
  }
}
