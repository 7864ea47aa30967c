/*
 * How long the dashboard takes to answer at a given number of responses, over HTTP from a server that runs:
 *
 *   node bench/dashboard.mjs [--responses 100000] [--municipalities 33] [--years 3] [--runs 9] [--db FILE]
 *
 * Needs dist/ (npm run build). `new` is a view after something in the store has changed, so that everything is counted again; `other` is
 * another choice over the same counts; `again` is the same view once more. Times are medians, on the clock, with the worst beside them, and
 * the processor's, which other programs disturb less. --db measures a database that is there already.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonlRecords } from '../dist/cli/jsonl-records.js';
import { redact } from '../dist/redaction/redact.js';
import { createLogger, createServer, resolveSettings } from '../dist/server/index.js';
import { CallIds } from '../dist/survey/call-id.js';
import { importResponses } from '../dist/survey/import.js';
import { ResponseReader } from '../dist/survey/response-input.js';
import { SqliteStore } from '../dist/survey/sqlite-store.js';
import { writeResponses } from './synthetic-responses.mjs';

const { values } = parseArgs({
  options: {
    responses: { type: 'string', default: '100000' },
    municipalities: { type: 'string', default: '33' },
    years: { type: 'string', default: '3' },
    runs: { type: 'string', default: '9' },
    db: { type: 'string' },
  },
});

/** Views of every kind; the second of a pair is another choice over the same counts. */
const VIEWS = {
  'years, all municipalities': ['period=year', 'period=year&area=tid'],
  'years, one municipality': ['period=year&municipality=MUNICIPALITY', 'period=year&municipality=MUNICIPALITY&area=tid'],
  'months, all municipalities': ['period=month', 'period=month&area=kommunala_tjanster'],
  'weeks, one municipality': ['period=week&municipality=MUNICIPALITY', 'period=week'],
  'days, all municipalities': ['period=day', 'period=day&municipality=MUNICIPALITY'],
};
const COMMENTS = {
  'comments, all': '',
  'comments of an area and a tonality': 'area=tid&tonality=negativ',
  'comments with a word that many have': 'search=trevlig',
  'comments with a phrase': 'search=%22inte+alls%22+barnomsorg',
  'comments of one municipality with three words': 'municipality=MUNICIPALITY&search=tyv%C3%A4rr+snabbt+webben',
};

const folder = await mkdtemp(join(tmpdir(), 'tonalitet-bench-'));
const path = values.db ?? join(folder, 'bench.db');
const store = await SqliteStore.open(path, { create: values.db === undefined });
let server;
try {
  if (values.db === undefined) {
    const file = join(folder, 'rows.jsonl');
    const out = createWriteStream(file);
    await writeResponses({ responses: Number(values.responses), municipalities: Number(values.municipalities), years: Number(values.years), text: true }, out);
    out.end();
    await once(out, 'close');
    await importResponses(jsonlRecords(createReadStream(file)), { store, reader: new ResponseReader(), callIds: new CallIds(Buffer.alloc(32, 1)), redact });
  }
  const { responses, municipalities } = await store.extent();
  const engine = { recognise: unused, classify: unused, openSpeechFinder: unused, dispose: async () => undefined };
  server = await createServer({
    settings: resolveSettings({ port: 0, log_level: 'silent' }),
    createEngine: async () => engine,
    log: createLogger('silent'),
    dashboard: { store, audit: { append: async () => undefined } },
  });
  server.ready.catch(() => undefined);
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; load ${loadavg()[0].toFixed(1)}; ${responses} responses, ${municipalities.length} municipalities`);
  const filled = (query) => query.replaceAll('MUNICIPALITY', municipalities[3] ?? municipalities[0]);
  let changes = 0;
  const change = async () => {
    const id = `bench ${Date.now()} ${changes++}`;
    const made = { id, digest: id, municipality: municipalities[0], unit: null, contactedAt: new Date('2019-06-01T10:00:00Z'), answeredAt: null, survey: null };
    await store.add([{ ...made, participation: 'declined', abandonedAt: null, consent: null, ratings: [], comment: null }]);
  };
  for (const [name, [first, second]] of Object.entries(VIEWS)) {
    for (const route of ['/rapport', '/rapport/api/report']) {
      const times = { new: [], other: [], again: [] };
      let bytes = 0;
      for (let run = 0; run < Number(values.runs); run++) {
        await change();
        const fresh = await timed(`${route}?${filled(first)}`);
        bytes = fresh.bytes;
        times.new.push(fresh);
        times.other.push(await timed(`${route}?${filled(second)}`));
        times.again.push(await timed(`${route}?${filled(first)}`));
      }
      const told = Object.entries(times).map(([kind, list]) => `${kind} ${summary(list)}`);
      console.log(`${name}, ${route === '/rapport' ? 'page' : 'JSON'}: ${told.join('; ')}; ${Math.round(bytes / 1_024)} KiB`);
    }
  }
  for (const [name, query] of Object.entries(COMMENTS)) {
    const list = [];
    for (let run = 0; run < Number(values.runs); run++) list.push(await timed(`/rapport/api/quotes?${filled(query)}`));
    console.log(`${name}: ${summary(list)}; ${Math.round(list[0].bytes / 1_024)} KiB`);
  }
} finally {
  await server?.stop();
  await store.close();
  await rm(folder, { recursive: true });
}

async function unused() {
  throw new Error('The bench asks for no speech.');
}

async function timed(address) {
  const begun = performance.now();
  const before = process.cpuUsage();
  const answer = await fetch(`${server.url}${address}`);
  const bytes = (await answer.arrayBuffer()).byteLength;
  if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`);
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - begun, cpuMs: (user + system) / 1_000, bytes };
}

function summary(list) {
  const sorted = (of) => list.map(of).sort((a, b) => a - b);
  const wall = sorted(({ ms }) => ms);
  const cpu = sorted(({ cpuMs }) => cpuMs);
  const middle = Math.floor(list.length / 2);
  return `${Math.round(wall[middle])} ms (worst ${Math.round(wall.at(-1))}, processor ${Math.round(cpu[middle])})`;
}
