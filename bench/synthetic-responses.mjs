/*
 * Responses that nobody gave, as many as one likes and the same at every run: what bench/store-scale.mjs measures with.
 *
 *   node bench/synthetic-responses.mjs --responses 10000 [--municipalities 33] [--years 3] [--text] [--seed 1] > responses.jsonl
 *
 * Each response is completed, with seven ratings and a comment that is classified already; --text gives it some 20 words too. They are
 * spread evenly over the years, the municipalities and three units each.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const AREAS = ['handlaggare', 'digitala_tjanster', 'kommunala_tjanster', 'tid', 'helhet'];
const TONALITIES = ['positiv', 'skeptisk', 'negativ'];
const SERVICES = ['omsorg_stod', 'forskola_skola', 'bygg_miljo', 'gata_park_trafik', 'vatten_avfall', 'kultur_fritid', 'bostad', 'ekonomiskt_bistand', 'ovrigt'];
const QUESTIONS = ['bemotande', 'kunskap', 'vantetid', 'svar', 'webbplats', 'tjansten', 'helhet'];
const UNITS = ['Växel', 'Kontaktcenter', 'Bygglov'];
/** Codes of municipalities, the largest first. */
const CODES = [
  '0180', '1480', '1280', '0380', '0580', '1880', '1980', '0581', '1283', '0680', '2480', '1281', '1490', '0182', '0126', '1380', '0484', '0181', '2180', '0780',
  '2281', '1780', '1293', '2580', '1290', '0127', '1384', '0136', '1282', '1285', '0160', '2380', '2080', '1082', '1080', '0880', '0980', '1382', '1383', '1415',
];
const WORDS = 'hon han jag de var är inte alls bra trevlig hjälpsam fick vänta länge svar på min fråga om barnomsorg bygglov sopor telefonen webben snabbt tydligt tyvärr men tack'.split(' ');

/** Mulberry32 of Tommy Ettinger, public domain: small, and the same on every machine. */
export function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** @returns {Generator<object>} rows as docs/import.md describes them. */
export function* syntheticResponses({ responses, municipalities = 33, years = 3, text = false, seed = 1 }) {
  const random = randomNumbers(seed);
  const pick = (items) => items[random(items.length)];
  const codes = CODES.slice(0, municipalities);
  if (codes.length < municipalities) throw new RangeError(`expected at most ${CODES.length} municipalities, got ${municipalities}`);
  const spanMs = years * 365 * 86_400_000;
  for (let index = 0; index < responses; index++) {
    const areas = [...new Set(Array.from({ length: 1 + random(2) }, () => pick(AREAS)))].map((area) => ({ area, tonality: pick(TONALITIES) }));
    yield {
      id: `call ${index}`,
      municipality: pick(codes),
      unit: pick(UNITS),
      contacted_at: new Date(Date.UTC(2018, 0, 1, 8) + Math.floor((index / responses) * spanMs)).toISOString(),
      consent: true,
      ratings: Object.fromEntries(QUESTIONS.map((question) => [question, 1 + random(5)])),
      ...(text ? { text: `${Array.from({ length: 20 }, () => pick(WORDS)).join(' ')}.` } : {}),
      tonality: pick(TONALITIES),
      areas,
      services: areas.some(({ area }) => area === 'kommunala_tjanster') ? [pick(SERVICES)] : [],
    };
  }
}

/** Writes the rows as JSONL to a stream, no faster than it takes them. */
export async function writeResponses(options, out) {
  let lines = [];
  for (const row of syntheticResponses(options)) {
    lines.push(JSON.stringify(row));
    if (lines.length < 1_000) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  if (lines.length > 0) out.write(`${lines.join('\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      responses: { type: 'string', default: '10000' },
      municipalities: { type: 'string', default: '33' },
      years: { type: 'string', default: '3' },
      text: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const { responses, municipalities, years, seed, text } = values;
  await writeResponses({ responses: Number(responses), municipalities: Number(municipalities), years: Number(years), seed: Number(seed), text }, process.stdout);
}
