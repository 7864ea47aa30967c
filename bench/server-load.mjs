// How many calls at once, and how late are the answers? Callers in other processes send comments at the pace of speech, one
// after another, with starts spread over the length of a comment. Latency of a final: from the moment when the last sample of
// its stretch was sent to its arrival, with the pause in it that the detector waits for.
//
//   node bench/server-load.mjs --audio FOLDER [--calls 1,8,24] [--seconds 60] [--models FOLDER] [--max-streams N] [--svg FILE]
import { fork, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';

const FRAME_MS = 20;
const RATE_HZ = 16_000;
const CALLS_PER_PROCESS = 12;
const COMMENT_S = 10;

if (process.send !== undefined) await callers();
else await main();

async function main() {
  const { values } = parseArgs({
    options: {
      audio: { type: 'string' },
      calls: { type: 'string', default: '1,8,24' },
      seconds: { type: 'string', default: '60' },
      models: { type: 'string' },
      'max-streams': { type: 'string', default: '1000' },
      partials: { type: 'string', default: 'true' },
      svg: { type: 'string' },
    },
  });
  if (values.audio === undefined) throw new Error('expected --audio with a folder of WAV files of 16-bit samples at 16 kHz');
  const seconds = Number(values.seconds);
  const rows = [];
  for (const calls of values.calls.split(',').map(Number)) {
    const server = await startServer(values);
    const before = residentMb(server.process.pid);
    const workers = [];
    for (let first = 0; first < calls; first += CALLS_PER_PROCESS) {
      const worker = fork(fileURLToPath(import.meta.url));
      const report = new Promise((resolve) => worker.once('message', resolve));
      worker.send({ url: server.url, audio: values.audio, first, calls: Math.min(CALLS_PER_PROCESS, calls - first), all: calls, seconds, partials: values.partials === 'true' });
      workers.push(report);
    }
    const reports = await Promise.all(workers);
    const joined = (key) => reports.flatMap((report) => report[key]).toSorted((a, b) => a - b);
    const finals = joined('finals');
    const firstPartials = joined('firstPartials');
    const row = {
      calls,
      comments: reports.reduce((sum, report) => sum + report.comments, 0),
      refused: reports.reduce((sum, report) => sum + report.refused, 0),
      failed: reports.reduce((sum, report) => sum + report.failed, 0),
      finals: finals.length,
      final_p50_s: quantile(finals, 0.5),
      final_p95_s: quantile(finals, 0.95),
      partials: reports.reduce((sum, report) => sum + report.partials, 0),
      first_partial_p50_s: quantile(firstPartials, 0.5),
      first_partial_p95_s: quantile(firstPartials, 0.95),
      resident_mb: residentMb(server.process.pid),
      grown_mb: residentMb(server.process.pid) - before,
    };
    rows.push(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
    server.process.kill('SIGTERM');
    await new Promise((resolve) => server.process.once('exit', resolve));
  }
  if (values.svg !== undefined) writeFileSync(values.svg, chart(rows));
}

async function startServer(values) {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const args = [main, 'serve', '--port', '0', '--drain-s', '1', '--log-level', 'error', '--max-streams', values['max-streams']];
  const server = spawn(process.execPath, values.models === undefined ? args : [...args, '--models', values.models], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', (text) => resolve([text])));
  const url = /http:\/\/\S+/.exec(line)[0];
  while ((await fetch(`${url}/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 200));
  return { process: server, url };
}

function residentMb(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}

function quantile(sorted, share) {
  return sorted.length === 0 ? null : Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2));
}

async function callers() {
  const job = await new Promise((resolve) => process.once('message', resolve));
  const recordings = readdirSync(job.audio)
    .filter((name) => name.endsWith('.wav'))
    .toSorted()
    .map((name) => comment(readFileSync(join(job.audio, name))));
  const report = { finals: [], firstPartials: [], partials: 0, comments: 0, refused: 0, failed: 0 };
  const endMs = performance.now() + job.seconds * 1_000;
  await Promise.all(
    Array.from({ length: job.calls }, async (_, i) => {
      const number = job.first + i;
      await sleep((number / job.all) * COMMENT_S * 1_000);
      for (let k = 0; performance.now() < endMs; k++) await call(job, recordings[(number * 7 + k) % recordings.length], report);
    }),
  );
  process.send(report);
  process.disconnect();
}

/** The samples, cut or filled with silence to the length of a comment. */
function comment(wav) {
  const data = wav.subarray(44);
  const bytes = Buffer.alloc(COMMENT_S * RATE_HZ * 2);
  data.copy(bytes, 0, 0, Math.min(data.length, bytes.length));
  return bytes;
}

async function call({ url, partials }, bytes, report) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`);
  const outcome = await new Promise((resolve) => {
    socket.once('open', () => resolve('open'));
    socket.once('unexpected-response', () => resolve('refused'));
    socket.on('error', () => resolve('failed'));
  });
  if (outcome !== 'open') {
    report[outcome]++;
    socket.terminate();
    await sleep(2_000);
    return;
  }
  const startMs = performance.now();
  const starts = new Map();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let utterance = 0;
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    const atS = (performance.now() - startMs) / 1_000;
    if (message.type === 'speech_started') starts.set(utterance++, message.at);
    if (message.type !== 'result') return;
    if (message.is_final) return report.finals.push(atS - message.end);
    report.partials++;
    const started = starts.get(message.utterance);
    if (started !== undefined) report.firstPartials.push(atS - started);
    starts.delete(message.utterance);
  });
  socket.send(JSON.stringify({ type: 'start', encoding: 'l16', sample_rate: RATE_HZ, partials, tonality: 'utterance' }));
  const frame = (RATE_HZ * 2 * FRAME_MS) / 1_000;
  for (let sent = 0; sent < bytes.length && socket.readyState === WebSocket.OPEN; sent += frame) {
    socket.send(bytes.subarray(sent, sent + frame));
    const aheadMs = startMs + ((sent + frame) / (RATE_HZ * 2)) * 1_000 - performance.now();
    if (aheadMs > 0) await sleep(aheadMs);
  }
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'CloseStream' }));
  if ((await closed) === 1000) report.comments++;
  else report.failed++;
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Latency against calls, as a picture without anything from elsewhere. */
function chart(rows) {
  const width = 640;
  const height = 360;
  const maxCalls = Math.max(...rows.map((row) => row.calls));
  const maxS = Math.max(2, ...rows.map((row) => row.final_p95_s ?? 0)) * 1.1;
  const x = (calls) => 60 + (calls / maxCalls) * (width - 90);
  const y = (seconds) => height - 50 - (seconds / maxS) * (height - 90);
  const line = (key, colour, dash) => {
    const points = rows.filter((row) => row[key] !== null).map((row) => `${x(row.calls).toFixed(1)},${y(row[key]).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}" points="${points.join(' ')}"/>`;
  };
  const ticks = rows.map((row) => `<text x="${x(row.calls)}" y="${height - 30}" text-anchor="middle">${row.calls}</text>`);
  const levels = Array.from({ length: 5 }, (_, i) => (maxS * i) / 4).map((s) => `<text x="52" y="${y(s) + 4}" text-anchor="end">${s.toFixed(1)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="white"/>
<text x="60" y="24">Seconds from the end of a stretch to its final, by calls at once (${cpus().length} cores): p95 solid, median dashed; target 1.5 s dotted</text>
<line x1="60" x2="${width - 30}" y1="${y(1.5)}" y2="${y(1.5)}" stroke="#888" stroke-dasharray="2 4"/>
<line x1="60" x2="${width - 30}" y1="${y(0)}" y2="${y(0)}" stroke="#333"/>
${line('final_p95_s', '#005a9c', 'none')}
${line('final_p50_s', '#005a9c', '6 4')}
${ticks.join('\n')}
${levels.join('\n')}
<text x="${width / 2}" y="${height - 10}" text-anchor="middle">calls at once</text>
</svg>
`;
}
