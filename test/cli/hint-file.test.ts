import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHintFile } from '../../src/cli/hint-file.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-hints-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function hints(content: string | Uint8Array): Promise<readonly string[]> {
  const path = join(folder, 'hints.txt');
  await writeFile(path, content);
  return readHintFile(path);
}

describe('a file of hints', () => {
  it('has a name a line; empty lines and comments are left out', async () => {
    expect(await hints('# Platser\nÅtvidaberg\r\n\n  Kinda kommun  \n#\nvård- och omsorgsförvaltningen')).toEqual(['Åtvidaberg', 'Kinda kommun', 'vård- och omsorgsförvaltningen']);
  });

  it('may be empty', async () => {
    expect(await hints('')).toEqual([]);
  });

  it('of more than 200 names, or with a long one, is refused with the line', async () => {
    await expect(hints('namn\n'.repeat(201))).rejects.toMatchObject({ code: 'TEXT_LIMIT', message: expect.stringContaining('got 201') });
    await expect(hints(`kort\n${'å'.repeat(61)}\n`)).rejects.toMatchObject({ code: 'TEXT_LIMIT', message: expect.stringContaining('line 2') });
    await expect(hints('x'.repeat(200_000))).rejects.toMatchObject({ code: 'TEXT_LIMIT' });
  });

  it('that is not there, or is not text, is refused', async () => {
    await expect(readHintFile(join(folder, 'none.txt'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readHintFile(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(hints(Uint8Array.of(0xff, 0xfe, 0x41))).rejects.toMatchObject({ code: 'TEXT_INVALID' });
  });
});
