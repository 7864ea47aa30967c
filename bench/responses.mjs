/*
 * How fast already classified responses are imported, and how long each view of the report's counts takes, at a given number of
 * responses:
 *
 *   node bench/responses.mjs [--responses 1000000] [--municipalities 33] [--years 3] [--text]
 *
 * Needs dist/ (npm run build). Each response is completed, with seven ratings and a comment; --text gives it 20 words too, which are
 * redacted on the way. The rows come from a file through the same reading, checking and writing as `tonalitet import` has.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { jsonlRecords } from '../dist/cli/jsonl-records.js';
import { AREAS, TONALITIES } from '../dist/classification/labels.js';
import { redact } from '../dist/redaction/redact.js';
import { CallIds } from '../dist/survey/call-id.js';
import { importResponses } from '../dist/survey/import.js';
import { MUNICIPALITIES } from '../dist/survey/municipalities.js';
import { ResponseReader } from '../dist/survey/response-input.js';
import { SqliteStore } from '../dist/survey/sqlite-store.js';

const { values } = parseArgs({
  options: {
    responses: { type: 'string', default: '1000000' },
    municipalities: { type: 'string', default: '33' },
    years: { type: 'string', default: '3' },
    text: { type: 'boolean', default: false },
  },
});
const responses = Number(values.responses);
const codes = [...MUNICIPALITIES.keys()].slice(0, Number(values.municipalities));
const spanMs = Number(values.years) * 365 * 86_400_000;

/** The same rows at every run: a linear congruential generator with the constants of ANSI C. */
let state = 12_345;
function random(below) {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((state / 2_147_483_648) * below);
}

function row(index) {
  const areas = [...new Set(Array.from({ length: 1 + random(2) }, () => AREAS[random(5)]))].map((area) => ({ area, tonality: TONALITIES[random(3)] }));
  return {
    id: `call ${index}`,
    municipality: codes[random(codes.length)],
    unit: ['Växel', 'Kontaktcenter', 'Bygglov'][random(3)],
    contacted_at: new Date(Date.UTC(2018, 0, 1, 8) + (index / responses) * spanMs).toISOString(),
    consent: true,
    ratings: Object.fromEntries(['bemotande', 'kunskap', 'vantetid', 'svar', 'webbplats', 'tjansten', 'helhet'].map((question) => [question, 1 + random(5)])),
    tonality: TONALITIES[random(3)],
    areas,
    services: areas.some(({ area }) => area === 'kommunala_tjanster') ? ['forskola_skola'] : [],
    ...(values.text ? { text: 'Hon var jättetrevlig men jag fick vänta länge i telefonen och det var inte alls bra tycker jag faktiskt, tyvärr.' } : {}),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'tonalitet-bench-'));
try {
  const file = join(folder, 'rows.jsonl');
  const out = createWriteStream(file);
  for (let index = 0; index < responses; index++) if (!out.write(`${JSON.stringify(row(index))}\n`)) await once(out, 'drain');
  out.end();
  await once(out, 'close');

  const path = join(folder, 'bench.db');
  const store = await SqliteStore.open(path, { create: true });
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const counts = await importResponses(jsonlRecords(createReadStream(file)), { store, reader: new ResponseReader(), callIds: new CallIds(Buffer.alloc(32, 1)), redact });
  const seconds = (performance.now() - started) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
  console.log(`import: ${counts.added} of ${counts.records} rows in ${seconds.toFixed(1)} s: ${Math.round(counts.records / seconds)} a second,`,
    `${Math.round(counts.records / ((cpu.user + cpu.system) / 1e6))} a second of CPU; ${Math.round((await stat(path)).size / 1e6)} MB`);

  const filter = { municipalities: [codes[3]] };
  const views = {
    'areas by year': () => store.countComments({ subject: 'areas', groupBy: { period: 'year' } }),
    'areas by day': () => store.countComments({ subject: 'areas', groupBy: { period: 'day' } }),
    'areas by year and municipality': () => store.countComments({ subject: 'areas', groupBy: { period: 'year', municipality: true } }),
    'services by month, municipality and unit': () => store.countComments({ subject: 'services', groupBy: { period: 'month', municipality: true, unit: true } }),
    'areas by week and municipality': () => store.countComments({ subject: 'areas', groupBy: { period: 'week', municipality: true } }),
    'areas by day, of one municipality': () => store.countComments({ subject: 'areas', groupBy: { period: 'day' }, filter }),
    'areas by municipality, from and to broken months': () => store.countComments({ subject: 'areas', groupBy: { municipality: true }, filter: { from: '2018-02-15', to: '2020-11-14' } }),
    'ratings by year and municipality': () => store.countRatings({ groupBy: { period: 'year', municipality: true } }),
    'ratings by week and municipality': () => store.countRatings({ groupBy: { period: 'week', municipality: true } }),
    'participation by month, municipality and unit': () => store.countParticipation({ groupBy: { period: 'month', municipality: true, unit: true } }),
    extent: async () => [await store.extent()],
  };
  for (const [name, view] of Object.entries(views)) {
    const times = [];
    let rows = 0;
    for (let time = 0; time < 5; time++) {
      const begun = performance.now();
      rows = (await view()).length;
      times.push(performance.now() - begun);
    }
    const [median] = times.sort((a, b) => a - b).slice(2, 3);
    console.log(`${name}: ${Math.round(median)} ms (median of 5, worst ${Math.round(times.at(-1))}), ${rows} rows`);
  }
  await store.close();
} finally {
  await rm(folder, { recursive: true });
}
