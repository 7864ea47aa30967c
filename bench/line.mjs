#!/usr/bin/env node
/**
 * Word error rate of recordings with known texts as a telephone line would carry them: µ-law and A-law, lost packets, low level,
 * clipping, keys pressed while somebody speaks.
 *
 *   node bench/line.mjs FOLDER [--models DIR] [--limit N] [--beam 1] [--only NAME,...]
 *
 * The same recordings for each condition. Lost packets are 20 ms of silence
 * at places from a fixed seed. Keys are one every 2 s, 100 ms each, mixed into the speech 6 dB above it; what is told of them is compared
 * with what was pressed. Needs ffmpeg (to 8 kHz), and `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { DtmfFilter } from '../dist/audio/dtmf-filter.js';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../dist/audio/g711.js';
import { Resampler } from '../dist/audio/resample.js';
import { findSpeech, joined, listRecordings, loadSpeech, readSamples, textsOf } from './recordings.mjs';
import { errorRate, normaliseWords, wordErrors } from './word-errors.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { models: { type: 'string' }, limit: { type: 'string', default: '1000000' }, beam: { type: 'string', default: '1' }, only: { type: 'string' } },
});

const RATE = 8_000;
const FRAME = RATE / 50;
const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1_209, 1_336, 1_477, 1_633];
const KEYS = '123A456B789C*0#D';

const muLaw = (samples) => decodeMuLaw(encodeMuLaw(samples));
const aLaw = (samples) => decodeALaw(encodeALaw(samples));
const gain = (decibels) => (samples) => samples.map((sample) => Math.max(-1, Math.min(1, sample * 10 ** (decibels / 20))));

function power(samples) {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
}

/** Silences a share of the frames. */
const lose = (share) => (samples, random) => {
  const lossy = samples.slice();
  for (let at = 0; at < lossy.length; at += FRAME) if (random() < share) lossy.fill(0, at, at + FRAME);
  return lossy;
};

/** Keys every 2 s, and what they were. */
function pressKeys(samples, random) {
  const level = Math.sqrt(power(samples)) * 2;
  const mixed = samples.slice();
  let pressed = '';
  for (let at = RATE; at + RATE / 10 < samples.length; at += 2 * RATE) {
    const key = Math.floor(random() * 16);
    pressed += KEYS[key];
    for (let i = 0; i < RATE / 10; i++) {
      const angle = (2 * Math.PI * i) / RATE;
      mixed[at + i] = Math.max(-1, Math.min(1, mixed[at + i] + level * (Math.sin(angle * ROWS_HZ[key >> 2]) + Math.sin(angle * COLUMNS_HZ[key & 3]))));
    }
  }
  return { mixed, pressed };
}

const CONDITIONS = {
  'wide band, 16 kHz': undefined,
  'µ-law': muLaw,
  'A-law': aLaw,
  'µ-law, 1 % lost': (samples, random) => muLaw(lose(0.01)(samples, random)),
  'µ-law, 3 % lost': (samples, random) => muLaw(lose(0.03)(samples, random)),
  'µ-law, 5 % lost': (samples, random) => muLaw(lose(0.05)(samples, random)),
  'µ-law, 30 dB quieter': (samples) => muLaw(gain(-30)(samples)),
  'µ-law, clipped (20 dB too loud)': (samples) => muLaw(gain(20)(samples)),
  'µ-law, keys pressed': 'keys',
};

const speech = await loadSpeech({ ...(values.models === undefined ? {} : { modelsDir: values.models }), beamSize: Number(values.beam) });
const recordings = (await listRecordings(positionals[0])).slice(0, Number(values.limit));
const only = values.only?.split(',');
console.log(`${speech.model}, ${recordings.length} recordings of ${positionals[0]}, beam ${values.beam}\n`);
console.log('| line | WER | 95 % interval | keys told of those pressed, and others |\n| --- | --- | --- | --- |');
for (const [name, line] of Object.entries(CONDITIONS)) {
  if (only !== undefined && !only.some((part) => name.includes(part))) continue;
  const random = numbers(7);
  const stretches = [];
  const keys = { pressed: 0, told: 0, others: 0 };
  for (const { path } of recordings) {
    const samples = line === undefined ? await readSamples(path) : narrow(path);
    const { mixed, pressed } = line === 'keys' ? pressKeys(samples, random) : { mixed: line === undefined ? samples : line(samples, random), pressed: '' };
    const wide = line === undefined ? mixed : resampled(line === 'keys' ? muLaw(mixed) : mixed);
    const filter = new DtmfFilter();
    const parts = [filter.push(wide), filter.flush()];
    const told = parts.flatMap(({ digits }) => digits.map(({ digit }) => digit));
    const right = commonLength([...pressed], told);
    keys.pressed += pressed.length;
    keys.told += right;
    keys.others += told.length - right;
    stretches.push(await findSpeech(speech.vad, joined(parts.map((part) => part.samples))));
  }
  const texts = await textsOf(speech.transcriber, stretches);
  const results = recordings.map(({ text }, i) => {
    const expected = normaliseWords(text);
    return { errors: wordErrors(expected, normaliseWords(texts[i])), words: expected.length };
  });
  const { rate, low, high } = errorRate(results);
  console.log(`| ${name} | ${rate.toFixed(3)} | ${low.toFixed(3)}–${high.toFixed(3)} | ${keys.told} of ${keys.pressed}, ${keys.others} |`);
}
console.log(`\n${JSON.stringify(speech.transcriber.counts)}`);

/** A recording at 8 kHz. */
function narrow(path) {
  const { status, stdout, error } = spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-ac', '1', '-ar', String(RATE), '-f', 'f32le', '-'], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw error ?? new Error(`expected ffmpeg to read ${path}, got exit code ${status}`);
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

function resampled(samples) {
  const resampler = new Resampler(RATE);
  return joined([resampler.push(samples), resampler.end()]);
}

/** The same evenly spread numbers from [0, 1) at every run. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The length of the longest common subsequence. */
function commonLength(a, b) {
  let row = new Array(b.length + 1).fill(0);
  for (const each of a) {
    const next = [0];
    b.forEach((other, j) => next.push(each === other ? row[j] + 1 : Math.max(row[j + 1], next[j])));
    row = next;
  }
  return row[b.length];
}
