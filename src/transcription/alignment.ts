/** Frames that are smoothed over, as in the reference: 140 ms. */
const SMOOTHED_FRAMES = 7;

/** The sizes of the scores that an alignment is made from. */
export interface AlignmentShape {
  readonly heads: number;
  readonly tokens: number;
  readonly frames: number;
}

/**
 * When each token of a text was said, from where the heads that follow the sound look, after the reference's timing: the softmax over
 * the frames, each frame's values standardised over the tokens, smoothed by a median, averaged over the heads; then the cheapest way
 * through tokens and frames in order (dynamic time warping). Pure.
 *
 * @param scores float32 [heads, tokens, frames], before the softmax. Overwritten.
 * @param from the first row that is wanted: the last of the prompt, which looks where the text's first token is.
 * @returns the frame in which each row's place begins, from `from` on: never falling; the last is where the text ends.
 */
export function alignTokens(scores: Float32Array, shape: AlignmentShape, from: number): number[] {
  const { heads, tokens, frames } = shape;
  const rows = tokens - from;
  const mean = new Float32Array(rows * frames);
  for (let head = 0; head < heads; head++) {
    const own = scores.subarray(head * tokens * frames, (head + 1) * tokens * frames);
    for (let token = 0; token < tokens; token++) softmax(own.subarray(token * frames, (token + 1) * frames));
    standardise(own, tokens, frames);
    for (let row = 0; row < rows; row++) {
      const smooth = medians(own.subarray((from + row) * frames, (from + row + 1) * frames), SMOOTHED_FRAMES);
      smooth.forEach((value, frame) => (mean[row * frames + frame] = mean[row * frames + frame]! + value / heads));
    }
  }
  return cheapestStarts(mean, rows, frames);
}

function softmax(values: Float32Array): void {
  const most = values.reduce((max, value) => Math.max(max, value), -Infinity);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i]! - most);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / sum;
}

/** Each frame's values over the tokens get the mean 0 and the standard deviation 1. @param values [tokens, frames] */
function standardise(values: Float32Array, tokens: number, frames: number): void {
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    let squares = 0;
    for (let token = 0; token < tokens; token++) {
      const value = values[token * frames + frame]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / tokens;
    const deviation = Math.sqrt(Math.max(0, squares / tokens - mean * mean));
    for (let token = 0; token < tokens; token++) {
      const at = token * frames + frame;
      values[at] = deviation > 0 ? (values[at]! - mean) / deviation : 0;
    }
  }
}

/** The median of each value and its neighbours; the ends are mirrored. */
export function medians(values: Float32Array, width: number): Float32Array {
  const half = (width - 1) / 2;
  const last = values.length - 1;
  if (last < half) return values.slice();
  const window = new Float32Array(width);
  return values.map((_, i) => {
    for (let k = -half; k <= half; k++) {
      const at = Math.abs(i + k);
      window[k + half] = values[at > last ? 2 * last - at : at]!;
    }
    return window.slice().sort()[half]!;
  });
}

/** @param gains [rows, frames] @returns where the way of the highest sum enters each row, beginning in the first. */
export function cheapestStarts(gains: Float32Array, rows: number, frames: number): number[] {
  const width = frames + 1;
  const cost = new Float64Array((rows + 1) * width).fill(Infinity);
  /** 0: from the row and the frame before; 1: from the row before; 2: from the frame before. */
  const from = new Uint8Array((rows + 1) * width);
  cost[0] = 0;
  for (let row = 1; row <= rows; row++) {
    for (let frame = 1; frame <= frames; frame++) {
      const at = row * width + frame;
      const diagonal = cost[at - width - 1]!;
      const up = cost[at - width]!;
      const left = cost[at - 1]!;
      const way = diagonal <= up && diagonal <= left ? 0 : up < left ? 1 : 2;
      from[at] = way;
      cost[at] = Math.min(diagonal, up, left) - gains[(row - 1) * frames + frame - 1]!;
    }
  }
  const starts = new Array<number>(rows).fill(0);
  let row = rows;
  let frame = frames;
  while (row > 0 && frame > 0) {
    starts[row - 1] = frame - 1;
    const way = from[row * width + frame]!;
    if (way !== 2) row--;
    if (way !== 1) frame--;
  }
  return starts;
}
