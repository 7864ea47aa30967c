#!/usr/bin/env node
/**
 * What recognition costs: real-time factor by clip length, threads and batch size, and the parts of a run.
 *
 *   node bench/transcription.mjs FOLDER [--models DIR] [--model NAME] [--lengths 5,10,20,30] [--batches 1,2,4,8] [--threads 1,2] [--rounds 5]
 *
 * Clips of a length are made from the folder's recordings, one after another, cut to it. Medians over the rounds, after one to warm up.
 * On a busy machine the CPU time tells more than the clock.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { joined, listRecordings, loadSpeech, median, readSamples } from './recordings.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    model: { type: 'string' },
    lengths: { type: 'string', default: '5,10,20,28' },
    batches: { type: 'string', default: '1,2,4,8' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
  },
});
const numbers = (list) => list.split(',').map(Number);
const all = joined(await Promise.all((await listRecordings(positionals[0])).map(({ path }) => readSamples(path))));

console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);
console.log('threads\tlength_s\tbatch\tseconds\treal-time factor\tCPU seconds per second\tpeak memory MB');
for (const threads of numbers(values.threads)) {
  const { transcriber } = await loadSpeech({
    threads,
    ...(values.models === undefined ? {} : { modelsDir: values.models }),
    ...(values.model === undefined ? {} : { speechModel: values.model }),
  });
  for (const lengthS of numbers(values.lengths)) {
    for (const batch of numbers(values.batches)) {
      const clips = Array.from({ length: batch }, (_, i) => {
        const start = (i * lengthS * 16_000) % (all.length - lengthS * 16_000);
        return { samples: all.slice(start, start + lengthS * 16_000) };
      });
      const times = [];
      const cpuTimes = [];
      await transcriber.recognise(clips);
      for (let round = 0; round < Number(values.rounds); round++) {
        const start = performance.now();
        const cpu = process.cpuUsage();
        await transcriber.recognise(clips);
        times.push((performance.now() - start) / 1_000);
        const { user, system } = process.cpuUsage(cpu);
        cpuTimes.push((user + system) / 1e6);
      }
      const seconds = median(times);
      const peakMb = process.resourceUsage().maxRSS / 1_024;
      const cells = [threads, lengthS, batch, seconds.toFixed(3), (seconds / (lengthS * batch)).toFixed(4), (median(cpuTimes) / (lengthS * batch)).toFixed(4), peakMb.toFixed(0)];
      console.log(cells.join('\t'));
    }
  }
  await transcriber.release();
}
