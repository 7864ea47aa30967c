// How many written comments are classified in a second? `npm run build && node bench/text.mjs [FILE.jsonl…]`
//
// One after the other, and many at a time (batches), with 1 and 2 threads, and the same with 2 workers of 1 thread each.
// Without files it takes everyday comments from the training data; the speed does not depend on who has seen them.
import { readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createTonalitet } from '../dist/index.js';

const COMMENTS = 500;
const folder = fileURLToPath(new URL('../models/tonality/data/vardag-1/', import.meta.url));
const files = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(folder).map((name) => folder + name);
const texts = files
  .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line).text)
  .slice(0, COMMENTS);

console.log(`${cpus()[0].model}, ${cpus().length} cores; Node ${process.version}; ${texts.length} comments`);
for (const options of [{ threads: 1 }, { threads: 2 }, { workers: 2, threads: 1 }]) {
  const loadMs = performance.now();
  const tonalitet = await createTonalitet({ ...options, parts: 'text' });
  const loadS = (performance.now() - loadMs) / 1_000;
  for (const text of texts.slice(0, 20)) await tonalitet.classifyText(text);

  const oneByOneMs = performance.now();
  for (const text of texts) await tonalitet.classifyText(text);
  const oneByOne = texts.length / ((performance.now() - oneByOneMs) / 1_000);

  const togetherMs = performance.now();
  await Promise.all(texts.map((text) => tonalitet.classifyText(text)));
  const together = texts.length / ((performance.now() - togetherMs) / 1_000);
  await tonalitet.dispose();
  console.log(`${JSON.stringify(options)}: loaded in ${loadS.toFixed(2)} s; ${oneByOne.toFixed(0)} a second one by one, ${together.toFixed(0)} together`);
}
