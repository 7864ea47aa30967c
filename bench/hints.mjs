#!/usr/bin/env node
/**
 * What hints do to the word error rate, on recordings that hold hinted names and on others.
 *
 *   node bench/hints.mjs --hints FILE --named FOLDER --others FOLDER [--models DIR] [--limit N] [--beam 1,5] [--weights 0.5:2,1:3]
 *
 * For each beam size without hints, and with them at each pair of weights (for the beginning of a hint : for each token that goes on
 * with it). "names" is the share of hinted names in the texts that came out right. Needs `npm run build`.
 */
import { readHintFile } from '../dist/cli/hint-file.js';
import { defaultHintWeights } from '../dist/transcription/hints.js';
import { parseArgs } from 'node:util';
import { findSpeech, listRecordings, loadSpeech, readSamples, textsOf } from './recordings.mjs';
import { errorRate, normaliseWords, wordErrors } from './word-errors.mjs';

const { begin, goOn } = defaultHintWeights;
const { values } = parseArgs({
  options: {
    hints: { type: 'string' },
    named: { type: 'string' },
    others: { type: 'string' },
    models: { type: 'string' },
    limit: { type: 'string', default: '1000000' },
    beam: { type: 'string', default: '1' },
    weights: { type: 'string', default: `${begin}:${goOn}` },
  },
});
const hints = await readHintFile(values.hints);
const names = new Set(hints.flatMap((hint) => normaliseWords(hint)));
const folders = [];
for (const folder of [values.named, values.others].filter((each) => each !== undefined)) {
  const { vad, transcriber } = await loadSpeech(values.models === undefined ? {} : { modelsDir: values.models });
  const recordings = [];
  for (const { path, text } of (await listRecordings(folder)).slice(0, Number(values.limit))) {
    recordings.push({ expected: normaliseWords(text), stretches: await findSpeech(vad, await readSamples(path)) });
  }
  await transcriber.release();
  folders.push({ folder, recordings });
}
const configurations = values.beam.split(',').flatMap((beam) => [
  { beam, weights: undefined },
  ...values.weights.split(',').map((pair) => ({ beam, weights: { begin: Number(pair.split(':')[0]), goOn: Number(pair.split(':')[1]) } })),
]);
for (const { beam, weights } of configurations) {
  const options = weights === undefined ? {} : { hints, hintWeights: weights };
  const { transcriber } = await loadSpeech({ ...(values.models === undefined ? {} : { modelsDir: values.models }), beamSize: Number(beam), ...options });
  const columns = [];
  for (const { recordings } of folders) {
    const results = [];
    let hits = 0;
    let of = 0;
    const startMs = performance.now();
    const texts = await textsOf(transcriber, recordings.map(({ stretches }) => stretches));
    for (const [i, { expected }] of recordings.entries()) {
      const got = normaliseWords(texts[i]);
      results.push({ errors: wordErrors(expected, got), words: expected.length });
      const named = expected.filter((word) => names.has(word));
      of += named.length;
      hits += named.filter((word) => got.includes(word)).length;
    }
    const { rate, low, high } = errorRate(results);
    columns.push(`WER ${rate.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]  names ${hits}/${of}  ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
  }
  console.log(`beam ${beam}  ${weights === undefined ? 'no hints' : `begin ${weights.begin}, go on ${weights.goOn}`}  ${columns.join('  |  ')}`);
  await transcriber.release();
}
