#!/usr/bin/env node
/**
 * What does hearing cost the verdict? Macro-F1 of tonality from the text, from its speech at 16 kHz, and from its speech over a telephone line.
 *
 *   node bench/spoken-tonality.mjs FOLDER [--models DIR] [--threads 1]
 *
 * FOLDER holds a manifest.jsonl with `file`, `telephone`, `text` and `tonality`; `models/whisper/recipe/speech.py judged` makes one of comments that
 * neither model learned from. A comment without a verdict counts as an error. Intervals: bootstrap over the comments, the same draws for each way,
 * so that the differences are paired.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTonalitet } from '../dist/index.js';

const TONALITIES = ['positiv', 'skeptisk', 'negativ'];
const DRAWS = 2_000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { models: { type: 'string' }, threads: { type: 'string', default: '1' } } });
const folder = positionals[0];
if (folder === undefined) throw new Error('expected a folder with manifest.jsonl; see the head of this file');
const rows = (await readFile(join(folder, 'manifest.jsonl'), 'utf8'))
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

const tonalitet = await createTonalitet({ threads: Number(values.threads), ...(values.models === undefined ? {} : { modelsDir: values.models }) });
const ways = {
  written: async ({ text }) => (await tonalitet.classifyText(text)).tonality,
  'spoken, 16 kHz': async ({ file }) => (await tonalitet.classifyFile(join(folder, file))).tonality,
  'spoken, telephone': async ({ telephone }) => (await tonalitet.classifyFile(join(folder, telephone))).tonality,
};
const found = {};
for (const [way, judge] of Object.entries(ways)) {
  found[way] = [];
  for (const row of rows) found[way].push({ expected: row.tonality, got: await judge(row) });
}

await tonalitet.dispose();

const draws = bootstrapDraws(rows.length);
const reference = draws.map((draw) => macroF1(draw.map((i) => found.written[i])));
console.log(`${rows.length} comments`);
for (const [way, results] of Object.entries(found)) {
  const sampled = draws.map((draw) => macroF1(draw.map((i) => results[i])));
  const lost = sampled.map((value, i) => reference[i] - value);
  const recalls = TONALITIES.map((tonality) => `${tonality} ${recall(results, tonality).toFixed(3)}`).join(', ');
  console.log(`${way}: macro-F1 ${macroF1(results).toFixed(3)} (${interval(sampled)}); lost ${(macroF1(found.written) - macroF1(results)).toFixed(3)} (${interval(lost)}); recall ${recalls}`);
}

function recall(results, tonality) {
  const ofClass = results.filter(({ expected }) => expected === tonality);
  return ofClass.filter(({ got }) => got === tonality).length / ofClass.length;
}

function macroF1(results) {
  const scores = TONALITIES.map((tonality) => {
    const right = results.filter(({ expected, got }) => expected === tonality && got === tonality).length;
    const all = results.filter(({ expected }) => expected === tonality).length + results.filter(({ got }) => got === tonality).length;
    return all === 0 ? 1 : (2 * right) / all;
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Seeded, so that two runs over the same comments agree. */
function bootstrapDraws(count) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: DRAWS }, () => Array.from({ length: count }, () => Math.floor(random() * count)));
}

function interval(sampled) {
  const sorted = [...sampled].sort((a, b) => a - b);
  return `${sorted[Math.floor(DRAWS * 0.025)].toFixed(3)} to ${sorted[Math.floor(DRAWS * 0.975)].toFixed(3)}`;
}
