import { readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordingJson } from '../../src/comment-json.js';
import { MU_LAW, PCM, ascii, concat, encodeSamples, makeWav } from '../audio/make-wav.js';
import { runCommand } from './run-command.js';
import type { CommandResult } from './run-command.js';
import { describeWithModels, modelsDir } from './with-models.js';

/** Each starts a process that loads the models; beside other work that takes seconds. */
const SLOW = { timeout: 120_000 };

const samples = fileURLToPath(new URL('../../samples/', import.meta.url));
const sample = join(samples, '04-forskola-positiv.wav');

type FileJson = RecordingJson & { readonly file: string };

function jsonLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/**
 * The exit code as a shell tells it. A program that does not come to a safe point in time, or has only just begun, ends by the
 * signal itself, without our exit code; never by SIGABRT, which would be 134.
 */
function shellStatus({ exitCode, signal }: CommandResult): number | null {
  return signal === null ? exitCode : 128 + constants.signals[signal];
}

/** Memory that a process holds, where the system tells (Linux); otherwise 0. */
function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-command-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

await describeWithModels('tonalitet classify', ['speech', 'vad', 'tonality'], () => {
  it('prints one JSON object a line with the documented fields, in the order of the files', SLOW, async () => {
    const silence = await file('silence.wav', makeWav({ sampleRateHz: 16_000, data: new Uint8Array(64_000) }));
    const { stdout, stderr, exitCode } = await runCommand(['classify', '--json', sample, silence]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const [first, second] = jsonLines<FileJson>(stdout) as [FileJson, FileJson];
    expect(Object.keys(first)).toEqual(['file', 'duration_s', 'text', 'segments', 'digits', 'tonality', 'reason', 'probabilities', 'uncertain', 'areas', 'services', 'model', 'timings', 'diagnostics']);
    expect(first.file).toBe(sample);
    expect(first.text).toMatch(/augusti/i);
    expect(first.tonality).toBe('positiv');
    expect(first.probabilities!.positiv).toBeGreaterThan(0.5);
    expect(first.segments.map(({ text }) => text).join(' ')).toBe(first.text);
    for (const { start, end, confidence } of first.segments) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThan(start);
      expect(end).toBeLessThanOrEqual(first.duration_s + 0.001);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(Object.keys(first.timings)).toEqual(['decode_s', 'vad_s', 'transcribe_s', 'classify_s', 'total_s']);
    expect(first.model).toMatchObject({ speech: { name: expect.any(String), version: expect.any(String) } });
    expect(second).toMatchObject({ file: silence, duration_s: 2, text: '', segments: [], tonality: null, reason: 'no_speech', probabilities: null, areas: [] });
  });

  it('makes nothing up from noise, hum or tones', SLOW, async () => {
    const make = (sampleAt: (i: number) => number): Uint8Array =>
      makeWav({ tag: MU_LAW, bits: 8, data: encodeSamples(Float32Array.from({ length: 48_000 }, (_, i) => sampleAt(i)), MU_LAW, 8) });
    const files = await Promise.all([
      file('noise.wav', make(() => (Math.random() - 0.5) * 0.2)),
      file('hum.wav', make((i) => 0.3 * Math.sin((2 * Math.PI * 50 * i) / 8_000))),
      file('engaged.wav', make((i) => (i % 4_000 < 2_000 ? 0.5 : 0) * Math.sin((2 * Math.PI * 425 * i) / 8_000))),
      file('dtmf.wav', make((i) => 0.3 * (Math.sin((2 * Math.PI * 697 * i) / 8_000) + Math.sin((2 * Math.PI * 1_209 * i) / 8_000)))),
    ]);
    const { stdout, exitCode } = await runCommand(['classify', '--json', ...files]);
    expect(exitCode).toBe(0);
    for (const result of jsonLines<FileJson>(stdout)) expect(result, result.file).toMatchObject({ text: '', tonality: null, reason: 'no_speech' });
  });

  it('reads a recording from stdin', SLOW, async () => {
    const { stdout, exitCode } = await runCommand(['classify', '-', '--json'], { input: await readFile(sample) });
    expect(exitCode).toBe(0);
    expect(jsonLines<FileJson>(stdout)).toMatchObject([{ file: '-', tonality: 'positiv' }]);
  });

  it('prints for people without --json, and no progress where there is no terminal', SLOW, async () => {
    const { stdout, stderr } = await runCommand(['classify', sample]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/ {2}tonality {2}positiv.*\(positiv \d+ %, skeptisk \d+ %, negativ \d+ %\)/);
    expect(stdout).not.toContain('\u001B');
  });

  it('tells what is wrong with each bad file, with its code, and still does the others', SLOW, async () => {
    const data = encodeSamples(new Float32Array(1_600), PCM, 16);
    const nan = new Uint8Array(Float32Array.of(0, Number.NaN).buffer);
    const bad = {
      AUDIO_EMPTY: await file('empty.wav', new Uint8Array(0)),
      'AUDIO_EMPTY ': await file('header.wav', makeWav()),
      AUDIO_TRUNCATED: await file('truncated.wav', makeWav({ data }).subarray(0, 1_000)),
      AUDIO_INVALID: await file('text.wav', ascii('Hemlig mening i en textfil.')),
      AUDIO_UNSUPPORTED: await file('channels.wav', makeWav({ channels: 65_535, blockAlign: 65_534, data })),
      'AUDIO_UNSUPPORTED ': await file('rate.wav', makeWav({ sampleRateHz: 0, data })),
      AUDIO_NOT_FINITE: await file('nan.wav', makeWav({ tag: 3, bits: 32, data: nan })),
      FFMPEG_MISSING: await file('song.mp3', concat(ascii('ID3\x03\0\0'), data)),
      FILE_NOT_FOUND: join(folder, 'none.wav'),
      FILE_UNREADABLE: folder,
    };
    const { stdout, stderr, exitCode } = await runCommand(['classify', '--json', '--ffmpeg', '/nonexistent/ffmpeg', ...Object.values(bad), sample]);
    expect(exitCode).toBe(1);
    expect(jsonLines<FileJson>(stdout)).toMatchObject([{ file: sample, tonality: 'positiv' }]);
    const lines = stderr.trim().split('\n');
    expect(lines.map((line) => line.split(': ').slice(0, 3))).toEqual(
      Object.entries(bad).map(([code, path]) => ['tonalitet', path, expect.stringMatching(new RegExp(`^(${code.trim()}|AUDIO_INVALID)$`)) as string]),
    );
    expect(stderr).not.toContain('Hemlig');
  });

  it('takes 8 hours of silence in constant memory', { timeout: 600_000 }, async () => {
    const path = join(folder, 'night.wav');
    const dataSize = 8 * 3_600 * 16_000 * 2;
    await writeFile(path, makeWav({ sampleRateHz: 16_000, dataSize }));
    // Zeros that take no room on the disk.
    await truncate(path, 44 + dataSize);
    const memoryMb: number[] = [];
    const { stdout, exitCode } = await runCommand(['classify', '--json', path], {
      onStart: (child) => {
        const timer = setInterval(() => memoryMb.push(residentMb(child.pid!)), 200);
        child.once('exit', () => clearInterval(timer));
      },
    });
    await rm(path);
    expect(exitCode).toBe(0);
    expect(jsonLines<FileJson>(stdout)).toMatchObject([{ duration_s: 28_800, text: '', tonality: null, reason: 'no_speech' }]);
    // The samples alone would be 1.8 GB. What is taken is the models.
    expect(Math.max(...memoryMb)).toBeLessThan(700);
  });

  it('takes 200 files at once', { timeout: 600_000 }, async () => {
    // Short ones: what is tested is their number.
    const short = await file('short.wav', makeWav({ sampleRateHz: 16_000, data: encodeSamples(new Float32Array(8_000), PCM, 16) }));
    const files = Array.from({ length: 200 }, (_, i) => (i % 50 === 49 ? sample : i % 20 === 3 ? join(folder, `none-${i}.wav`) : short));
    const { stdout, stderr, exitCode } = await runCommand(['classify', '--json', ...files]);
    expect(exitCode).toBe(1);
    expect(jsonLines<FileJson>(stdout).map((result) => result.file)).toEqual(files.filter((name) => !name.includes('none')));
    expect(stderr.trim().split('\n')).toHaveLength(10);
  });
});

await describeWithModels('tonalitet text', ['tonality'], () => {
  const input = '{"text":"Hon var jättetrevlig och hjälpte mig direkt, tack!","id":"a"}\ntrasig rad\n{"text":""}\n{"text":"Jag väntade i två timmar och fick inget svar. Uselt."}\n';

  it('gives one result a line, in order, with an error object in the place of a bad line', SLOW, async () => {
    const { stdout, exitCode } = await runCommand(['text', '--json'], { input });
    expect(exitCode).toBe(1);
    const results = jsonLines<Record<string, unknown>>(stdout);
    expect(results).toMatchObject([
      { line: 1, id: 'a', tonality: 'positiv', reason: null },
      { line: 2, error: { code: 'TEXT_INVALID' } },
      { line: 3, tonality: null, reason: 'no_text', probabilities: null },
      { line: 4, tonality: 'negativ' },
    ]);
    expect(JSON.stringify(results[1])).not.toContain('trasig');
  });

  it('reads a file, of plain lines as well', SLOW, async () => {
    const path = await file('comments.txt', new TextEncoder().encode('Mycket bra service!\nDet var dåligt.\n'));
    const { stdout, exitCode } = await runCommand(['text', path]);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n').map((line) => line.split('\t')[0])).toEqual(['positiv', 'negativ']);
    expect(await runCommand(['text', join(folder, 'none.jsonl')])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('FILE_NOT_FOUND') });
  });

  it('answers a line before the next one comes', SLOW, async () => {
    let answered = false;
    const { stdout, exitCode } = await runCommand(['text'], {
      onStart: (child) => {
        child.stdin.write('Mycket bra!\n');
        child.stdout.once('data', () => {
          answered = true;
          child.stdin.end('Dåligt.\n');
        });
      },
    });
    expect({ answered, exitCode }).toEqual({ answered: true, exitCode: 0 });
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });

  it('gives a text of 2,000 words one verdict, and refuses one that is longer than a comment', SLOW, async () => {
    const long = 'Personalen var väldigt trevlig och hjälpsam hela tiden. '.repeat(250);
    const { stdout } = await runCommand(['text', '--json'], { input: `${JSON.stringify({ text: long })}\n${JSON.stringify({ text: long.repeat(3) })}\n` });
    expect(jsonLines(stdout)).toMatchObject([{ tonality: 'positiv' }, { error: { code: 'TEXT_LIMIT' } }]);
  });
});

await describeWithModels('tonalitet transcribe', ['speech', 'vad'], () => {
  it('writes each format', SLOW, async () => {
    const [text, srt, vtt, json] = await Promise.all(
      ['text', 'srt', 'vtt', 'json'].map(async (format) => (await runCommand(['transcribe', sample, '--format', format])).stdout),
    );
    expect(text).toMatch(/augusti/i);
    expect(srt).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\n.+\n\n/);
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:\d\d\.\d{3}\n.+\n\n/);
    expect(JSON.parse(json!)).toMatchObject({ file: sample, text: text!.trim().replaceAll('\n', ' '), segments: [expect.anything()] });
  });

  it('writes files of its own for several recordings, and refuses to mix them', SLOW, async () => {
    const target = join(folder, 'subtitles');
    const copy = join(folder, 'copy.wav');
    await copyFile(sample, copy);
    expect(await runCommand(['transcribe', '--format', 'srt', sample, copy])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--output-dir') });
    expect(await runCommand(['transcribe', '--format', 'srt', '--output-dir', target, sample, copy])).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await readFile(join(target, 'copy.srt'), 'utf8')).toBe(await readFile(join(target, '04-forskola-positiv.srt'), 'utf8'));
  });
});

await describeWithModels('the command', ['speech', 'vad', 'tonality'], () => {
  it('ends promptly and cleanly on Ctrl-C, at any moment', { timeout: 300_000 }, async () => {
    for (const ms of [150, 500, 1_000, 1_700, 2_500]) {
      let endMs = 0;
      const result = await runCommand(['classify', ...Array.from({ length: 50 }, () => sample)], {
        onStart: (child) => {
          void wait(ms).then(() => {
            endMs = performance.now();
            child.kill('SIGINT');
          });
        },
      });
      expect({ status: shellStatus(result), stderr: result.stderr }).toEqual({ status: 130, stderr: '' });
      expect(performance.now() - endMs).toBeLessThan(5_000);
    }
  });

  it('ends with 143 on SIGTERM', SLOW, async () => {
    const onStart = (child: { kill(signal: NodeJS.Signals): boolean }): void => void wait(600).then(() => child.kill('SIGTERM'));
    expect(shellStatus(await runCommand(['classify', ...Array.from({ length: 50 }, () => sample)], { onStart }))).toBe(143);
  });

  it('stops where its reader goes away', SLOW, async () => {
    const result = await runCommand(['text', '--json'], {
      input: 'Mycket bra!\n'.repeat(5_000),
      onStart: (child) => child.stdout.once('data', () => child.stdout.destroy()),
    });
    expect(result).toMatchObject({ exitCode: 4, signal: null, stderr: expect.stringContaining('OUTPUT_CLOSED') });
  });

  it.each([
    { what: 'nothing', args: [] },
    { what: 'an unknown command', args: ['sing'] },
    { what: 'no file', args: ['classify'] },
    { what: 'an unknown option', args: ['classify', '--loud', 'x.wav'] },
    { what: 'a bad number', args: ['classify', '--threads', 'two', 'x.wav'] },
    { what: 'a number out of range', args: ['classify', '--threads', '99', 'x.wav'] },
    { what: 'a bad format', args: ['transcribe', '--format', 'pdf', 'x.wav'] },
    { what: 'stdin twice', args: ['classify', '-', '-'] },
  ])('refuses $what with exit code 2 and a hint', SLOW, async ({ args }) => {
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/\S/);
  });

  it.each(['classify', 'text', 'transcribe', 'models', ''])('has help with examples for %s', SLOW, async (name) => {
    const { exitCode, stdout } = await runCommand([...(name === '' ? [] : [name]), '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Examples:\n  $ ');
  });
});

await describeWithModels('models', ['speech', 'vad', 'tonality'], () => {
  it('are listed with their licence and source, and verified', SLOW, async () => {
    const list = await runCommand(['models', 'list', '--json']);
    for (const model of jsonLines<Record<string, unknown>>(list.stdout)) {
      expect(model).toMatchObject({ name: expect.any(String), licence: expect.stringMatching(/MIT|Apache/), source: expect.any(String), size_bytes: expect.any(Number) });
    }
    const verify = await runCommand(['models', 'verify', '--json']);
    expect(verify.exitCode).toBe(0);
    expect(jsonLines<{ ok: boolean }>(verify.stdout).every(({ ok }) => ok)).toBe(true);
  });

  describe('that are not what the manifest says', () => {
    let copy: string;

    beforeAll(async () => {
      copy = join(folder, 'models');
      await mkdir(copy);
      await cp(modelsDir, copy, { recursive: true, dereference: true, filter: (path) => !/recipe|data|\.venv|\.cache/.test(path.slice(modelsDir.length)) });
    });

    async function graph(): Promise<string> {
      const { models } = JSON.parse(await readFile(join(copy, 'manifest.json'), 'utf8')) as { models: { kind: string; folder: string; files: { path: string }[] }[] };
      const vad = models.find(({ kind }) => kind === 'vad')!;
      return join(copy, vad.folder, vad.files.find(({ path }) => path.endsWith('.onnx'))!.path);
    }

    it('are refused: tampered, then cut short, then missing', SLOW, async () => {
      const path = await graph();
      const bytes = await readFile(path);
      const expectCode = async (code: string): Promise<void> => {
        const { exitCode, stdout, stderr } = await runCommand(['classify', '--models', copy, sample]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toContain(`tonalitet: ${code}: `);
        expect(await runCommand(['models', 'verify', '--models', copy])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(code) });
      };
      bytes[1_000]! ^= 1;
      await writeFile(path, bytes);
      await expectCode('MODEL_TAMPERED');
      await writeFile(path, bytes.subarray(0, 500_000));
      await expectCode('MODEL_TAMPERED');
      await rm(path);
      await expectCode('MODEL_MISSING');
    });
  });
});
