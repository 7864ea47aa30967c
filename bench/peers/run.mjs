#!/usr/bin/env node
/**
 * This project beside its peers: the same weights, clips and threads, in one run, one after the other in turn, so that a slow moment meets all.
 *
 *   node bench/peers/run.mjs CLIPS WEIGHTS [--python PYTHON] [--threads 2] [--rounds 5] [--limit 12] [--only NAME,NAME]
 *
 * CLIPS has a manifest.jsonl (file, text, seconds), as models/whisper/recipe/speech.py writes it; clips of 5 to 15 s are taken. WEIGHTS is what convert.py
 * wrote. PYTHON has requirements.txt installed, and this folder its package.json (`npm install --ignore-scripts` here). A peer that cannot be run is
 * listed with its error. Times leave out loading; the first round warms up and does not count. Texts are compared by bench/word-errors.mjs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorRate, normaliseWords, wordErrors } from '../word-errors.mjs';

const LOAD_MS = 120_000;
const ROUND_MS = 900_000;
const here = dirname(fileURLToPath(import.meta.url));
const PEERS = ['tonalitet', 'tonalitet-together', 'faster-whisper', 'faster-whisper-beam', 'whisper.cpp-q8_0', 'whisper.cpp-q5_0', 'sherpa-onnx', 'transformers.js'];
const inPython = (name) => name.startsWith('faster') || name.startsWith('whisper.cpp');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    limit: { type: 'string', default: '12' },
    only: { type: 'string' },
  },
});
const [folder, weights] = positionals;
if (weights === undefined) throw new Error('expected a folder of clips and one of weights; see the head of this file');
const clips = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))
  .filter(({ seconds }) => seconds >= 5 && seconds <= 15)
  .slice(0, Number(values.limit));
const audioS = clips.reduce((sum, { seconds }) => sum + seconds, 0);
const request = `${JSON.stringify({ clips: clips.map(({ file }) => resolve(folder, file)) })}\n`;

class Peer {
  constructor(name) {
    this.name = name;
    this.times = [];
    const [program, script] = inPython(name) ? [values.python, 'peer.py'] : [process.execPath, 'peer.mjs'];
    const environment = { ...process.env, OMP_NUM_THREADS: values.threads };
    this.child = spawn(program, [join(here, script), name, weights, values.threads], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
    this.child.stdin.on('error', () => undefined);
    this.lines = createInterface({ input: this.child.stdout });
    this.complaint = '';
    this.child.stderr.on('data', (chunk) => (this.complaint = (this.complaint + chunk).slice(-600)));
  }

  async answer(limitMs) {
    for (;;) {
      const ended = once(this.child, 'close').then(() => Promise.reject(new Error(this.complaint.trim() || 'it ended')));
      const [line] = await Promise.race([once(this.lines, 'line', { signal: AbortSignal.timeout(limitMs) }), ended]);
      if (line.startsWith('{')) return JSON.parse(line);
    }
  }

  async round() {
    this.child.stdin.write(request);
    const { seconds, texts } = await this.answer(ROUND_MS);
    this.texts = texts;
    return seconds;
  }
}

const peers = [];
console.log(`${cpus()[0].model}, ${cpus().length} cores, ${values.threads} threads; ${clips.length} clips, ${audioS.toFixed(0)} s; Node ${process.version}`);
for (const name of values.only?.split(',') ?? PEERS) {
  const peer = new Peer(name);
  try {
    await peer.answer(LOAD_MS);
    await peer.round();
    peers.push(peer);
  } catch (error) {
    peer.child.kill('SIGKILL');
    console.log(`${name}: could not be run: ${error.message.split('\n').at(-1)}`);
  }
}
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const peer of peers) peer.times.push(await peer.round());
}
const own = peers.find(({ name }) => name === 'tonalitet');
for (const peer of peers) {
  peer.child.stdin.end();
  const { rate, low, high } = errorRate(clips.map(({ text }, i) => wordsOf(text, peer.texts[i])));
  const ratios = own === undefined ? [] : peer.times.map((seconds, i) => seconds / own.times[i]);
  const slower = ratios.length === 0 ? '' : `; ${median(ratios).toFixed(2)} times tonalitet's time (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  console.log(`${peer.name}: real-time factor ${(median(peer.times) / audioS).toFixed(3)}${slower}; WER ${rate.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`);
}

function wordsOf(text, got) {
  const expected = normaliseWords(text);
  return { errors: wordErrors(expected, normaliseWords(got)), words: expected.length };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
