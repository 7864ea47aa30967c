/*
 * How fast 1, 2 and 4 workers, each a process of its own, drain a queue of comments in one PostgreSQL database:
 *
 *   node bench/workers.mjs [--engine sleep|text] [--ms 200] [--comments 400] [--jobs 4] [--workers 1,2,4] [--db postgres://…/empty] [--json]
 *
 * `sleep` takes --ms for each comment and no CPU, as an engine on another machine does from the database's point of view: it shows
 * what the queue itself allows; with --ms 0, where it ends. `text` is the real model, one thread a worker; more workers than cores
 * then only wait for each other. CPU time is given too, because it says the same on a machine that has other work. Needs dist/ (npm run build). Without --db, a server is started in a temporary folder, with
 * fsync on, from Debian's package.
 */
import { fork, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commentJudge } from '../dist/cli/comment-judge.js';
import { openStore } from '../dist/cli/store-flags.js';
import { WorkerLoop } from '../dist/cli/worker-loop.js';
import { redact } from '../dist/redaction/redact.js';
import { createTonalitet } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sleep' },
    ms: { type: 'string', default: '200' },
    comments: { type: 'string', default: '400' },
    jobs: { type: 'string', default: '4' },
    workers: { type: 'string', default: '1,2,4' },
    db: { type: 'string' },
    json: { type: 'boolean', default: false },
    'as-worker': { type: 'string' },
  },
});

const TEXTS = [
  'Hon var jättetrevlig men jag fick vänta länge i telefonen och det var inte alls bra.',
  'Det gick fort och jag fick svar på allt jag undrade över, tack för det.',
  'Webbplatsen går inte att förstå sig på, jag hittade ingenting om bygglov.',
  'Han lovade att någon skulle ringa upp, så vi får väl se om det blir något av det.',
];
const VERDICT = { tonality: 'negativ', reason: null, areas: [{ area: 'tid', tonality: 'negativ', probability: 0.9 }], services: [], probabilities: null, uncertain: false, confidence: null, model: null };
/** A drain that takes longer is broken off. */
const LONGEST_MS = 600_000;

if (values['as-worker'] === undefined) await measure();
else await work(values['as-worker']);

/** One worker, until it is told to stop. */
async function work(db) {
  const store = await openStore({ db }, false);
  const tonalitet = values.engine === 'text' ? await createTonalitet({ workers: 1, threads: 1 }) : undefined;
  const controller = new AbortController();
  const loop = new WorkerLoop({
    store,
    judge: tonalitet === undefined ? { judgeText: async () => (await sleep(Number(values.ms)), VERDICT) } : commentJudge(tonalitet),
    redact,
    jobs: Number(values.jobs),
    drainMs: 10_000,
    stop: controller.signal,
    onTrouble: (error) => process.stderr.write(`${error.message}\n`),
  });
  // So that its model is loaded, and its bell listened to.
  if (tonalitet !== undefined) await tonalitet.classifyText(TEXTS[0]);
  const cpuBefore = process.cpuUsage();
  process.on('message', () => controller.abort());
  process.send('ready');
  await loop.run();
  await store.close();
  await tonalitet?.[Symbol.asyncDispose]();
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send({ cpuMs: (user + system) / 1_000 });
  process.disconnect();
}

async function measure() {
  const server = values.db === undefined ? await startServer() : undefined;
  try {
    const rows = [];
    for (const count of values.workers.split(',').map(Number)) rows.push(await drain(server === undefined ? values.db : await server.database(), count, server?.cpuMs));
    for (const row of rows) row.times_one = Math.round((row.a_second / rows[0].a_second) * 100) / 100;
    const engine = values.engine === 'text' ? 'text model' : `${values.ms} ms each`;
    const conditions = `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}; ${engine}, ${values.jobs} at a time each`;
    if (values.json) console.log(JSON.stringify({ conditions, rows }));
    else {
      console.log(conditions);
      console.table(rows);
    }
  } finally {
    await server?.stop();
  }
}

/** How long some workers take, from the moment at which the comments are there. */
async function drain(db, count, serverCpuMs = () => NaN) {
  const store = await openStore({ db }, true);
  const before = await store.backlog();
  if (before.waiting > 0) throw new Error('expected a database in which nothing waits');
  const children = Array.from({ length: count }, () => fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--as-worker', db]));
  await Promise.all(children.map((child) => new Promise((resolve, reject) => child.once('message', resolve).once('exit', () => reject(new Error('a worker ended'))))));
  const comments = Number(values.comments);
  const run = `${Date.now()}`;
  await store.add(
    Array.from({ length: comments }, (_, index) => ({
      id: `${run} ${index}`, digest: run, municipality: '0180', unit: null, contactedAt: new Date(Date.UTC(2020, 0, 1 + (index % 365))), answeredAt: null, survey: null,
      participation: 'completed', abandonedAt: null, consent: true, ratings: [],
      comment: { state: 'pending', recording: null, text: redact(TEXTS[index % TEXTS.length]), verdict: null },
    })),
  );
  const serverBefore = serverCpuMs();
  const started = performance.now();
  while ((await store.backlog()).waiting > 0) {
    if (performance.now() - started > LONGEST_MS) throw new Error('expected the queue to be drained in time');
    await sleep(20);
  }
  const seconds = (performance.now() - started) / 1_000;
  const serverMs = serverCpuMs() - serverBefore;
  let workerMs = 0;
  for (const child of children) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.once('message', ({ cpuMs }) => {
      workerMs += cpuMs;
    });
    child.send('stop');
    await ended;
  }
  await store.close();
  return { workers: count, comments, seconds: Math.round(seconds * 100) / 100, a_second: tenths(comments / seconds), worker_cpu_ms_each: tenths(workerMs / comments), server_cpu_ms_each: tenths(serverMs / comments) };
}

function tenths(number) {
  return Math.round(number * 10) / 10;
}

async function startServer() {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map(Number).sort((a, b) => b - a) : [];
  if (versions.length === 0) throw new Error("expected a PostgreSQL server's programs in /usr/lib/postgresql, or --db");
  const programs = join('/usr/lib/postgresql', String(versions[0]), 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'tonalitet-bench-'));
  const id = (option) => Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout);
  // The server refuses to run as root.
  const owner = process.getuid() === 0 ? { uid: id('-u'), gid: id('-g') } : {};
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const run = (name, args) => spawnSync(join(programs, name), args, { ...owner, cwd: '/', encoding: 'utf8' });
  const made = run('initdb', ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions']);
  if (made.status !== 0) throw new Error(`expected initdb to succeed: ${made.stderr}`);
  const child = spawn(join(programs, 'postgres'), ['-D', join(folder, 'data'), '-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`], { ...owner, cwd: '/', stdio: 'ignore' });
  const psql = (sql) => run('psql', ['-h', folder, '-U', 'postgres', '-d', 'postgres', '-qc', sql]).status === 0;
  for (let tries = 0; !psql('SELECT 1'); tries++) {
    if (tries > 300) throw new Error('expected PostgreSQL to start');
    await sleep(100);
  }
  let databases = 0;
  return {
    database: async () => {
      const name = `bench_${databases++}`;
      if (!psql(`CREATE DATABASE ${name}`)) throw new Error('expected to make a database');
      return `postgres://postgres@${encodeURIComponent(folder)}/${name}`;
    },
    /** CPU time of the server's processes, of those that have ended too. */
    cpuMs: () => {
      let ticks = 0;
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').map(Number);
          if (Number(pid) === child.pid) ticks += fields[11] + fields[12] + fields[13] + fields[14];
          else if (fields[1] === child.pid) ticks += fields[11] + fields[12];
        } catch {
          // It ended meanwhile.
        }
      }
      // Linux counts a hundred a second.
      return ticks * 10;
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
