import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../src/audio/g711.js';

const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);

describe('µ-law', () => {
  it('brings every code back, the negative zero as the positive one', () => {
    const expected = allCodes.slice();
    expected[0x7f] = 0xff;
    expect(encodeMuLaw(decodeMuLaw(allCodes))).toEqual(expected);
  });

  it('keeps the value of every code', () => {
    const values = decodeMuLaw(allCodes);
    expect(decodeMuLaw(encodeMuLaw(values))).toEqual(values);
  });

  it('gives the decoder values of G.711 table 2a', () => {
    // Outermost values, the first two steps, the start of a segment, and both zeros, on the 14-bit scale.
    const on14Bits = decodeMuLaw(Uint8Array.of(0x80, 0x00, 0x8f, 0xfe, 0xef, 0x7e, 0xff, 0x7f)).map((value) => value * 8_192);
    expect([...on14Bits]).toEqual([8_031, -8_031, 4_191, 2, 33, -2, 0, 0]);
  });

  it('has no negative zero', () => {
    expect(decodeMuLaw(allCodes).every((value) => !Object.is(value, -0))).toBe(true);
  });
});

describe('A-law', () => {
  it('brings every code back', () => {
    expect(encodeALaw(decodeALaw(allCodes))).toEqual(allCodes);
  });

  it('gives the decoder values of G.711 table 1a', () => {
    // 0xD5 is the smallest positive code with its even bits inverted, 0xAA the largest; on the 13-bit scale.
    const on13Bits = decodeALaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0xc5)).map((value) => value * 4_096);
    expect([...on13Bits]).toEqual([1, -1, 4_032, -4_032, 33]);
  });
});

describe.each([
  { name: 'µ-law', encode: encodeMuLaw, decode: decodeMuLaw },
  { name: 'A-law', encode: encodeALaw, decode: decodeALaw },
])('$name as a code', ({ encode, decode }) => {
  it('puts every value in the middle of the samples that it stands for', () => {
    const samples = Float32Array.from({ length: 32_768 }, (_, i) => i / 32_768);
    const codes = encode(samples);
    const decoded = decode(codes);
    let start = 0;
    for (let i = 1; i < samples.length; i++) {
      if (codes[i] === codes[start]) continue;
      // µ-law's zero stands for both signs, so only half of its samples are here.
      if (decoded[start] !== 0) expect(decoded[start]! * 32_768).toBe((start + i) / 2);
      start = i;
    }
    expect(new Set(codes).size).toBe(128);
  });

  it('is odd and rises with its input', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32_767 }), fc.integer({ min: 1, max: 32_767 }), (a, b) => {
        const [low, high] = decode(encode(Float32Array.of(Math.min(a, b) / 32_768, Math.max(a, b) / 32_768)));
        expect(low).toBeLessThanOrEqual(high!);
        const [plus, minus] = decode(encode(Float32Array.of(a / 32_768, -a / 32_768)));
        expect(minus! + plus!).toBe(0);
      }),
    );
  });

  it('clips what is out of range and takes NaN for nothing', () => {
    const [top, bottom, none] = decode(encode(Float32Array.of(Infinity, -7, Number.NaN)));
    expect(top).toBe(Math.max(...decode(allCodes)));
    expect(bottom).toBe(Math.min(...decode(allCodes)));
    expect(Math.abs(none!)).toBeLessThanOrEqual(8 / 32_768);
  });
});
