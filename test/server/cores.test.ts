import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toMetadata } from '../../src/server/fields.js';
import { MessageRate } from '../../src/server/message-rate.js';
import { PartialTurns } from '../../src/server/partial-turns.js';
import { StableText } from '../../src/server/stable-text.js';
import { StreamDecoder } from '../../src/server/stream-format.js';
import { placeWords } from '../../src/server/words.js';

describe('StableText', () => {
  it('makes stable what two passes agree on', () => {
    const stable = new StableText();
    expect(stable.agree('jag fick')).toEqual({ text: 'jag fick', stableText: '' });
    expect(stable.agree('jag fick vänta i')).toEqual({ text: 'jag fick vänta i', stableText: 'jag fick' });
    expect(stable.agree('han fick vänta på svar')).toEqual({ text: 'jag fick vänta på svar', stableText: 'jag fick' });
  });

  it('only grows, and is always the beginning of the text', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(fc.array(words), (passes) => {
        const stable = new StableText();
        let before = '';
        for (const pass of passes) {
          const { text, stableText } = stable.agree(pass);
          expect(stableText.startsWith(before)).toBe(true);
          expect(text.startsWith(stableText)).toBe(true);
          before = stableText;
        }
      }),
    );
  });
});

describe('placeWords', () => {
  it('keeps words in order and within their segment', () => {
    const segment = fc
      .record({ start: fc.double({ min: 0, max: 100, noNaN: true }), length: fc.double({ min: 0, max: 30, noNaN: true }), text: fc.string(), confidence: fc.constant(0.5) })
      .map(({ start, length, text, confidence }) => ({ start, end: start + length, text, confidence }));
    fc.assert(
      fc.property(segment, (one) => {
        const placed = placeWords([one]);
        expect(placed.map(({ word }) => word)).toEqual(one.text.split(/\s+/u).filter((word) => word !== ''));
        let last = one.start;
        for (const { startS, endS } of placed) {
          expect(startS).toBeGreaterThanOrEqual(last - 1e-9);
          expect(endS).toBeGreaterThanOrEqual(startS);
          last = startS;
        }
        if (placed.length > 0) expect(placed.at(-1)!.endS).toBeLessThanOrEqual(one.end + 1e-6);
      }),
    );
  });
});

describe('StreamDecoder', () => {
  it('gives the same samples however the bytes are cut', () => {
    const format = fc.record({
      encoding: fc.constantFrom('pcmu', 'pcma', 'l16'),
      sampleRateHz: fc.constant(8_000),
      channels: fc.constantFrom(1, 2),
      bigEndian: fc.boolean(),
    });
    fc.assert(
      fc.property(format, fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 8 }), (as, bytes, cuts) => {
        const typed = as as ConstructorParameters<typeof StreamDecoder>[0];
        const whole = new StreamDecoder(typed).write(bytes);
        const pieces = new StreamDecoder(typed);
        const parts = whole.map((): number[] => []);
        const edges = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
        for (let i = 0; i + 1 < edges.length; i++) pieces.write(bytes.slice(edges[i], edges[i + 1])).forEach((samples, c) => parts[c]!.push(...samples));
        expect(parts).toEqual(whole.map((samples) => [...samples]));
        for (const samples of whole) for (const sample of samples) expect(Math.abs(sample)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('PartialTurns', () => {
  it('lets the longest waiting go first, one at a time, and none while a final is made', async () => {
    const turns = new PartialTurns(1);
    const order: string[] = [];
    const gates: (() => void)[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(name);
      await new Promise<void>((resolve) => gates.push(resolve));
    };
    turns.request(work('a'));
    turns.request(work('b'));
    const cancel = turns.request(work('c'));
    turns.request(work('d'));
    cancel();
    expect(order).toEqual(['a']);
    let made: () => void = () => undefined;
    const final = turns.final(async () => new Promise<void>((resolve) => (made = resolve)));
    gates.shift()!();
    await new Promise(setImmediate);
    expect(order).toEqual(['a']);
    made();
    await final;
    expect(order).toEqual(['a', 'b']);
    gates.shift()!();
    await new Promise(setImmediate);
    expect(order).toEqual(['a', 'b', 'd']);
    expect(turns.waiting).toBe(0);
  });

  it('goes on after a final that fails', async () => {
    const turns = new PartialTurns(1);
    await expect(turns.final(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    let ran = false;
    turns.request(async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });
});

describe('MessageRate', () => {
  it('takes four seconds at once, and then the rate', () => {
    const rate = new MessageRate(10, 0);
    expect(Array.from({ length: 50 }, () => rate.take(0)).filter(Boolean)).toHaveLength(40);
    expect(Array.from({ length: 50 }, () => rate.take(1_000)).filter(Boolean)).toHaveLength(10);
  });
});

describe('fields', () => {
  it('takes base64 only where it is', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => {
        expect([...fromBase64(Buffer.from(bytes).toString('base64'))!]).toEqual([...bytes]);
      }));
    for (const text of ['a', 'ab==c', 'a b=', 'ab=c', '-_-_', 'abc\n']) expect(fromBase64(text)).toBeUndefined();
  });

  it('keep what is short and flat of metadata, and nothing that is a trap', () => {
    const odd = JSON.parse('{"__proto__":"x","constructor":"y","a":"1","b":{"c":1},"d":"\\u0000","e":2,"f":""}') as unknown;
    expect(toMetadata(odd)).toEqual({ a: '1', e: '2' });
    expect(Object.keys(toMetadata(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, 'v']))))).toHaveLength(32);
  });
});
