import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { loadTokenizer } from '../../src/inference/tokenizer.js';
import type { Tokenizer } from '../../src/inference/tokenizer.js';
import { byteLevelTokenizer } from './make-tokenizer.js';

let dir: string;
let tokenizer: Tokenizer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tonalitet-tokenizer-'));
  const path = join(dir, 'tokenizer.json');
  await writeFile(path, JSON.stringify(byteLevelTokenizer()));
  tokenizer = await loadTokenizer(path);
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

describe('a tokenizer', () => {
  it.each(['hej på dig', ' mellanslag först', 'Åsa, Öland & 25 °C', '…—„citat”', '🙂 emoji', ''])('writes %o back as it was', (text) => {
    expect(tokenizer.decode(tokenizer.encodePlain(text))).toBe(text);
  });

  it('puts together a character that is spread over several tokens', () => {
    const ids = tokenizer.encodePlain('å');
    expect(ids).toHaveLength(2);
    expect(tokenizer.decode(ids)).toBe('å');
    expect(tokenizer.decode(ids.slice(0, 1))).toBe('\ufffd');
  });

  it('leaves special tokens out of the text, and knows their numbers', () => {
    const end = tokenizer.idOf('<|endoftext|>')!;
    expect(end).toBe(257);
    expect(tokenizer.decode([...tokenizer.encodePlain('hej'), end])).toBe('hej');
    expect(tokenizer.idOf('<|nothing|>')).toBeUndefined();
  });

  it('does not tidy spaces up', () => {
    expect(tokenizer.decode(tokenizer.encodePlain("a , b 's"))).toBe("a , b 's");
  });
});

describe('loadTokenizer', () => {
  it.each([
    ['no JSON', '{'],
    ['no tokenizer', '{"a": 1}'],
    ['null', 'null'],
  ])('refuses %s', async (_name, content) => {
    const path = join(dir, 'bad.json');
    await writeFile(path, content);
    const error: unknown = await loadTokenizer(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TonalitetError);
    expect((error as TonalitetError).code).toBe('MODEL_INVALID');
  });

  it('says which file is missing', async () => {
    await expect(loadTokenizer(join(dir, 'missing.json'))).rejects.toMatchObject({ code: 'MODEL_MISSING', message: expect.stringContaining('missing.json') as string });
  });
});
