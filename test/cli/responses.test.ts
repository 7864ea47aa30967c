import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerCorrect } from '../../src/cli/correct.js';
import { registerCorrections } from '../../src/cli/corrections.js';
import { registerImport } from '../../src/cli/import.js';
import { registerRetry } from '../../src/cli/retry.js';
import { registerSurvey } from '../../src/cli/survey.js';
import { CallIds } from '../../src/survey/call-id.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { runCommand } from './command-context.js';

/** A word that no message may repeat. */
const CANARY = 'Kanariefågel';

let folder: string;
let db: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-import-'));
  db = join(folder, 'pulsen.db');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const row = (id: string, more: object = {}): string => JSON.stringify({ id, municipality: '0180', contacted_at: '2020-03-05T10:12:00+01:00', ...more });
const labelled = { text: 'Hon heter Anna Svensson och var trevlig.', tonality: 'positiv', areas: [{ area: 'handlaggare', tonality: 'positiv' }] };

async function write(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  return path;
}

async function importFile(file: string, ...flags: string[]): Promise<{ counts: Record<string, unknown>; exitCode: number }> {
  const { lines, exitCode } = await runCommand(registerImport, ['import', file, '--db', db, '--no-classify', '--json', ...flags]);
  return { counts: JSON.parse(lines[0]!) as Record<string, unknown>, exitCode };
}

async function inStore<T>(work: (store: SqliteStore) => Promise<T>): Promise<T> {
  await using store = await SqliteStore.open(db, { create: false });
  return await work(store);
}

describe('tonalitet import', () => {
  it('keeps what it counts, redacted and under a pseudonym, and the same again only once', async () => {
    const file = await write('a.jsonl', [row('1', labelled), row('2', { text: 'Det tog lång tid.' }), '', row('3')]);
    expect(await importFile(file)).toEqual({
      counts: { records: 3, added: 3, duplicates: 0, rejected: 0, classified: 0, failed: 0, waiting: 1, rejects: null },
      exitCode: 0,
    });
    expect((await importFile(file)).counts).toMatchObject({ added: 0, duplicates: 3, rejected: 0, waiting: 1 });
    const id = (await CallIds.open(`${db}.key`)).pseudonym('1');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect((await stat(`${db}.key`)).mode & 0o777).toBe(0o600);
    await inStore(async (store) => {
      expect((await store.find(id))?.comment).toMatchObject({ text: 'Hon heter [namn] och var trevlig.', state: 'classified', verdict: { tonality: 'positiv' } });
      expect((await store.extent()).responses).toBe(3);
    });
    // Neither the name nor the call's own id is anywhere in the files.
    const bytes = (await Promise.all([db, `${db}-wal`].map((path) => readFile(path).catch(() => Buffer.alloc(0))))).join('');
    expect(bytes).not.toContain('Svensson');
  });

  it('tells why a row is rejected, and never what it says', async () => {
    const bad = [
      row('1', { municipality: CANARY }),
      row('2', { tonality: CANARY, text: CANARY }),
      row('3', { [CANARY]: 1 }),
      row('4', { areas: [{ area: CANARY, tonality: 'positiv' }], tonality: 'positiv' }),
      row('5', { ratings: { bemotande: CANARY } }),
      row('6', { contacted_at: CANARY }),
      `{"text": "${CANARY}`,
      row('8', { recording: `../${CANARY}.wav` }),
      row('9', { consent: false, text: CANARY }),
      row('10', { services: ['bostad'], tonality: 'positiv' }),
      row('11', { tonality: null, areas: labelled.areas }),
      row('12', { ratings: { [CANARY]: 5 } }),
      row('13', { abandoned_at: 'bemotande' }),
      row('14', { text: CANARY.repeat(2_000) }),
    ];
    const file = await write('a.jsonl', [...bad, row('15')]);
    const { counts, exitCode } = await importFile(file);
    expect(counts).toMatchObject({ records: 15, added: 1, rejected: 14, rejects: `${file}.rejects` });
    expect(exitCode).toBe(1);
    const rejects = await readFile(`${file}.rejects`, 'utf8');
    expect(rejects.trim().split('\n').map((line) => Number(line.split('\t')[0]))).toEqual(bad.map((_, index) => index + 1));
    expect(rejects).not.toContain('Kanarie');
    expect(rejects).toContain("1\tmunicipality: expected a municipality's four-digit code\n");
  });

  it('leaves another response with the same id as it was', async () => {
    const file = await write('a.jsonl', [row('1', labelled), row('1', { ...labelled, tonality: 'negativ' })]);
    expect((await importFile(file)).counts).toMatchObject({ added: 1, rejected: 1 });
    expect(await readFile(`${file}.rejects`, 'utf8')).toMatch(/^2\tid: /);
  });

  it('takes the content for the id where there is none', async () => {
    const { id: _, ...plain } = JSON.parse(row('1')) as { id: string };
    const file = await write('a.jsonl', [JSON.stringify(plain), JSON.stringify({ ...plain, unit: 'Växel' }), JSON.stringify(plain)]);
    expect((await importFile(file)).counts).toMatchObject({ added: 2, duplicates: 1 });
  });

  it('reads CSV by a mapping, and checks ratings against the survey', async () => {
    const file = await write('a.csv', ['Kommun;Datum;rating.bemotande;rating.svar_direkt', '180;2020-03-05;5;1', '180;2020-03-06;6;1', '180;2020-03-07;;', '180;2020-03-08;1;2']);
    const mapping = await write('mapping.yaml', ['fields: { municipality: Kommun, contacted_at: Datum }']);
    const survey = new URL('../../samples/survey.sv.yaml', import.meta.url).pathname;
    expect((await importFile(file, '--mapping', mapping, '--survey', survey)).counts).toMatchObject({ added: 2, rejected: 2 });
    expect(await readFile(`${file}.rejects`, 'utf8')).toBe('3\tratings.bemotande: expected a whole number from 1 to 5\n5\tratings.svar_direkt: expected a whole number from 0 to 1\n');
  });

  it('tells of a file that is missing, and of one whose kind it cannot tell', async () => {
    await expect(runCommand(registerImport, ['import', join(folder, 'none.csv'), '--db', db])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(runCommand(registerImport, ['import', 'a.xls', '--db', db])).rejects.toThrow(/--format/);
    await expect(runCommand(registerImport, ['import', 'a.csv'])).rejects.toThrow(CommanderError);
  });
});

describe('tonalitet correct and corrections', () => {
  it('puts labels in place of the model\'s, and writes them out as training data', async () => {
    await importFile(await write('a.jsonl', [row('1', labelled), row('2')]));
    const correct = (...args: string[]): Promise<unknown> => runCommand(registerCorrect, ['correct', ...args, '--db', db, '--by', 'anna']);
    await correct('1', '--call-id', '--tonality', 'skeptisk', '--area', 'kommunala_tjanster=negativ', '--service', 'bostad', '--remove-area', 'handlaggare');
    const { lines } = await runCommand(registerCorrections, ['corrections', 'export', '--db', db]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        text: 'Hon heter [namn] och var trevlig.',
        tonality: 'skeptisk',
        aspects: { kommunala_tjanster: 'negativ' },
        services: ['bostad'],
        corrected_by: 'anna',
        corrected_at: expect.any(String),
        model: { tonality: 'positiv', aspects: { handlaggare: 'positiv' }, services: [], name: null },
      },
    ]);
    await correct('1', '--call-id', '--tonality', 'none');
    expect((await inStore((store) => store.countComments({ subject: 'comments' })))[0]).toMatchObject({ outcomes: { no_opinion: 1 }, corrected: 1 });
    await expect(correct('1', '--call-id', '--area', 'tid=negativ')).rejects.toThrow(RangeError);
    await expect(correct('1', '--call-id')).rejects.toThrow(/something to correct/);
    await expect(correct('2', '--call-id', '--tonality', 'none')).rejects.toMatchObject({ code: 'RESPONSE_NOT_FOUND' });
    await expect(correct('1', '--tonality', 'none')).rejects.toMatchObject({ code: 'RESPONSE_NOT_FOUND' });
    await expect(correct('1', '--area', 'tid')).rejects.toThrow(CommanderError);
  });
});

describe('tonalitet retry', () => {
  it('lists what was given up, with its reason', async () => {
    await importFile(await write('a.jsonl', [row('1', { recording: 'a.wav' })]));
    await inStore(async (store) => {
      const [comment] = await store.claim(1, new Date(), new Date());
      expect(comment?.recording).toBe(join(folder, 'a.wav'));
      await store.postpone(comment!.id, 'AUDIO_INVALID', null);
    });
    const { lines } = await runCommand(registerRetry, ['retry', '--db', db, '--list']);
    expect(lines).toEqual([expect.stringMatching(/^[0-9a-f]{32}\t0180\tAUDIO_INVALID\t1$/)]);
  });
});

describe('tonalitet survey check', () => {
  it('says that a survey is in order, or where it is not', async () => {
    const sample = new URL('../../samples/survey.sv.yaml', import.meta.url).pathname;
    const broken = await write('broken.yaml', ['format: 2']);
    const { lines, errors, exitCode } = await runCommand(registerSurvey, ['survey', 'check', sample, broken]);
    expect(lines).toEqual([`${sample}: ok: medborgarpulsen, version 1, 7 questions, a spoken comment of at most 120 s`]);
    expect(errors).toEqual([expect.objectContaining({ code: 'SURVEY_INVALID', message: expect.stringContaining('broken.yaml:1:9: format: expected 1, got 2') })]);
    expect(exitCode).toBe(1);
  });
});
