import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { verifiedPath } from '../../src/inference/verification.js';
import { WEBVTT_HEADER, cues, srtCue, vttCue } from '../../src/transcription/subtitles.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import type { TranscriptSegment } from '../../src/transcription/transcript.js';
import { readWhisperConfig } from '../../src/transcription/whisper-config.js';
import { join } from '../audio/signals.js';
import { modelForTest } from './models.js';

const RATE = 16_000;
const STEP = 160;
const SAMPLES = new URL('../../samples/', import.meta.url);

const model = await modelForTest('speech');
const tellsWords = model !== undefined && (await readWhisperConfig(verifiedPath(model, 'config.json'))).alignmentHeads !== undefined;
if (model !== undefined && !tellsWords) console.warn('\n*** LEFT OUT: tests of word times: the speech model names no alignmentHeads ***\n');

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('\n*** LEFT OUT: subtitles read by ffmpeg: there is no ffmpeg ***\n');

async function read(name: string): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  const path = fileURLToPath(new URL(name, SAMPLES));
  for await (const chunk of decodeAudio({ kind: 'file', path }, { maxDurationS: 60, ffmpegPath: 'ffmpeg' })) chunks.push(chunk);
  return join(chunks);
}

/** The phrases of a recording, cut where it is silent for 150 ms and more: found by level alone. */
function phrases(samples: Float32Array): Float32Array[] {
  const power = Array.from({ length: Math.floor(samples.length / STEP) }, (_, i) => samples.subarray(i * STEP, (i + 1) * STEP).reduce((sum, value) => sum + value * value, 0));
  const threshold = Math.max(...power) / 1_000;
  const found: Float32Array[] = [];
  let start: number | undefined;
  let last = 0;
  [...power, ...new Array<number>(15).fill(0)].forEach((value, i) => {
    if (value > threshold) {
      start ??= i;
      last = i;
    } else if (start !== undefined && i - last >= 15) {
      found.push(samples.slice(start * STEP, (last + 1) * STEP));
      start = undefined;
    }
  });
  return found.filter((phrase) => phrase.length > 0.2 * RATE);
}

/** Phrases with silences of 0.5 s and more between them, and where each of them is, in seconds. */
function apart(parts: readonly Float32Array[]): { readonly samples: Float32Array; readonly places: readonly { readonly start: number; readonly end: number }[] } {
  const pieces: Float32Array[] = [];
  const places: { start: number; end: number }[] = [];
  let at = 0;
  parts.forEach((part, i) => {
    const gap = new Float32Array(Math.round((0.5 + 0.1 * (i % 3)) * RATE));
    pieces.push(gap, part);
    at += gap.length;
    places.push({ start: at / RATE, end: (at + part.length) / RATE });
    at += part.length;
  });
  return { samples: join([...pieces, new Float32Array(RATE / 2)]), places };
}

describe.skipIf(!tellsWords)('the words of a recording', { timeout: 120_000 }, () => {
  let transcriber: Transcriber;

  beforeAll(async () => {
    transcriber = await Transcriber.load(model!, { words: true });
  }, 60_000);

  afterAll(async () => {
    await transcriber.release();
  });

  async function hear(samples: Float32Array, timestamps = false): Promise<readonly TranscriptSegment[]> {
    const [transcript] = await transcriber.recognise([{ samples }], { timestamps });
    return transcript!.segments;
  }

  it.each(['01-vaxel-positiv.wav', '04-forskola-positiv.wav', '07-sopor-negativ.wav', '09-aldreboende-blandat.wav'])(
    'are within 0.2 s of where they are known to be, with silences between (%s)',
    async (name) => {
      const { samples, places } = apart(phrases(await read(name)));
      expect(places.length).toBeGreaterThanOrEqual(2);
      const words = (await hear(samples)).flatMap((segment) => segment.words!);
      for (const { start, end } of places) {
        expect(Math.min(...words.map((word) => Math.abs(word.start - start)))).toBeLessThanOrEqual(0.2 + 1e-9);
        expect(Math.min(...words.map((word) => Math.abs(word.end - end)))).toBeLessThanOrEqual(0.2 + 1e-9);
      }
      // Next to no word lasts over a silence: the recogniser may hear the end of one phrase and the beginning of the next as one word.
      const within = words.filter((word) => places.some(({ start, end }) => word.start > start - 0.2 && word.end < end + 0.2));
      expect(within.length / words.length).toBeGreaterThan(0.85);
    },
  );

  it.each([false, true])('are in order, inside their segment, and make up its text (timestamps: %s)', async (timestamps) => {
    for (const name of ['02-telefonko-negativ.wav', '06-handlaggare-skeptisk.wav', '08-bygglov-positiv.mp3']) {
      if (name.endsWith('.mp3') && !hasFfmpeg) continue;
      const segments = await hear(await read(name), timestamps);
      expect(segments.length).toBeGreaterThan(0);
      for (const { start, end, text, words } of segments) {
        let earliest = start;
        for (const word of words!) {
          expect(word.start).toBeGreaterThanOrEqual(earliest);
          expect(word.end).toBeGreaterThanOrEqual(word.start);
          expect(word.end).toBeLessThanOrEqual(end);
          expect(word.confidence > 0 && word.confidence <= 1).toBe(true);
          earliest = word.end;
        }
        expect(words!.map(({ word }) => word).join(' ')).toBe(text);
      }
    }
  });

  it.skipIf(!hasFfmpeg)('make subtitles that ffmpeg reads, a cue for each', async () => {
    const all = (await hear(await read('03-snorojning-skeptisk.wav'))).flatMap(cues);
    const folder = await mkdtemp(joinPath(tmpdir(), 'tonalitet-subtitles-'));
    try {
      writeFileSync(joinPath(folder, 'words.vtt'), [WEBVTT_HEADER, ...all.map(vttCue)].join('\n'));
      writeFileSync(joinPath(folder, 'words.srt'), all.map((cue, i) => srtCue(cue, i + 1)).join('\n'));
      for (const name of ['words.vtt', 'words.srt']) {
        const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'warning', '-xerror', '-i', joinPath(folder, name), '-f', 'srt', '-'], { encoding: 'utf8' });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout.match(/-->/g)).toHaveLength(all.length);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
