import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../src/cli/byte-lines.js';
import { textLines } from '../../src/cli/text-lines.js';
import type { LineFormat, TextLine } from '../../src/cli/text-lines.js';
import { cutAt } from '../audio/signals.js';

async function* chunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  yield* cutAt(bytes, cuts);
}

async function read(input: string | Uint8Array, format?: LineFormat, cuts: readonly number[] = []): Promise<TextLine[]> {
  const lines: TextLine[] = [];
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  for await (const line of textLines(chunks(bytes, cuts), format)) lines.push(line);
  return lines;
}

const code = ({ text }: TextLine): string => (typeof text === 'string' ? text : text.code);

describe('lines of text', () => {
  it('are JSON objects or plain text, as the first of them show', async () => {
    expect((await read('{"text": "bra"}\n{"text": "dåligt", "id": 7}\n')).map(({ text, id }) => [text, id])).toEqual([
      ['bra', undefined],
      ['dåligt', 7],
    ]);
    expect((await read('bra\r\ndåligt')).map(({ text }) => text)).toEqual(['bra', 'dåligt']);
    expect((await read('{"text": "bra"}\n', 'plain')).map(({ text }) => text)).toEqual(['{"text": "bra"}']);
    expect((await read('trasig\n{"text": "bra"}\n')).map(code)).toEqual(['TEXT_INVALID', 'bra']);
    expect((await read('\uFEFF{"text": "bra"}\n')).map(code)).toEqual(['bra']);
    expect((await read('\uFEFFbra\n')).map(code)).toEqual(['bra']);
  });

  it('that are empty keep their place in plain text, and are passed over between objects', async () => {
    expect((await read('a\n\nb\n')).map(({ number, text }) => [number, text])).toEqual([[1, 'a'], [2, ''], [3, 'b']]);
    expect((await read('{"text":"a"}\n\n{"text":"b"}\n')).map(({ number }) => number)).toEqual([1, 3]);
    expect(await read('')).toEqual([]);
  });

  it.each([
    ['{"text": }', 'no JSON'],
    ['{"text": 5}', 'a number'],
    ['{"text": null}', 'null'],
    ['{"comment": "hemlig mening"}', "field 'text'"],
    ['["hemlig mening"]', 'an array'],
    ['"hemlig mening"', 'a string'],
    ['{"hemlig mening', 'no JSON'],
  ])('such as %s are errors that say why and quote nothing', async (bad, why) => {
    const lines = await read(`{"text":"a"}\n${bad}\n{"text":"b"}`);
    expect(lines.map(code)).toEqual(['a', 'TEXT_INVALID', 'b']);
    expect((lines[1]!.text as Error).message).toContain(why);
    expect((lines[1]!.text as Error).message).not.toContain('hemlig');
  });

  it('that are not UTF-8, or far too long, are errors alone', async () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0xfe]), Buffer.from('\n'), Buffer.alloc(MAX_LINE_BYTES + 1, 0x61), Buffer.from('\nb')]);
    expect((await read(bytes, 'plain')).map(code)).toEqual(['a', 'TEXT_INVALID', 'TEXT_LIMIT', 'b']);
  });

  it('come out the same however the bytes are cut', async () => {
    const text = '{"text": "Vänlig 👍"}\r\n\r\nnej\n{"text":"å"}';
    const whole = (await read(text, 'jsonl')).map(code);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async (cuts) => {
        expect((await read(text, 'jsonl', cuts)).map(code)).toEqual(whole);
      }),
    );
  });
});
