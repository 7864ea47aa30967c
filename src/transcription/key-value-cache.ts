import { float32Tensor } from '../inference/session.js';
import type { Tensor, Tensors } from '../inference/session.js';

/** Token places that a cache has room for at first; it doubles when they are used up. */
const FIRST_CAPACITY = 64;

/** The sizes of a cache. */
export interface CacheShape {
  /** Its tensors, two for each layer. */
  readonly tensors: number;
  readonly heads: number;
  readonly headSize: number;
  /** Token places that are never exceeded. */
  readonly maxTokens: number;
}

/**
 * The decoder's keys and values of the tokens before. A step reads them and writes them anew with its own tokens added; for that
 * there are two sides, which change roles. ONNX Runtime writes straight into them: with results of its own, each step would
 * allocate and copy several megabytes in JavaScript.
 */
export class KeyValueCache {
  readonly #shape: CacheShape;
  #rows: number;
  #length = 0;
  #capacity: number;
  /** float32 [tensors, rows, heads, length, headSize], each tensor at the place that its capacity gives it */
  #current: Float32Array;
  #next: Float32Array;
  #currentCapacity: number;

  constructor(shape: CacheShape, rows: number) {
    this.#shape = shape;
    this.#rows = rows;
    this.#capacity = Math.min(FIRST_CAPACITY, shape.maxTokens);
    this.#currentCapacity = this.#capacity;
    this.#current = new Float32Array(this.#size(this.#capacity));
    this.#next = new Float32Array(this.#size(this.#capacity));
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#length;
  }

  /** Tensors to be read, float32 [rows, heads, length, headSize]. @param names of the cache's tensors, in order. */
  read(names: readonly string[]): Tensors {
    return this.#tensors(names, this.#current, this.#currentCapacity, this.#length);
  }

  /** Tensors to be written, float32 [rows, heads, length + added, headSize]; {@link advance} then makes them those to be read. */
  write(names: readonly string[], added: number): Tensors {
    const length = this.#length + added;
    if (length > this.#shape.maxTokens) throw new RangeError(`expected at most ${this.#shape.maxTokens} tokens, got ${length}`);
    while (this.#capacity < length) this.#capacity = Math.min(2 * this.#capacity, this.#shape.maxTokens);
    if (this.#next.length < this.#size(this.#capacity)) this.#next = new Float32Array(this.#size(this.#capacity));
    return this.#tensors(names, this.#next, this.#capacity, length);
  }

  /** Takes over what was written. @param added as given to {@link write}. */
  advance(added: number): void {
    this.#length += added;
    [this.#current, this.#next] = [this.#next, this.#current];
    this.#currentCapacity = this.#capacity;
  }

  /** Goes on with some rows only, or with rows several times. @param rows their places, in order. */
  keep(rows: readonly number[]): void {
    if (rows.length === this.#rows && rows.every((row, i) => row === i)) return;
    const { tensors, heads, headSize } = this.#shape;
    const rowSize = heads * this.#length * headSize;
    const oldStride = this.#size(this.#currentCapacity) / tensors;
    const old = this.#current;
    // With as many rows as before, as in a beam search, the other side has room for them already: nothing is allocated at each step.
    const reuse = rows.length === this.#rows && this.#currentCapacity === this.#capacity && this.#next.length >= old.length;
    this.#rows = rows.length;
    const kept = reuse ? this.#next : new Float32Array(this.#size(this.#capacity));
    const stride = this.#size(this.#capacity) / tensors;
    for (let tensor = 0; tensor < tensors; tensor++) {
      rows.forEach((row, i) => {
        const from = tensor * oldStride + row * rowSize;
        kept.set(old.subarray(from, from + rowSize), tensor * stride + i * rowSize);
      });
    }
    this.#current = kept;
    this.#currentCapacity = this.#capacity;
    this.#next = reuse ? old : new Float32Array(kept.length);
  }

  #size(capacity: number): number {
    const { tensors, heads, headSize } = this.#shape;
    return tensors * this.#rows * heads * capacity * headSize;
  }

  #tensors(names: readonly string[], side: Float32Array, capacity: number, length: number): Tensors {
    const { heads, headSize } = this.#shape;
    const stride = this.#rows * heads * capacity * headSize;
    const size = this.#rows * heads * length * headSize;
    const dims = [this.#rows, heads, length, headSize];
    return Object.fromEntries(names.map((name, i): [string, Tensor] => [name, float32Tensor(side.subarray(i * stride, i * stride + size), dims)]));
  }
}
