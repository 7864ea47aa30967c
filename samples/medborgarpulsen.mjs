// Writes samples/medborgarpulsen.jsonl: three years of a survey that was never made. The comments are invented, and what they say
// of a municipality says nothing of the real one; only their sums are real: they give the published figures of the yearly survey
// (samples/published-figures.json). Seeded: the same file each time.
//
//   node samples/medborgarpulsen.mjs [FILE]

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TEXTS } from './medborgarpulsen-texts.mjs';

const file = process.argv[2] ?? fileURLToPath(new URL('medborgarpulsen.jsonl', import.meta.url));

/** Mulberry32 of Tommy Ettinger, public domain: small, and the same on every machine. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = randomNumbers(20_181_204);
const below = (n) => Math.floor(random() * n);
const pick = (items) => items[below(items.length)];

function shuffle(items) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** An index, as often as its weight says. */
function weighted(weights) {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index === -1 ? weights.length - 1 : index;
}

const TONALITIES = ['positiv', 'skeptisk', 'negativ'];

/**
 * Comments of each year and, for each area, how many are positiv, skeptisk and negativ. Published: the comments of 2018 and 2020,
 * handlaggare and digitala_tjanster 2018, kommunala_tjanster and digitala_tjanster 2020 (shares round to 38, 9, 52 and 34, 11, 56),
 * kommunala_tjanster negativ 2019 (43 %). The rest is made up to fit.
 */
const YEARS = [
  {
    year: 2018,
    comments: 11_284,
    municipalities: 15,
    areas: {
      handlaggare: [3_207, 329, 576],
      digitala_tjanster: [552, 283, 657],
      kommunala_tjanster: [779, 163, 682],
      tid: [952, 405, 1_023],
      helhet: [1_966, 437, 717],
    },
    preschool: [74, 29, 121],
  },
  {
    year: 2019,
    comments: 14_020,
    municipalities: 17,
    areas: {
      handlaggare: [3_875, 392, 638],
      digitala_tjanster: [708, 275, 984],
      kommunala_tjanster: [880, 210, 822],
      tid: [1_125, 533, 1_303],
      helhet: [2_361, 580, 929],
    },
    // 31 % positiv, and 47 % the year after: published.
    preschool: [93, 40, 167],
    noOpinion: 236,
  },
  {
    year: 2020,
    comments: 16_885,
    municipalities: 19,
    areas: {
      handlaggare: [4_624, 405, 751],
      digitala_tjanster: [828, 262, 1_366],
      kommunala_tjanster: [854, 209, 1_162],
      tid: [1_444, 650, 1_516],
      helhet: [2_970, 603, 1_067],
    },
    preschool: [169, 35, 156],
    // A quarter of those who were asked answered: published. Only this year has a row for each of the others.
    others: 3 * 16_885,
  },
];

/** Other services, by how often they are spoken of. */
const SERVICES = { omsorg_stod: 24, bygg_miljo: 17, gata_park_trafik: 20, vatten_avfall: 12, kultur_fritid: 8, bostad: 6, ekonomiskt_bistand: 9, ovrigt: 4 };

/** Code, how many comments come from there, and how much more often they are content (above 1) or not (below). */
const MUNICIPALITIES = [
  ['0126', 10, 1.1],
  ['0127', 8, 0.8],
  ['0136', 7, 0.9],
  ['0160', 6, 1.3],
  ['0184', 6, 1.2],
  ['0380', 13, 1.0],
  ['0484', 8, 0.9],
  ['0580', 11, 1.2],
  ['0680', 10, 1.1],
  ['0880', 6, 1.3],
  ['1283', 10, 0.8],
  ['1480', 24, 0.9],
  ['1780', 7, 1.2],
  ['1980', 9, 1.0],
  ['2480', 8, 1.4],
  ['1490', 9, 1.0],
  ['2281', 7, 0.8],
  ['2580', 6, 1.1],
  ['1384', 6, 1.5],
];
const UNITS = { 1480: ['Kontaktcenter Centrum', 'Kontaktcenter Hisingen', 'Växeln'], '0380': ['Kontaktcenter', 'Växeln'], '0580': ['Kontaktcenter', 'Medborgarkontoret'] };

/** Which key is pressed, by the tonality of the comment. */
const KEYS = { positiv: [1, 1, 4, 14, 30], skeptisk: [2, 6, 14, 10, 4], negativ: [16, 14, 9, 4, 2] };
const QUESTIONS = ['bemotande', 'kunskap', 'vantetid', 'webbplats', 'tjansten'];

/** The comments of a year by area and tonality: each area's counts come out exactly. */
function commentsOf({ comments, areas, preschool }) {
  const mentions = Object.entries(areas).flatMap(([area, counts]) =>
    counts.flatMap((count, t) =>
      Array.from({ length: count }, (_, i) => {
        const label = { area, tonality: TONALITIES[t] };
        if (area !== 'kommunala_tjanster') return { labels: [label] };
        return { labels: [label], service: i < preschool[t] ? 'forskola_skola' : Object.keys(SERVICES)[weighted(Object.values(SERVICES))] };
      }),
    ),
  );
  shuffle(mentions);
  // What is more than the comments is a second thing that a comment judges: the one who answered, or the wait.
  const seconds = [];
  const firsts = [];
  const wanted = mentions.length - comments;
  for (const mention of mentions) {
    const canBeSecond = ['handlaggare', 'tid'].includes(mention.labels[0].area);
    (canBeSecond && seconds.length < wanted ? seconds : firsts).push(mention);
  }
  for (const { labels } of seconds) {
    let first = pick(firsts);
    while (first.labels.length > 1 || first.labels[0].area === labels[0].area) first = pick(firsts);
    first.labels.push(labels[0]);
  }
  return firsts;
}

function overall(labels) {
  const [first, second = first] = labels.map(({ tonality }) => tonality);
  if (first === second) return first;
  return random() < 0.5 ? 'skeptisk' : pick([first, second]);
}

/** A day of the year: contact centres are open on weekdays, and some also on Saturdays. */
function someDay(year) {
  for (;;) {
    const day = new Date(Date.UTC(year, 0, 1 + below(year % 4 === 0 ? 366 : 365)));
    const weekday = day.getUTCDay();
    if (weekday !== 0 && (weekday !== 6 || random() < 0.1)) return day.toISOString().slice(0, 10);
  }
}

function somePlace(count, tonality) {
  const places = MUNICIPALITIES.slice(0, count);
  const [municipality] = places[weighted(places.map(([, size, content]) => size * (tonality === 'positiv' ? content : 1)))];
  return UNITS[municipality] === undefined ? { municipality } : { municipality, unit: pick(UNITS[municipality]) };
}

function ratingsFor(tonality) {
  const rating = () => 1 + weighted(KEYS[tonality]);
  return { ...Object.fromEntries(QUESTIONS.map((question) => [question, rating()])), svar_direkt: rating() > 2 ? 1 : 0, helhet: 2 * rating() - below(2) };
}

const AREA_ORDER = Object.keys(YEARS[0].areas);
const rows = [];
for (const plan of YEARS) {
  const ofYear = [];
  const id = () => `${plan.year}-${(ofYear.length + 1).toString(36)}`;
  for (const { labels, service } of shuffle(commentsOf(plan))) {
    const tonality = overall(labels);
    const texts = labels.length === 1 ? (TEXTS[service] ?? TEXTS[labels[0].area])?.[tonality] : undefined;
    ofYear.push({
      id: id(),
      ...somePlace(plan.municipalities, tonality),
      contacted_at: someDay(plan.year),
      ...(ofYear.length % 5 === 0 ? { ratings: ratingsFor(tonality) } : {}),
      ...(texts !== undefined && random() < 0.02 ? { text: pick(texts) } : {}),
      tonality,
      areas: labels.sort((a, b) => AREA_ORDER.indexOf(a.area) - AREA_ORDER.indexOf(b.area)),
      ...(service === undefined ? {} : { services: [service] }),
      ...(random() < 0.04 ? { uncertain: true } : {}),
    });
  }
  for (let i = 0; i < (plan.noOpinion ?? 0); i++) {
    ofYear.push({ id: id(), ...somePlace(plan.municipalities), contacted_at: someDay(plan.year), tonality: null });
  }
  for (let i = 0; i < (plan.others ?? 0); i++) {
    const { municipality } = somePlace(plan.municipalities);
    ofYear.push({ id: id(), municipality, contacted_at: someDay(plan.year), ...(random() < 0.3 ? { status: 'declined' } : {}) });
  }
  rows.push(...ofYear.sort((a, b) => (a.contacted_at < b.contacted_at ? -1 : a.contacted_at > b.contacted_at ? 1 : 0)));
}
writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
