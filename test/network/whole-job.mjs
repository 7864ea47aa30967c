/*
 * Does everything that a municipality does in a day, one after the other, and then tells what the kernel saw of it:
 * node whole-job.mjs COMMAND SAMPLES FOLDER. Prints one JSON object. Run by no-network.test.ts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [command, samples, folder] = process.argv.slice(2);
/** Loading the models takes seconds; a server that is not ready by then never is. */
const READY_MS = 120_000;
/** What gathers events sends them after some seconds: ONNX Runtime's telemetry, where it is on, 8 s after the models are loaded. */
const LISTEN_MS = 20_000;
const steps = [];

async function tonalitet(args, input = '') {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [exitCode] = await once(child, 'close');
  steps.push({ step: args.slice(0, 2).join(' '), exitCode, stdout, stderr });
  return stdout;
}

async function step(name, work) {
  try {
    steps.push({ step: name, exitCode: 0, stdout: String(await work()), stderr: '' });
  } catch (error) {
    steps.push({ step: name, exitCode: 1, stdout: '', stderr: String(error?.stack ?? error) });
  }
}

const file = (name) => join(folder, name);
const sample = file('a.wav');
await copyFile(join(samples, '04-forskola-positiv.wav'), sample);
const db = file('pulsen.db');

await tonalitet(['models', 'verify']);
await tonalitet(['classify', sample, '--json']);
if (process.env.WITH_FFMPEG === '1') await tonalitet(['classify', join(samples, '08-bygglov-positiv.mp3'), '--json']);
await tonalitet(['transcribe', sample, '--format', 'srt']);
await tonalitet(['text', '-', '--json'], 'Jag fick vänta i en timme.\n');
await tonalitet(['redact', '-'], '{"text": "Jag heter Anna Svensson."}\n');
const row = { municipality: '0180', contacted_at: '2020-03-05T10:12:00+01:00', ratings: { helhet: 4 } };
await writeFile(file('svar.jsonl'), [{ id: '1', ...row, recording: 'a.wav' }, { id: '2', ...row, text: 'Hon var trevlig.' }].map((one) => JSON.stringify(one)).join('\n'));
await tonalitet(['import', file('svar.jsonl'), '--db', db, '--no-classify']);
await tonalitet(['retry', '--db', db]);
await tonalitet(['correct', '2', '--call-id', '--db', db, '--by', 'anna', '--tonality', 'positiv']);
await tonalitet(['corrections', 'export', '--db', db]);
for (const format of ['html', 'csv', 'json', 'xlsx', 'pdf']) await tonalitet(['report', '--db', db, '--format', format, '--out', file(`rapport.${format}`)]);
await tonalitet(['survey', 'check', join(samples, 'survey.sv.yaml')]);
await writeFile(file('gallring.yaml'), `format: 1\nrecording: { keep: forever }\ntext: { keep: 1 days, decision: KS 2026/1 }\nresponse: { keep: forever }\naggregate: { keep: forever }\n`);
await tonalitet(['gallra', '--db', db, '--retention', file('gallring.yaml'), '--recordings', folder, '--execute']);
await tonalitet(['export', '1', '--db', db, '--by', 'anna']);
// Its recording goes with it.
await copyFile(sample, file('b.wav'));
await tonalitet(['erase', '1', '--db', db, '--by', 'anna', '--decision', 'KS 2026/2', '--recordings', folder]);
await tonalitet(['audit', 'verify', '--db', db]);

await step('library', async () => {
  const { createTonalitet } = await import(pathToFileURL(join(command, '../../index.js')).href);
  const library = await createTonalitet();
  try {
    return JSON.stringify((await library.classifyFile(file('b.wav'))).tonality);
  } finally {
    await library.dispose();
  }
});

const server = spawn(process.execPath, [command, 'serve', '--port', '0', '--drain-s', '1'], { stdio: ['ignore', 'pipe', 'pipe'] });
let log = '';
server.stderr.setEncoding('utf8').on('data', (text) => (log += text));
const [line] = await once(createInterface({ input: server.stdout }), 'line');
const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)[0];
const giveUpAt = performance.now() + READY_MS;
while (performance.now() < giveUpAt && (await fetch(`${url}/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
await tonalitet(['stream', file('b.wav'), '--url', url, '--fast']);
await step('upload', async () => {
  const form = new FormData();
  form.set('file', new Blob([await readFile(file('b.wav'))]), 'a.wav');
  form.set('model', 'tonalitet');
  const answer = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.text();
});
await step('page', async () => {
  const page = await (await fetch(`${url}/`)).text();
  // What it names elsewhere, the browser would load from there.
  const elsewhere = /(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\/[^\s"'>]*/i.exec(page);
  if (elsewhere !== null) throw new Error(`the page names ${elsewhere[0]}`);
  return 'ok';
});
await step('metrics', async () => (await fetch(`${url}/metrics`)).status);
await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
server.kill('SIGTERM');
const [exitCode] = await once(server, 'close');
steps.push({ step: 'serve', exitCode: exitCode === 143 ? 0 : exitCode, stdout: '', stderr: log });

console.log(JSON.stringify({ steps, kernel: kernelCounts() }));

/** Packets and connections of this network namespace that found no way out, and its interfaces; null where the system does not tell. */
function kernelCounts() {
  if (!existsSync('/proc/net/snmp')) return null;
  const [names, values] = readFileSync('/proc/net/snmp', 'utf8').split('\n').filter((one) => one.startsWith('Ip: ')).map((one) => one.split(' '));
  const v6 = existsSync('/proc/net/snmp6') ? /Ip6OutNoRoutes\s+(\d+)/.exec(readFileSync('/proc/net/snmp6', 'utf8')) : null;
  const interfaces = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2).map((one) => one.split(':')[0].trim()).filter((name) => name !== '');
  return { withoutRoute: Number(values[names.indexOf('OutNoRoutes')]) + Number(v6?.[1] ?? 0), interfaces };
}
