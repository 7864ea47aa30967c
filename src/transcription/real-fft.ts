/** One step of the transform: `rest` butterflies of `radix` for each of `stride` interleaved transforms. */
interface Stage {
  readonly radix: 2 | 4 | 5;
  /** Length of the transforms after this stage. */
  readonly rest: number;
  /** Distance between the samples of one transform: the product of the radices before. */
  readonly stride: number;
  /** cos and -sin of 2π p j / (radix · rest), at index p · radix + j. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Constants of the butterfly of 5: cosines and sines of 2π/5 and 4π/5. */
const C1 = Math.cos((2 * Math.PI) / 5);
const C2 = Math.cos((4 * Math.PI) / 5);
const S1 = Math.sin((2 * Math.PI) / 5);
const S2 = Math.sin((4 * Math.PI) / 5);

/**
 * The power spectrum of a real signal whose length is twice a product of 2 and 5, such as Whisper's 400.
 *
 * The even samples become real parts and the odd ones imaginary parts of a transform of half the length, by Stockham's
 * self-sorting scheme with mixed radices; the two spectra are then told apart by their symmetry. Tables and work space are made
 * once; a transform allocates nothing.
 */
export class RealFft {
  readonly length: number;
  readonly #half: number;
  readonly #stages: readonly Stage[];
  #re: Float64Array;
  #im: Float64Array;
  #nextRe: Float64Array;
  #nextIm: Float64Array;
  /** cos and sin of 2π k / length. */
  readonly #splitCos: Float64Array;
  readonly #splitSin: Float64Array;

  /** @throws RangeError for a length that the scheme does not cover. */
  constructor(length: number) {
    this.length = length;
    this.#half = length / 2;
    this.#stages = makeStages(this.#half);
    this.#re = new Float64Array(this.#half);
    this.#im = new Float64Array(this.#half);
    this.#nextRe = new Float64Array(this.#half);
    this.#nextIm = new Float64Array(this.#half);
    this.#splitCos = Float64Array.from({ length: this.#half }, (_, k) => Math.cos((2 * Math.PI * k) / length));
    this.#splitSin = Float64Array.from({ length: this.#half }, (_, k) => Math.sin((2 * Math.PI * k) / length));
  }

  /**
   * @param samples read from `offset` on.
   * @param window [length], multiplied with the samples.
   * @param power [length / 2 + 1], written: the squared magnitudes from frequency 0 to half the sample rate.
   */
  power(samples: Float32Array, offset: number, window: Float64Array, power: Float64Array): void {
    const half = this.#half;
    for (let i = 0; i < half; i++) {
      this.#re[i] = samples[offset + 2 * i]! * window[2 * i]!;
      this.#im[i] = samples[offset + 2 * i + 1]! * window[2 * i + 1]!;
    }
    for (const stage of this.#stages) {
      if (stage.radix === 5) radix5(stage, this.#re, this.#im, this.#nextRe, this.#nextIm);
      else if (stage.radix === 4) radix4(stage, this.#re, this.#im, this.#nextRe, this.#nextIm);
      else radix2(stage, this.#re, this.#im, this.#nextRe, this.#nextIm);
      [this.#re, this.#nextRe] = [this.#nextRe, this.#re];
      [this.#im, this.#nextIm] = [this.#nextIm, this.#im];
    }
    this.#split(power);
  }

  #split(power: Float64Array): void {
    const half = this.#half;
    const re = this.#re;
    const im = this.#im;
    power[0] = (re[0]! + im[0]!) ** 2;
    power[half] = (re[0]! - im[0]!) ** 2;
    for (let k = 1; k < half; k++) {
      const evenRe = (re[k]! + re[half - k]!) / 2;
      const evenIm = (im[k]! - im[half - k]!) / 2;
      const oddRe = (im[k]! + im[half - k]!) / 2;
      const oddIm = (re[half - k]! - re[k]!) / 2;
      const cos = this.#splitCos[k]!;
      const sin = this.#splitSin[k]!;
      const real = evenRe + oddRe * cos + oddIm * sin;
      const imaginary = evenIm + oddIm * cos - oddRe * sin;
      power[k] = real * real + imaginary * imaginary;
    }
  }
}

function makeStages(length: number): Stage[] {
  if (!Number.isInteger(length) || length < 1) throw new RangeError(`expected an even length above 0, got ${2 * length}`);
  const stages: Stage[] = [];
  let rest = length;
  let stride = 1;
  while (rest > 1) {
    const radix = rest % 5 === 0 ? 5 : rest % 4 === 0 ? 4 : 2;
    if (rest % radix !== 0) throw new RangeError(`expected a length that is twice a product of 2 and 5, got ${2 * length}`);
    const whole = rest;
    rest /= radix;
    const angle = (i: number): number => (-2 * Math.PI * Math.floor(i / radix) * (i % radix)) / whole;
    stages.push({
      radix,
      rest,
      stride,
      cos: Float64Array.from({ length: whole }, (_, i) => Math.cos(angle(i))),
      sin: Float64Array.from({ length: whole }, (_, i) => Math.sin(angle(i))),
    });
    stride *= radix;
  }
  return stages;
}

function radix2(stage: Stage, re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
  const { rest, stride, cos, sin } = stage;
  for (let p = 0; p < rest; p++) {
    const c = cos[2 * p + 1]!;
    const s = sin[2 * p + 1]!;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const b = a + stride * rest;
      const out = q + stride * 2 * p;
      const dRe = re[a]! - re[b]!;
      const dIm = im[a]! - im[b]!;
      outRe[out] = re[a]! + re[b]!;
      outIm[out] = im[a]! + im[b]!;
      outRe[out + stride] = dRe * c - dIm * s;
      outIm[out + stride] = dRe * s + dIm * c;
    }
  }
}

function radix4(stage: Stage, re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
  const { rest, stride, cos, sin } = stage;
  const step = stride * rest;
  for (let p = 0; p < rest; p++) {
    const w = 4 * p;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const out = q + stride * w;
      const sumRe = re[a]! + re[a + 2 * step]!;
      const sumIm = im[a]! + im[a + 2 * step]!;
      const difRe = re[a]! - re[a + 2 * step]!;
      const difIm = im[a]! - im[a + 2 * step]!;
      const oddSumRe = re[a + step]! + re[a + 3 * step]!;
      const oddSumIm = im[a + step]! + im[a + 3 * step]!;
      const oddDifRe = re[a + step]! - re[a + 3 * step]!;
      const oddDifIm = im[a + step]! - im[a + 3 * step]!;
      outRe[out] = sumRe + oddSumRe;
      outIm[out] = sumIm + oddSumIm;
      turn(outRe, outIm, out + stride, difRe + oddDifIm, difIm - oddDifRe, cos[w + 1]!, sin[w + 1]!);
      turn(outRe, outIm, out + 2 * stride, sumRe - oddSumRe, sumIm - oddSumIm, cos[w + 2]!, sin[w + 2]!);
      turn(outRe, outIm, out + 3 * stride, difRe - oddDifIm, difIm + oddDifRe, cos[w + 3]!, sin[w + 3]!);
    }
  }
}

function radix5(stage: Stage, re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
  const { rest, stride, cos, sin } = stage;
  const step = stride * rest;
  for (let p = 0; p < rest; p++) {
    const w = 5 * p;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const out = q + stride * w;
      // Pairs of inputs whose factors are conjugates of one another.
      const outerRe = re[a + step]! + re[a + 4 * step]!;
      const outerIm = im[a + step]! + im[a + 4 * step]!;
      const innerRe = re[a + 2 * step]! + re[a + 3 * step]!;
      const innerIm = im[a + 2 * step]! + im[a + 3 * step]!;
      const outerDifRe = re[a + step]! - re[a + 4 * step]!;
      const outerDifIm = im[a + step]! - im[a + 4 * step]!;
      const innerDifRe = re[a + 2 * step]! - re[a + 3 * step]!;
      const innerDifIm = im[a + 2 * step]! - im[a + 3 * step]!;
      const firstRe = re[a]! + C1 * outerRe + C2 * innerRe;
      const firstIm = im[a]! + C1 * outerIm + C2 * innerIm;
      const secondRe = re[a]! + C2 * outerRe + C1 * innerRe;
      const secondIm = im[a]! + C2 * outerIm + C1 * innerIm;
      const firstTurnRe = S1 * outerDifIm + S2 * innerDifIm;
      const firstTurnIm = S1 * outerDifRe + S2 * innerDifRe;
      const secondTurnRe = S2 * outerDifIm - S1 * innerDifIm;
      const secondTurnIm = S2 * outerDifRe - S1 * innerDifRe;
      outRe[out] = re[a]! + outerRe + innerRe;
      outIm[out] = im[a]! + outerIm + innerIm;
      turn(outRe, outIm, out + stride, firstRe + firstTurnRe, firstIm - firstTurnIm, cos[w + 1]!, sin[w + 1]!);
      turn(outRe, outIm, out + 2 * stride, secondRe + secondTurnRe, secondIm - secondTurnIm, cos[w + 2]!, sin[w + 2]!);
      turn(outRe, outIm, out + 3 * stride, secondRe - secondTurnRe, secondIm + secondTurnIm, cos[w + 3]!, sin[w + 3]!);
      turn(outRe, outIm, out + 4 * stride, firstRe - firstTurnRe, firstIm + firstTurnIm, cos[w + 4]!, sin[w + 4]!);
    }
  }
}

/** Writes (re + i im) · (cos + i sin). */
function turn(outRe: Float64Array, outIm: Float64Array, at: number, re: number, im: number, cos: number, sin: number): void {
  outRe[at] = re * cos - im * sin;
  outIm[at] = re * sin + im * cos;
}
