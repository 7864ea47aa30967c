import { MODEL_SAMPLE_RATE_HZ } from './pcm.js';

/** A key that was pressed, as its tone pair tells (ITU-T Q.23). Times are seconds from the beginning of the stream. */
export interface DtmfDigit {
  /** One of 0-9, *, #, A-D. */
  readonly digit: string;
  readonly startS: number;
  readonly durationS: number;
}

/** A tone pair with its place in samples from the beginning of the stream. */
export interface DtmfTone {
  readonly digit: string;
  readonly start: number;
  readonly end: number;
}

const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1_209, 1_336, 1_477, 1_633];
const DIGITS = ['123A', '456B', '789C', '*0#D'];

/** What the tones are looked for in at a time: 12.75 ms, 102 samples at 8 kHz, as telephone equipment has it; ... */
const BLOCK = 204;
/** ... and how far apart: half of it, so that a tone of 40 ms (the shortest that must be heard, Q.24) fills at least four, wherever it begins. */
const HOP = BLOCK / 2;

/** Blocks in a row that must hold the same tones. Four take 32 ms; one shorter than 23 ms (to be ignored, Q.24) fills three at most. */
const BLOCKS_TO_START = 4;
/** Blocks in a row without them that end a digit: 19 ms, longer than the 10 ms of a break in one tone (Q.24). */
const BLOCKS_TO_END = 3;

/** The weakest tone that counts, in decibels below full scale: 25 dB below the usual level of -9 dB (Q.24), and some. */
const MIN_LEVEL_DB = -42;

/** How much stronger the row's tone may be, and the column's, in decibels: 8 and 4 (Q.24), and 2 for what a short block blurs. */
const MAX_ROW_STRONGER_DB = 10;
const MAX_COLUMN_STRONGER_DB = 6;

/** How far each tone must stand out from the others of its group, in decibels. */
const MIN_ABOVE_OTHERS_DB = 6;

/** The share of the block's power that the two tones must hold: in speech, other harmonics hold more than the rest. */
const MIN_SHARE = 0.72;

/** The same while a digit is on, so that a dip does not end it. */
const MIN_SHARE_ON = 0.45;

/**
 * How far the two tones together may change in level from one block to the next while a digit begins, in decibels: keys give steady
 * tones, voices do not.
 */
const MAX_UNSTEADY_DB = 2.5;

/** Samples held back, so that a tone is known before its beginning is handed on. */
export const DTMF_DELAY: number = HOP * (BLOCKS_TO_START + 2) + BLOCK;

interface Block {
  readonly digit: string | undefined;
  readonly share: number;
  readonly levelDb: number;
}

/**
 * Finds the tone pairs of telephone keys in a stream at 16 kHz. Pure, and any cutting of the stream into pieces gives the same tones.
 */
export class DtmfDetector {
  readonly #held = new Float32Array(BLOCK);
  #heldLength = 0;
  /** Where the held samples begin in the stream. */
  #at = 0;
  #candidate: { digit: string; start: number; blocks: number; levelDb: number } | undefined;
  #on: { digit: string; start: number; end: number; misses: number } | undefined;

  /** The tone that is on now and where it began; its end is not known yet. */
  get open(): { readonly digit: string; readonly start: number } | undefined {
    return this.#on;
  }

  /**
   * Takes the next samples.
   *
   * @param samples 16 kHz, finite, nominally in [-1, 1]; any number.
   * @returns the tones that ended, in order.
   */
  push(samples: Float32Array): DtmfTone[] {
    const ended: DtmfTone[] = [];
    let offset = 0;
    while (offset < samples.length) {
      const taken = Math.min(BLOCK - this.#heldLength, samples.length - offset);
      this.#held.set(samples.subarray(offset, offset + taken), this.#heldLength);
      this.#heldLength += taken;
      offset += taken;
      if (this.#heldLength < BLOCK) break;
      const tone = this.#take(analyse(this.#held));
      if (tone !== undefined) ended.push(tone);
      this.#held.copyWithin(0, HOP);
      this.#heldLength = BLOCK - HOP;
      this.#at += HOP;
    }
    return ended;
  }

  /** Ends a tone that is on, where the stream ends. More may be pushed afterwards. */
  flush(): DtmfTone[] {
    const on = this.#on;
    this.#on = undefined;
    this.#candidate = undefined;
    return on === undefined ? [] : [{ digit: on.digit, start: on.start, end: on.end }];
  }

  #take(block: Block): DtmfTone | undefined {
    const on = this.#on;
    if (on === undefined) {
      this.#consider(block);
      return undefined;
    }
    if (block.digit === on.digit && block.share >= MIN_SHARE_ON) {
      on.end = this.#at + BLOCK;
      on.misses = 0;
      return undefined;
    }
    // The next digit may follow at once; its blocks count from the first.
    this.#consider(block);
    if (++on.misses < BLOCKS_TO_END && this.#on === on) return undefined;
    if (this.#on === on) this.#on = undefined;
    return { digit: on.digit, start: on.start, end: on.end };
  }

  /** Looks for the beginning of a digit. */
  #consider({ digit, share, levelDb }: Block): void {
    if (digit === undefined || share < MIN_SHARE) {
      this.#candidate = undefined;
      return;
    }
    const before = this.#candidate;
    const steady = before?.digit === digit && (before.blocks === 1 || Math.abs(levelDb - before.levelDb) <= MAX_UNSTEADY_DB);
    const candidate = steady ? { ...before, blocks: before.blocks + 1, levelDb } : { digit, start: this.#at, blocks: 1, levelDb };
    this.#candidate = candidate;
    if (candidate.blocks < BLOCKS_TO_START) return;
    this.#candidate = undefined;
    this.#on = { digit, start: candidate.start, end: this.#at + BLOCK, misses: 0 };
  }
}

/** Whole digits with their times, from their tones. */
export function toDigit({ digit, start, end }: DtmfTone): DtmfDigit {
  return { digit, startS: start / MODEL_SAMPLE_RATE_HZ, durationS: (end - start) / MODEL_SAMPLE_RATE_HZ };
}

function analyse(block: Float32Array): Block {
  const energy = block.reduce((sum, sample) => sum + sample * sample, 0);
  const power = energy / BLOCK;
  if (10 * Math.log10(power + 1e-12) < MIN_LEVEL_DB) return { digit: undefined, share: 0, levelDb: -Infinity };
  const rows = ROWS_HZ.map((hz) => tonePower(block, hz));
  const columns = COLUMNS_HZ.map((hz) => tonePower(block, hz));
  const row = largest(rows);
  const column = largest(columns);
  const rowDb = decibels(rows[row]!);
  const columnDb = decibels(columns[column]!);
  const share = (rows[row]! + columns[column]!) / power;
  const levelDb = decibels(rows[row]! + columns[column]!);
  const clear = (values: readonly number[], best: number): boolean => values.every((value, i) => i === best || decibels(value) < decibels(values[best]!) - MIN_ABOVE_OTHERS_DB);
  const twisted = rowDb - columnDb > MAX_ROW_STRONGER_DB || columnDb - rowDb > MAX_COLUMN_STRONGER_DB;
  const digit = twisted || Math.min(rowDb, columnDb) < MIN_LEVEL_DB || !clear(rows, row) || !clear(columns, column) ? undefined : DIGITS[row]![column]!;
  return { digit, share, levelDb };
}

/** The mean power of a tone in a block, by Goertzel's recursion. */
function tonePower(block: Float32Array, hz: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / MODEL_SAMPLE_RATE_HZ);
  let last = 0;
  let beforeLast = 0;
  for (let i = 0; i < block.length; i++) {
    const value = block[i]! + factor * last - beforeLast;
    beforeLast = last;
    last = value;
  }
  // |X|² = (A·N/2)² for an amplitude A, whose power is A²/2.
  return (2 * (last * last + beforeLast * beforeLast - factor * last * beforeLast)) / (block.length * block.length);
}

function decibels(power: number): number {
  return 10 * Math.log10(power + 1e-12);
}

function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
