import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerReport } from '../../src/cli/report.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { classified, response } from '../survey/make-responses.js';
import { runCommand } from './command-context.js';

let folder: string;
let db: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-report-cli-'));
  db = join(folder, 'pulsen.db');
  await using store = await SqliteStore.open(db, { create: true });
  await store.add(Array.from({ length: 20 }, (_, index) => response(String(index), { comment: classified({ areas: [{ area: 'tid', tonality: 'negativ', probability: null }] }) })));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const report = (...flags: string[]): Promise<{ lines: readonly string[] }> => runCommand(registerReport, ['report', '--db', db, ...flags]);

describe('tonalitet report', () => {
  it.each([
    ['rapport.xlsx', [], '504b0304'],
    ['RAPPORT.PDF', [], '255044462d312e37'],
    ['utan-namn', ['--format', 'pdf'], '255044462d312e37'],
    ['rapport.html', [], Buffer.from('<!DOCTYPE html>').toString('hex')],
    ['rapport.csv', ['--table', 'omraden'], 'efbbbf'],
    ['rapport.json', [], Buffer.from('{\n').toString('hex')],
  ])('writes %s as its name or %j says, and leaves nothing half beside it', async (name, flags, beginning) => {
    const out = join(folder, name);
    expect((await report('--out', out, ...flags)).lines).toEqual([]);
    expect((await readFile(out)).toString('hex').startsWith(beginning)).toBe(true);
    expect((await readdir(folder)).filter((file) => file.endsWith('.part'))).toEqual([]);
  });

  it('prints text, and asks for a file where the report is none', async () => {
    expect(JSON.parse((await report()).lines.join('\n'))).toMatchObject({ format: 1, totals: [{ comments: 20 }] });
    for (const format of ['xlsx', 'pdf']) await expect(report('--format', format)).rejects.toThrow(/--out: a file expected/);
    await expect(report('--out', join(folder, 'rapport.docx'))).rejects.toThrow(/--format: one of json, html, csv, xlsx, pdf/);
    await expect(report('--out', join(folder, 'saknas', 'r.pdf'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
