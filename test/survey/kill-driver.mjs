/*
 * Writes to a store without end, and says on stdout what it is at and what the store has acknowledged, a JSON line each, until it is
 * killed. Run by store-kill.test.ts: node kill-driver.mjs DIST DB ROUND
 */
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [dist, db, round] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(`${dist}/${file}`).href);
const { openStore } = await load('cli/store-flags.js');
const { classifyWaiting } = await load('survey/classify-waiting.js');
const { importResponses } = await load('survey/import.js');
const { ResponseReader } = await load('survey/response-input.js');
const { CallIds } = await load('survey/call-id.js');
const { redact } = await load('redaction/redact.js');

const store = await openStore({ db }, true);
const callIds = new CallIds(Buffer.alloc(32, 1));
// In one write, so that a line is there whole or not at all.
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);

/** The store, telling what it has acknowledged. */
const told = {
  now: () => store.now(),
  add: async (responses) => {
    const outcomes = await store.add(responses);
    say({ added: responses.filter((_, index) => outcomes[index] === 'added').map(({ id }) => id) });
    return outcomes;
  },
  claim: (...args) => store.claim(...args),
  extendClaim: (...args) => store.extendClaim(...args),
  release: (...args) => store.release(...args),
  backlog: () => store.backlog(),
  postpone: (...args) => store.postpone(...args),
  classify: async (id, verdict) => {
    if (await store.classify(id, verdict)) say({ classified: id });
    return true;
  },
};

const verdict = { tonality: 'negativ', reason: null, areas: [{ area: 'tid', tonality: 'negativ', probability: 0.9 }], services: [], probabilities: null, uncertain: true, confidence: null, model: null };
const judge = { judgeText: async () => verdict };

async function* records(part) {
  const size = 1 + ((23 + part * 31) % 60);
  for (let index = 0; index < size; index++) {
    const id = `${round} ${part} ${index}`;
    const comment = index % 3 === 0 ? { text: 'Det tog lång tid.' } : index % 3 === 1 ? { tonality: 'positiv', areas: [{ area: 'tid', tonality: 'positiv' }] } : {};
    yield { line: index + 1, value: { id, municipality: '0180', contacted_at: `2020-0${1 + (index % 9)}-05`, ratings: { helhet: index % 11 }, ...comment } };
  }
}

for (let part = 0; ; part++) {
  say({ at: 'import' });
  await importResponses(records(part), { store: told, reader: new ResponseReader(), callIds, redact });
  if (part % 2 === 0) {
    say({ at: 'classification' });
    // What another process has in hand is its own affair.
    const stop = AbortSignal.timeout(400);
    await classifyWaiting({ store: told, judge, redact, concurrency: 8, stop });
  }
  say({ at: 'correction' });
  // Every third response has no comment to correct.
  for (let index = 0; index < 9; index++) {
    const id = callIds.pseudonym(`${round} ${part} ${index}`);
    const found = await store.find(id);
    if (found === undefined) break;
    const labels = { tonality: 'skeptisk', areas: [], services: [], by: 'anna', at: new Date() };
    if ((await store.correct(id, labels, found.corrections.length)) === 'corrected') say({ corrected: id });
  }
}
