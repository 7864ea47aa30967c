/** Samples of one decision: Silero VAD's frame at 16 kHz, 32 ms. */
export const FRAME_SAMPLES = 512;

const FRAME_MS = 32;

/** How probabilities of speech become stretches of speech. */
export interface SegmenterOptions {
  /** Speech begins at this probability or above. @default 0.5, Silero's own recommendation */
  readonly onThreshold: number;
  /** Speech that goes on is taken to pause below this. @default 0.35, as Silero's own iterator: 0.15 less than `onThreshold` */
  readonly offThreshold: number;
  /** Less speech than this is no speech: clicks and breaths are shorter, the shortest "ja" is longer. @default 96 */
  readonly minSpeechMs: number;
  /** A pause this long ends a stretch. @default 800: longer than the pauses inside a sentence, short enough for a live answer */
  readonly minSilenceMs: number;
  /** Taken along before the first frame of speech, where soft onsets hide. @default 256 */
  readonly padBeforeMs: number;
  /** Taken along after the last frame of speech; at most `minSilenceMs`. @default 256 */
  readonly padAfterMs: number;
  /** A longer stretch is cut at its quietest place. @default 28,000: Whisper's window of 30 s, less room for silence after the speech */
  readonly maxStretchMs: number;
}

export const defaultSegmenterOptions: SegmenterOptions = Object.freeze({
  onThreshold: 0.5,
  offThreshold: 0.35,
  minSpeechMs: 96,
  minSilenceMs: 800,
  padBeforeMs: 256,
  padAfterMs: 256,
  maxStretchMs: 28_000,
});

/** The longest stretch that may be asked for: Whisper's window. */
const MAX_STRETCH_MS = 30_000;

/** A stretch that grows too long is cut in its last third, so that no piece is much shorter than its neighbours. */
const CUT_FROM = 2 / 3;

/** What the segmenter found. Places are sample indices from the beginning of the stream. */
export type SegmenterEvent = { readonly kind: 'start'; readonly at: number } | { readonly kind: 'end'; readonly start: number; readonly end: number };

/** Merges the defaults in, and checks. @throws RangeError */
export function resolveSegmenterOptions(options: Partial<SegmenterOptions> = {}): SegmenterOptions {
  const resolved = { ...defaultSegmenterOptions, ...options };
  const { onThreshold, offThreshold, minSpeechMs, minSilenceMs, padBeforeMs, padAfterMs, maxStretchMs } = resolved;
  check('onThreshold', onThreshold, Number.MIN_VALUE, 1);
  check('offThreshold', offThreshold, 0, onThreshold);
  check('minSpeechMs', minSpeechMs, FRAME_MS, 2_000);
  check('minSilenceMs', minSilenceMs, FRAME_MS, 10_000);
  check('padBeforeMs', padBeforeMs, 0, 1_000);
  check('padAfterMs', padAfterMs, 0, minSilenceMs);
  check('maxStretchMs', maxStretchMs, 2_000 + minSpeechMs + padBeforeMs, MAX_STRETCH_MS);
  return resolved;
}

/**
 * Probabilities of speech in, one for each frame, stretches of speech out. A pure state machine: what it gives depends on the
 * probabilities alone. Stretches are in order, disjoint, inside the stream, and at most `maxStretchMs` long; each is announced
 * by `start` before its `end`.
 */
export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #minSpeech: number;
  readonly #minSilence: number;
  readonly #padBefore: number;
  readonly #padAfter: number;
  readonly #maxStretch: number;
  /** Probabilities of the latest frames, as a ring: frame `i` lies at `i % length`. */
  readonly #history: Float32Array;
  #state: 'silence' | 'onset' | 'speech' = 'silence';
  /** Frames seen. */
  #frames = 0;
  /** Nothing before this frame may be given (again). */
  #barrier = 0;
  /** The first frame of the open stretch, with its padding. */
  #start = 0;
  /** Frames of speech since the stretch began; what decides over its onset. */
  #voiced = 0;
  /** The frame at which the pause that is now going on began, if one is. */
  #pause: number | undefined;

  /** @throws RangeError for an option out of range. */
  constructor(options: Partial<SegmenterOptions> = {}) {
    this.#options = resolveSegmenterOptions(options);
    this.#minSpeech = toFrames(this.#options.minSpeechMs);
    this.#minSilence = toFrames(this.#options.minSilenceMs);
    this.#padBefore = toFrames(this.#options.padBeforeMs);
    this.#padAfter = Math.min(toFrames(this.#options.padAfterMs), this.#minSilence);
    this.#maxStretch = Math.floor(this.#options.maxStretchMs / FRAME_MS);
    this.#history = new Float32Array(this.#maxStretch + 1);
  }

  /** Samples from this one on may still become part of a stretch; all before it are settled. */
  get keepFrom(): number {
    const frame = this.#state === 'silence' ? Math.max(this.#barrier, this.#frames - this.#padBefore) : this.#start;
    return frame * FRAME_SAMPLES;
  }

  /** Where the open stretch starts; undefined in silence. */
  get openStart(): number | undefined {
    return this.#state === 'speech' ? this.#start * FRAME_SAMPLES : undefined;
  }

  /** Takes the next frame's probability and gives what it completes. */
  push(probability: number): SegmenterEvent[] {
    const frame = this.#frames++;
    this.#history[frame % this.#history.length] = probability;
    const voiced = probability >= this.#options.onThreshold;
    if (this.#state === 'silence') {
      // The rest of a frame in which the stream was flushed has been given already, in part.
      if (!voiced || frame < this.#barrier) return [];
      this.#state = 'onset';
      this.#start = Math.max(this.#barrier, frame - this.#padBefore);
      this.#voiced = 0;
    }
    if (voiced) {
      this.#voiced++;
      this.#pause = undefined;
    } else if (probability < this.#options.offThreshold) {
      this.#pause ??= frame;
    }
    const events: SegmenterEvent[] = [];
    if (this.#state === 'onset' && this.#voiced >= this.#minSpeech) {
      this.#state = 'speech';
      events.push({ kind: 'start', at: this.#start * FRAME_SAMPLES });
    }
    if (this.#pause !== undefined && this.#frames - this.#pause >= this.#minSilence) {
      events.push(...this.#end(Math.min(this.#pause + this.#padAfter, this.#frames)));
    } else if (this.#frames - this.#start >= this.#maxStretch) {
      events.push(...this.#cut());
    }
    return events;
  }

  /**
   * Ends the open stretch where the stream stands, as at the end of a recording. More may be pushed afterwards.
   *
   * @param samples all samples seen, with those of a frame that was not completed.
   */
  flush(samples: number): SegmenterEvent[] {
    const events: SegmenterEvent[] = [];
    if (this.#state === 'speech') {
      const end = this.#pause === undefined ? samples : Math.min(samples, (this.#pause + this.#padAfter) * FRAME_SAMPLES);
      events.push({ kind: 'end', start: this.#start * FRAME_SAMPLES, end });
    }
    this.#toSilence(Math.ceil(samples / FRAME_SAMPLES));
    return events;
  }

  #end(frame: number): SegmenterEvent[] {
    const wasSpeech = this.#state === 'speech';
    const start = this.#start;
    this.#toSilence(wasSpeech ? frame : this.#barrier);
    return wasSpeech ? [{ kind: 'end', start: start * FRAME_SAMPLES, end: frame * FRAME_SAMPLES }] : [];
  }

  /** The stretch has reached its limit: ends it in the pause that goes on, or at its quietest place, where the next then starts. */
  #cut(): SegmenterEvent[] {
    // An onset cannot last this long: it either gathers its few frames of speech or is ended by a pause; both come first,
    // except where probabilities stay between the thresholds.
    if (this.#state === 'onset' || this.#pause !== undefined) {
      return this.#end(Math.min((this.#pause ?? this.#frames) + this.#padAfter, this.#frames));
    }
    const place = this.#quietest(this.#start + Math.ceil(this.#maxStretch * CUT_FROM), this.#frames - 1);
    const start = this.#start;
    this.#barrier = place;
    this.#start = place;
    return [
      { kind: 'end', start: start * FRAME_SAMPLES, end: place * FRAME_SAMPLES },
      { kind: 'start', at: place * FRAME_SAMPLES },
    ];
  }

  /** The frame whose surroundings (three frames) are least probably speech; the last of several. */
  #quietest(from: number, to: number): number {
    let place = from;
    let lowest = Infinity;
    for (let frame = from; frame < to; frame++) {
      const sum = this.#at(frame - 1) + this.#at(frame) + this.#at(frame + 1);
      if (sum > lowest) continue;
      lowest = sum;
      place = frame;
    }
    return place;
  }

  #at(frame: number): number {
    return this.#history[frame % this.#history.length]!;
  }

  #toSilence(barrier: number): void {
    this.#state = 'silence';
    this.#barrier = barrier;
    this.#pause = undefined;
  }
}

function toFrames(milliseconds: number): number {
  return Math.ceil(milliseconds / FRAME_MS);
}

function check(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new RangeError(`expected ${name} to be a number from ${min} to ${max}, got ${String(value)}`);
}
