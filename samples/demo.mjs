// Classifies the recordings beside this file and says what was heard and how long it took: `npm run demo`.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TONALITIES, TonalitetError, createTonalitet } from '../dist/index.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const terminal = process.stdout.isTTY === true;

/** One line that the next output replaces; only on a terminal. */
function progress(text) {
  if (terminal) process.stdout.write(`\r\u001B[K${text}`);
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

function print(name, result, seconds) {
  const { durationS, text, tonality, reason, probabilities, uncertain, areas, services } = result;
  const shares = probabilities === null ? '' : TONALITIES.map((label) => `${label} ${percent(probabilities[label])}`).join(', ');
  const verdict = tonality === null ? `none (${reason})` : `${tonality}${uncertain ? ', uncertain' : ''} (${shares})`;
  const judged = areas.map((area) => `${area.area} ${area.tonality} ${percent(area.probability)}`).join(', ');
  progress('');
  console.log(`${name}: ${durationS.toFixed(1)} s`);
  console.log(`  text      ${text === '' ? '-' : text}`);
  console.log(`  tonality  ${verdict}`);
  if (judged !== '') console.log(`  areas     ${judged}${services.length === 0 ? '' : ` (${services.join(', ')})`}`);
  console.log(`  time      ${seconds.toFixed(2)} s, real-time factor ${(seconds / durationS).toFixed(3)}\n`);
}

const names = (await readdir(folder)).filter((name) => /\.(wav|mp3)$/.test(name)).sort();
progress('Loading the models ...');
const loadStartMs = performance.now();
const tonalitet = await createTonalitet();
const loadS = (performance.now() - loadStartMs) / 1_000;
progress('');
const { speech, tonality } = tonalitet.models;
console.log('The voices are synthetic (see samples/README.md); everything is computed on this machine.');
console.log(`Models: ${speech.name} ${speech.version}, ${tonality.name} ${tonality.version}, loaded in ${loadS.toFixed(2)} s\n`);

let audioS = 0;
let workS = 0;
let done = 0;
let failed = 0;
for (const [i, name] of names.entries()) {
  progress(`${i + 1} of ${names.length}: ${name} ...`);
  const startMs = performance.now();
  try {
    const result = await tonalitet.classifyFile(`${folder}${name}`);
    const seconds = (performance.now() - startMs) / 1_000;
    print(name, result, seconds);
    audioS += result.durationS;
    workS += seconds;
    done++;
  } catch (error) {
    if (!(error instanceof TonalitetError)) throw error;
    progress('');
    if (error.code === 'FFMPEG_MISSING') {
      console.log(`${name}: left out. ${error.message}\n`);
    } else {
      console.log(`${name}: ${error.code}: ${error.message}\n`);
      failed++;
    }
  }
}
await tonalitet.dispose();
console.log(`${done} recordings, ${audioS.toFixed(1)} s of audio, in ${workS.toFixed(2)} s: real-time factor ${(workS / audioS).toFixed(3)}`);
process.exitCode = failed === 0 ? 0 : 1;
