// How fast are recordings classified, and in how much memory? `npm run build && node bench/classify.mjs [FILE…]`
//
// For 1 and 2 threads, each in a process of its own: the time to load the models, the time from the start of the process to
// the first result (cold start), the real-time factor over all files one after the other and all at once, and the peak
// memory. Without files it takes the samples.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createTonalitet } from '../dist/index.js';

const own = fileURLToPath(import.meta.url);
const samples = fileURLToPath(new URL('../samples/', import.meta.url));

async function measure(threads, files) {
  const sinceStart = () => performance.now() / 1_000;
  const loadStart = sinceStart();
  const tonalitet = await createTonalitet({ threads });
  const loadS = sinceStart() - loadStart;
  await tonalitet.classifyFile(files[0]);
  const coldStartS = sinceStart();

  let audioS = 0;
  const oneByOneStart = sinceStart();
  for (const file of files) audioS += (await tonalitet.classifyFile(file)).durationS;
  const oneByOneS = sinceStart() - oneByOneStart;

  const togetherStart = sinceStart();
  await Promise.all(files.map((file) => tonalitet.classifyFile(file)));
  const togetherS = sinceStart() - togetherStart;
  await tonalitet.dispose();

  const figure = (seconds) => (seconds / audioS).toFixed(3);
  console.log(
    `threads ${threads}: loaded in ${loadS.toFixed(2)} s, first result after ${coldStartS.toFixed(2)} s; ` +
      `${audioS.toFixed(1)} s of audio: real-time factor ${figure(oneByOneS)} one by one, ${figure(togetherS)} together; ` +
      `peak memory ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MiB`,
  );
}

if (process.argv[2] === '--threads') {
  await measure(Number(process.argv[3]), process.argv.slice(4));
} else {
  const given = process.argv.slice(2);
  const files = given.length > 0 ? given : readdirSync(samples).filter((name) => name.endsWith('.wav')).sort().map((name) => samples + name);
  console.log(`${cpus()[0].model}, ${cpus().length} cores; Node ${process.version}; ${files.length} recordings`);
  for (const threads of [1, 2]) execFileSync(process.execPath, [own, '--threads', String(threads), ...files], { stdio: 'inherit' });

  const startMs = performance.now();
  const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  spawnSync(process.execPath, [command, 'classify', files[0]]);
  console.log(`the command with one recording: ${((performance.now() - startMs) / 1_000).toFixed(2)} s from start to end`);
}
