import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerImport } from '../../src/cli/import.js';
import { MAX_FOLDER_DEPTH } from '../../src/cli/recording-folder.js';
import { CallIds } from '../../src/survey/call-id.js';
import type { CommentJudge } from '../../src/survey/classify-waiting.js';
import { classifyWaiting } from '../../src/survey/classify-waiting.js';
import { redact } from '../../src/redaction/redact.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { makeWav } from '../audio/make-wav.js';
import { verdict } from '../survey/make-responses.js';
import { runCommand } from './command-context.js';

let base: string;
let folder: string;
let db: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'tonalitet-folder-'));
  folder = join(base, 'inspelningar');
  db = join(base, 'pulsen.db');
  await mkdir(folder);
});
afterEach(async () => {
  await rm(base, { recursive: true });
});

/** A recording whose bytes are its own. */
async function record(path: string, samples: number): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), makeWav({ data: new Uint8Array(2 * samples).fill(samples % 251) }));
}

async function importFolder(...flags: string[]): Promise<{ counts: Record<string, unknown>; exitCode: number; rejects: string[] }> {
  const { lines, exitCode } = await runCommand(registerImport, ['import', `${folder}/`, '--db', db, '--no-classify', '--json', ...flags]);
  const counts = JSON.parse(lines[0]!) as Record<string, unknown>;
  const rejects = typeof counts['rejects'] === 'string' ? (await readFile(counts['rejects'], 'utf8')).trim().split('\n') : [];
  return { counts, exitCode, rejects };
}

async function inStore<T>(work: (store: SqliteStore, idOf: (call: string) => string) => Promise<T>): Promise<T> {
  await using store = await SqliteStore.open(db, { create: false });
  const callIds = await CallIds.open(`${db}.key`);
  return await work(store, (call) => callIds.pseudonym(call));
}

const PATTERN = ['--name-pattern', '{municipality}/{contacted_at}_{id}'];

describe('tonalitet import of a folder', () => {
  it('takes each recording for the response that its name tells of, once, however often it is run', async () => {
    await record('0180/20200305T101200_a1.wav', 100);
    await record('0180/20200306T101200_a2.wav', 200);
    await record('1480/2020-03-07_b1.wav', 300);
    const first = await importFolder(...PATTERN);
    expect(first).toMatchObject({ counts: { records: 3, added: 3, duplicates: 0, rejected: 0, waiting: 3, rejects: null }, exitCode: 0 });
    expect((await importFolder(...PATTERN)).counts).toMatchObject({ added: 0, duplicates: 3, waiting: 3 });
    await record('1480/2020-03-08_b2.wav', 400);
    expect((await importFolder(...PATTERN)).counts).toMatchObject({ added: 1, duplicates: 3, waiting: 4 });
    await inStore(async (store, idOf) => {
      expect(await store.find(idOf('a1'))).toMatchObject({
        municipality: '0180',
        contactedAt: new Date('2020-03-05T09:12:00Z'),
        participation: 'completed',
        comment: { state: 'pending', recording: join(folder, '0180/20200305T101200_a1.wav'), text: null },
      });
    });
  });

  it('queues them, and they are classified as any other recording', async () => {
    await record('0180/20200305T101200_a1.wav', 100);
    await record('0180/20200306T101200_a2.wav', 200);
    await importFolder(...PATTERN);
    const heard: string[] = [];
    const judge: CommentJudge = {
      judgeText: () => Promise.reject(new Error('expected recordings alone')),
      judgeRecording: async (path) => {
        heard.push(path);
        return { text: 'Hon heter Anna Svensson och var trevlig.', verdict: verdict() };
      },
    };
    await inStore(async (store, idOf) => {
      expect(await classifyWaiting({ store, judge, redact, concurrency: 2 })).toMatchObject({ classified: 2, failed: 0 });
      expect((await store.find(idOf('a2')))?.comment).toMatchObject({ state: 'classified', text: 'Hon heter [namn] och var trevlig.' });
    });
    expect(heard.sort()).toEqual(['0180/20200305T101200_a1.wav', '0180/20200306T101200_a2.wav'].map((path) => join(folder, path)));
  });

  it('tells of each file that it does not take, and why', async () => {
    await record('0180/20200305_ok.wav', 100);
    await record('0180/20200305_samma.wav', 100);
    await record('0180/utan mönster.wav', 101);
    await record('9999/20200305_kommun.wav', 102);
    await record('0180/20201399_dag.wav', 103);
    await record('0180/20200306_ok.wav', 104);
    await writeFile(join(folder, '0180/20200305_tom.wav'), '');
    await writeFile(join(folder, '0180/20200305_text.wav'), 'Det här är en text och inget ljud.');
    await writeFile(join(folder, '0180/20200305_bild.wav'), Buffer.from('ffd8ffe000104a464946000101', 'hex'));
    await writeFile(join(folder, '0180/20200305_blad.wav'), Buffer.from('504b0304140006000800', 'hex'));
    await writeFile(join(base, 'utanför.wav'), makeWav({ data: new Uint8Array(60).fill(9) }));
    await symlink(join(base, 'utanför.wav'), join(folder, '0180/20200305_ut.wav'));
    await symlink(join(folder, '0180/20200305_ok.wav'), join(folder, '0180/20200305_in.wav'));
    await symlink(join(folder, 'ingenting'), join(folder, '0180/20200305_intet.wav'));
    execFileSync('mkfifo', [join(folder, '0180/20200305_pipe.wav')]);
    await writeFile(join(folder, '0180/.DS_Store'), 'x');
    const { counts, exitCode, rejects } = await importFolder(...PATTERN);
    expect(Object.fromEntries(rejects.map((line) => line.split('\t')))).toEqual({
      '0180/20200305_samma.wav': 'recording: expected each recording once, got the same as 0180/20200305_ok.wav',
      '0180/utan mönster.wav': 'expected a name of the pattern given with --name-pattern',
      '9999/20200305_kommun.wav': "municipality: expected a municipality's four-digit code",
      '0180/20201399_dag.wav': 'contacted_at: expected a moment like 2018-03-05T10:12:00+01:00',
      '0180/20200306_ok.wav': 'id: expected an id of its own, but another response with it is there already; that one was left as it is',
      '0180/20200305_tom.wav': 'recording: expected audio, got an empty file',
      '0180/20200305_text.wav': 'recording: expected audio, got a file of text',
      '0180/20200305_bild.wav': 'recording: expected audio, got a picture',
      '0180/20200305_blad.wav': 'recording: expected audio, got an archive or an Office document',
      '0180/20200305_ut.wav': 'recording: expected a file of the folder, got a link that leads out of it',
      '0180/20200305_in.wav': 'recording: expected a file, got a link to another one in the folder, which is taken by its own name',
      '0180/20200305_intet.wav': 'recording: expected a file, got a link that leads nowhere',
      '0180/20200305_pipe.wav': 'recording: expected a file, got a device, pipe or socket',
    });
    expect(counts).toMatchObject({ records: 14, added: 1, rejected: 13 });
    expect(exitCode).toBe(1);
  });

  it.skipIf(process.getuid?.() === 0)('tells of a file that cannot be read (not as root, who reads all)', async () => {
    await record('0180/20200305_hemlig.wav', 100);
    await chmod(join(folder, '0180/20200305_hemlig.wav'), 0);
    expect((await importFolder(...PATTERN)).rejects).toEqual(['0180/20200305_hemlig.wav\trecording: expected a file that can be read, got EACCES']);
  });

  it('leaves out folders that a link leads to, and those of a system', async () => {
    await mkdir(join(base, 'annat'));
    await writeFile(join(base, 'annat/20200305_x.wav'), makeWav({ data: new Uint8Array(60) }));
    await symlink(join(base, 'annat'), join(folder, '0180'));
    await record('.trash/20200305_y.wav', 100);
    expect((await importFolder(...PATTERN)).rejects).toEqual(['0180\trecording: expected a file of the folder, got a link that leads out of it']);
  });

  it('takes what a sidecar file says of each recording, ratings too, and tells of what it leaves out', async () => {
    await record('a.wav', 100);
    await record('djupt/b.wav', 200);
    await record('ingen.wav', 300);
    await writeFile(join(base, 'utanför.wav'), makeWav({ data: new Uint8Array(60) }));
    await symlink(join(base), join(folder, 'ut'));
    await writeFile(
      join(folder, 'svar.csv'),
      [
        'Samtal;Kommun;Datum;rating.bemotande;Fil',
        '1;180;2020-03-05;5;a.wav',
        '2;180;2020-03-05;4;djupt/b.wav',
        '3;180;2020-03-06;3;',
        '4;180;2020-03-06;3;saknas.wav',
        '5;180;2020-03-06;3;../utanför.wav',
        '6;180;2020-03-06;3;ut/utanför.wav',
        '7;180;2020-03-06;3;a.wav',
        `8;180;2020-03-06;3;${join(base, 'utanför.wav')}`,
      ].join('\n'),
    );
    await writeFile(join(base, 'mapping.yaml'), 'fields: { id: Samtal, municipality: Kommun, contacted_at: Datum, recording: Fil }');
    const flags = ['--sidecar', join(folder, 'svar.csv'), '--mapping', join(base, 'mapping.yaml')];
    const { counts, rejects } = await importFolder(...flags);
    expect(rejects).toEqual([
      '5\trecording: expected a file in the folder of recordings, found none',
      '6\trecording: expected a path inside the folder of recordings',
      '7\trecording: expected a file of the folder, got a link that leads out of it',
      '8\trecording: expected each file once, got one that was named before',
      '9\trecording: expected a path inside the folder of recordings',
      'ingen.wav\texpected a row of the sidecar file that names this recording, found none',
      'ut\trecording: expected a file of the folder, got a link that leads out of it',
    ]);
    expect(counts).toMatchObject({ records: 10, added: 3, rejected: 7, waiting: 2 });
    await inStore(async (store, idOf) => {
      expect(await store.find(idOf('1'))).toMatchObject({ ratings: [{ question: 'bemotande', value: 5 }], comment: { recording: join(folder, 'a.wav') } });
      expect(await store.find(idOf('3'))).toMatchObject({ comment: null });
    });
    expect((await importFolder(...flags)).counts).toMatchObject({ added: 0, duplicates: 3 });
  });

  it('asks for one of the two, and says what is missing', async () => {
    const run = (...flags: string[]): Promise<unknown> => runCommand(registerImport, ['import', folder, '--db', db, '--no-classify', ...flags]);
    await expect(run()).rejects.toThrow(/--name-pattern or --sidecar/);
    await expect(run('--name-pattern', '{id}', '--sidecar', 'x.csv')).rejects.toThrow(/either/);
    await expect(run('--name-pattern', 'id')).rejects.toMatchObject({ code: 'MAPPING_INVALID' });
    await expect(run('--sidecar', join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(runCommand(registerImport, ['import', join(base, 'none'), '--db', db, '--name-pattern', '{id}'])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeFile(join(base, 'a.csv'), 'municipality;contacted_at\n180;2020-03-05');
    await expect(runCommand(registerImport, ['import', join(base, 'a.csv'), '--db', db, '--name-pattern', '{id}'])).rejects.toThrow(/beside a folder/);
  });

  it('goes only so deep', async () => {
    await record(`${'x/'.repeat(MAX_FOLDER_DEPTH + 1)}a.wav`, 10);
    await expect(runCommand(registerImport, ['import', folder, '--db', db, '--name-pattern', '{id}'])).rejects.toMatchObject({ code: 'AUDIO_LIMIT' });
  });
});
