import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PressedKeys } from '../../src/server/pressed-keys.js';

const digits = (keys: PressedKeys): string => keys.pressed.map(({ digit }) => digit).join('');

describe('PressedKeys', () => {
  it('counts a key once that was told and heard, whichever came first', () => {
    const keys = new PressedKeys();
    expect(keys.told('5', 10)).toEqual({ digit: '5', atS: 10 });
    expect(keys.heard('5', 9.4)).toBeUndefined();
    expect(keys.heard('6', 12)).toEqual({ digit: '6', atS: 12 });
    expect(keys.told('6', 12.3)).toBeUndefined();
    expect(digits(keys)).toBe('56');
  });

  it('counts keys of one source each for itself, however fast they come', () => {
    const keys = new PressedKeys();
    for (const atS of [1, 1.1, 1.2]) keys.heard('0', atS);
    for (const atS of [1.5, 1.5, 1.5]) keys.told('0', atS);
    expect(digits(keys)).toBe('000');
  });

  it('does not take another key, or one of another time, for the same', () => {
    const keys = new PressedKeys();
    keys.told('1', 1);
    keys.heard('2', 1);
    keys.heard('1', 4);
    expect(digits(keys)).toBe('121');
  });

  it('holds a limited number of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), (count) => {
        const keys = new PressedKeys();
        for (let i = 0; i < count; i++) keys.told('1', i * 10);
        expect(keys.pressed).toHaveLength(Math.min(count, 256));
      }),
      { numRuns: 20 },
    );
  });
});
