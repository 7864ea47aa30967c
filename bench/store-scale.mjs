/*
 * How the store grows: how fast already classified responses are imported, how large the database is, and how long each view of the
 * report takes, at several numbers of responses.
 *
 *   node bench/store-scale.mjs [--sizes 10000,100000,1000000] [--municipalities 33] [--years 3] [--text] [--only import] [--runs 5] [--json FILE] [--plot FILE.svg]
 *   node bench/store-scale.mjs --from FILE --plot FILE.svg      # draws what was measured before
 *
 * Needs dist/ (npm run build). The rows are those of bench/synthetic-responses.mjs, from a file through the same reading, checking and
 * writing as `tonalitet import` has: each batch is on the disk before the next is read. A view is the whole report, as the command makes
 * it; its time is the median of five runs, or of `--runs`. Beside the time on the clock stands that of the processor, which other programs disturb less.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { jsonlRecords } from '../dist/cli/jsonl-records.js';
import { redact } from '../dist/redaction/redact.js';
import { buildReport } from '../dist/report/build-report.js';
import { CallIds } from '../dist/survey/call-id.js';
import { importResponses } from '../dist/survey/import.js';
import { ResponseReader } from '../dist/survey/response-input.js';
import { SqliteStore } from '../dist/survey/sqlite-store.js';
import { writeResponses } from './synthetic-responses.mjs';

use([LineChart, GridComponent, LegendComponent, SVGRenderer]);

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    municipalities: { type: 'string', default: '33' },
    years: { type: 'string', default: '3' },
    text: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    json: { type: 'string' },
    plot: { type: 'string' },
    from: { type: 'string' },
  },
});
const RUNS = Number(values.runs);
const sizes = values.sizes.split(',').map(Number);

function cpuMs(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

/** The median of several runs, on the clock and of the processor. */
async function timed(work) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const [begun, cpuBegun] = [performance.now(), process.cpuUsage()];
    await work();
    runs.push({ ms: performance.now() - begun, cpuMs: cpuMs(cpuBegun) });
  }
  const median = (of) => Math.round(runs.map(of).sort((a, b) => a - b)[Math.floor(RUNS / 2)]);
  return { ms: median(({ ms }) => ms), cpuMs: median((run) => run.cpuMs), worstMs: Math.round(Math.max(...runs.map(({ ms }) => ms))) };
}

async function measure(responses) {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-scale-'));
  let store;
  try {
    const file = join(folder, 'responses.jsonl');
    const out = createWriteStream(file);
    await writeResponses({ responses, municipalities: Number(values.municipalities), years: Number(values.years), text: values.text }, out);
    out.end();
    await once(out, 'close');

    const path = join(folder, 'scale.db');
    store = await SqliteStore.open(path, { create: true });
    const [begun, cpuBegun] = [performance.now(), process.cpuUsage()];
    const counts = await importResponses(jsonlRecords(createReadStream(file)), { store, reader: new ResponseReader(), callIds: new CallIds(Buffer.alloc(32, 1)), redact });
    const [seconds, cpuSeconds] = [(performance.now() - begun) / 1_000, cpuMs(cpuBegun) / 1_000];
    if (counts.added !== responses) throw new Error(`expected ${responses} responses to be added, got ${counts.added}`);
    // Closed, what waits beside the database moves into it: the size is that of the one file.
    await store.close();
    const databaseMb = Math.round((await stat(path)).size / 1e5) / 10;
    const result = { responses, rowsPerSecond: Math.round(responses / seconds), rowsPerCpuSecond: Math.round(responses / cpuSeconds), databaseMb, views: {} };
    console.log(`${responses} responses: import ${result.rowsPerSecond} rows a second, ${result.rowsPerCpuSecond} a second of the processor; database ${databaseMb} MB`);
    store = await SqliteStore.open(path, { create: false });
    if (values.only === 'import') return result;

    const { municipalities } = await store.extent();
    const views = {
      ...Object.fromEntries(['year', 'quarter', 'month', 'week', 'day'].map((period) => [`${period}, all municipalities`, () => buildReport(store, { period })])),
      ...Object.fromEntries(['year', 'quarter', 'month', 'week', 'day'].map((period) => [`${period}, one municipality`, () => buildReport(store, { period, municipality: municipalities[3] })])),
      'week by municipality, three years': () => store.countComments({ subject: 'areas', groupBy: { period: 'week', municipality: true } }),
      'ratings by week and municipality, three years': () => store.countRatings({ groupBy: { period: 'week', municipality: true } }),
      'services by month, municipality and unit': () => store.countComments({ subject: 'services', groupBy: { period: 'month', municipality: true, unit: true } }),
      extent: () => store.extent(),
      ...(values.text
        ? {
            'quotes, the latest page': () => store.quotes({ limit: 50 }),
            'quotes, negative of one area': () => store.quotes({ limit: 50, area: 'tid', tonality: 'negativ' }),
            'quotes, of one municipality': () => store.quotes({ limit: 50, filter: { municipalities: [municipalities[3]] } }),
          }
        : {}),
    };
    for (const [name, view] of Object.entries(views)) {
      const time = await timed(view);
      result.views[name] = time;
      console.log(`  ${name}: ${time.ms} ms (worst ${time.worstMs}), ${time.cpuMs} ms of the processor`);
    }
    return result;
  } finally {
    await store?.close();
    await rm(folder, { recursive: true });
  }
}

/** How views and the import grow, both axes in powers of ten: what grows with the responses is a straight line upwards. */
function plotOf(measured) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 440 });
  const views = ['year, all municipalities', 'month, all municipalities', 'week, all municipalities', 'day, one municipality'].filter((name) => measured.every((one) => one.views[name] !== undefined));
  const series = [
    ...views.map((name) => ({ name: `report by ${name}: ms of the processor`, data: measured.map((one) => [one.responses, Math.max(1, one.views[name].cpuMs)]) })),
    { name: 'import: µs of the processor a row', data: measured.map((one) => [one.responses, Math.round(1e6 / one.rowsPerCpuSecond)]) },
  ];
  const symbols = ['circle', 'rect', 'triangle', 'diamond', 'pin'];
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    legend: { top: 4, left: 8, orient: 'vertical' },
    grid: { top: 135, left: 60, right: 60, bottom: 48 },
    xAxis: { type: 'log', name: 'responses', nameLocation: 'middle', nameGap: 30, min: measured[0].responses, max: measured.at(-1).responses },
    yAxis: { type: 'log', min: 10 },
    series: series.map((one, index) => ({ type: 'line', symbol: symbols[index % symbols.length], symbolSize: 9, lineStyle: { type: index % 2 === 0 ? 'solid' : 'dashed' }, ...one })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
const results = values.from === undefined ? [] : JSON.parse(await readFile(values.from, 'utf8'));
if (values.from === undefined) for (const responses of sizes) results.push(await measure(responses));
if (values.plot !== undefined) await writeFile(values.plot, plotOf(results));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
