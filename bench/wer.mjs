#!/usr/bin/env node
/**
 * Word error rate of recordings with known texts, and the real-time factor on the way.
 *
 *   node bench/wer.mjs FOLDER... [--models DIR] [--model NAME] [--field telephone] [--threads 1] [--tail 1] [--timestamps] [--limit N] [--print]
 *     [--beam 5] [--length-penalty 0.6] [--no-last-resorts] [--words] [--hints FILE] [--each FILE]
 *
 * --each writes a line of JSON for each recording: its errors, words, confidence, and how it was decoded.
 * Each recording is treated as `tonalitet transcribe` does: stretches of speech by VAD, all of a recording's stretches in one batch. See
 * recordings.mjs for the folder's layout and word-errors.mjs for the normaliser.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findSpeech, listRecordings, loadSpeech, readSamples } from './recordings.mjs';
import { errorRate, normaliseWords, wordErrors } from './word-errors.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    model: { type: 'string' },
    field: { type: 'string', default: 'file' },
    threads: { type: 'string', default: '1' },
    tail: { type: 'string' },
    timestamps: { type: 'boolean', default: false },
    limit: { type: 'string', default: '1000000' },
    print: { type: 'boolean', default: false },
    beam: { type: 'string', default: '1' },
    'length-penalty': { type: 'string' },
    'no-last-resorts': { type: 'boolean', default: false },
    words: { type: 'boolean', default: false },
    hints: { type: 'string' },
    each: { type: 'string' },
  },
});
const speech = await loadSpeech({
  ...(values.models === undefined ? {} : { modelsDir: values.models }),
  ...(values.model === undefined ? {} : { speechModel: values.model }),
  ...(values.tail === undefined ? {} : { tailS: Number(values.tail) }),
  threads: Number(values.threads),
  beamSize: Number(values.beam),
  ...(values['length-penalty'] === undefined ? {} : { lengthPenalty: Number(values['length-penalty']) }),
  lastResorts: !values['no-last-resorts'],
  words: values.words,
  ...(values.hints === undefined ? {} : { hints: (await readFile(values.hints, 'utf8')).split('\n').filter((line) => line.trim() !== '') }),
});
const lines = [];
for (const folder of positionals) {
  const results = [];
  let audioS = 0;
  let vadS = 0;
  let transcribeS = 0;
  for (const { path, text } of (await listRecordings(folder, values.field)).slice(0, Number(values.limit))) {
    const samples = await readSamples(path);
    const start = performance.now();
    const stretches = await findSpeech(speech.vad, samples);
    const middle = performance.now();
    const transcripts = await speech.transcriber.recognise(stretches, { timestamps: values.timestamps });
    const end = performance.now();
    audioS += samples.length / 16_000;
    vadS += (middle - start) / 1_000;
    transcribeS += (end - middle) / 1_000;
    const got = transcripts.map((transcript) => transcript.text).join(' ');
    const expected = normaliseWords(text);
    const errors = wordErrors(expected, normaliseWords(got));
    results.push({ errors, words: expected.length });
    lines.push({ file: path.split('/').at(-1), seconds: round(samples.length / 16_000), tookS: round((end - middle) / 1_000), errors, words: expected.length, expected: text, got, stretches: transcripts });
    if (values.print) console.log(`${path.split('/').at(-1)}  ${errors}/${expected.length}  ${stretches.length} stretches\n  expected: ${text}\n  got:      ${got}`);
  }
  const { rate, low, high } = errorRate(results);
  console.log(
    JSON.stringify({
      folder,
      model: speech.model,
      recordings: results.length,
      audioS: round(audioS),
      wer: round(rate),
      interval: [round(low), round(high)],
      vadRealTimeFactor: round(vadS / audioS, 5),
      realTimeFactor: round((vadS + transcribeS) / audioS, 4),
      counts: speech.transcriber.counts,
    }),
  );
}
if (values.each !== undefined) await writeFile(values.each, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

function round(value, digits = 3) {
  return Number(value.toFixed(digits));
}
