import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyValueCache } from '../../src/transcription/key-value-cache.js';

const shape = { tensors: 2, heads: 2, headSize: 3, maxTokens: 200 };
const NAMES = ['key', 'value'];

/** What stands in a place; different everywhere. */
const value = (tensor: number, row: number, head: number, token: number): number => tensor * 1e6 + row * 1e4 + head * 1e3 + token;

/** Writes as the decoder does: what was read, with the new tokens after it. @param rows what each row stands for */
function step(cache: KeyValueCache, rows: readonly number[], added: number): void {
  const read = cache.read(NAMES);
  const write = cache.write(NAMES, added);
  NAMES.forEach((name, tensor) => {
    const before = read[name]!;
    const after = write[name]!;
    const past = before.dims[2]!;
    expect(before.dims).toEqual([rows.length, 2, past, 3]);
    expect(after.dims).toEqual([rows.length, 2, past + added, 3]);
    const from = before.data as Float32Array;
    const to = after.data as Float32Array;
    rows.forEach((row, r) => {
      for (let head = 0; head < 2; head++) {
        for (let token = 0; token < past + added; token++) {
          for (let i = 0; i < 3; i++) {
            const source = ((r * 2 + head) * past + token) * 3 + i;
            to[((r * 2 + head) * (past + added) + token) * 3 + i] = token < past ? from[source]! : value(tensor, row, head, token);
          }
        }
      }
    });
  });
  cache.advance(added);
}

function expectWhole(cache: KeyValueCache, rows: readonly number[]): void {
  const read = cache.read(NAMES);
  NAMES.forEach((name, tensor) => {
    const data = read[name]!.data as Float32Array;
    expect(data.length).toBe(rows.length * 2 * cache.length * 3);
    data.forEach((got, at) => {
      const token = Math.floor(at / 3) % cache.length;
      const head = Math.floor(at / 3 / cache.length) % 2;
      expect(got).toBe(value(tensor, rows[Math.floor(at / 3 / cache.length / 2)]!, head, token));
    });
  });
}

describe('KeyValueCache', () => {
  it('holds what was written, however it grows and whichever rows go on', () => {
    const action = fc.oneof(fc.record({ add: fc.integer({ min: 1, max: 30 }) }), fc.record({ keep: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(action, { maxLength: 12 }), (count, actions) => {
        let rows = Array.from({ length: count }, (_, row) => row);
        const cache = new KeyValueCache(shape, count);
        let length = 0;
        for (const each of actions) {
          if ('keep' in each) {
            const places = each.keep.map((place) => place % rows.length);
            cache.keep(places);
            rows = places.map((place) => rows[place]!);
          } else if (length + each.add <= shape.maxTokens) {
            step(cache, rows, each.add);
            length += each.add;
          }
        }
        expect(cache.length).toBe(length);
        if (length > 0) expectWhole(cache, rows);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses to grow beyond its limit', () => {
    const cache = new KeyValueCache(shape, 1);
    step(cache, [0], 200);
    expect(() => cache.write(NAMES, 1)).toThrow(RangeError);
  });
});
