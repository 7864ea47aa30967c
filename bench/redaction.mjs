#!/usr/bin/env node
/**
 * Recall and precision of the redaction on the comments with planted identifiers (test/redaction/planted), with 95 % Wilson
 * intervals. Needs `npm run build`.
 *
 *   node bench/redaction.mjs [--verbose]
 *
 * --verbose lists misses and false findings, of the open files only: who improves the rules is not to see the held-out ones.
 */
import { parseArgs } from 'node:util';
import { redactWithFindings } from '../dist/redaction/redact.js';
import { NUMBER_TYPES, measure, precision, readPlanted, recall } from './planted.mjs';

const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } });
const { open, heldOut } = await readPlanted(new URL('../test/redaction/planted/', import.meta.url));

for (const [title, comments] of [['open', open], ['held out', heldOut]]) {
  const measurement = measure(comments, redactWithFindings);
  console.log(`\n${title}: ${comments.length} comments`);
  for (const type of [...measurement.byType.keys()].sort()) {
    console.log(row(`recall, ${type}`, recall(measurement, [type]), recall(measurement, [type], 'rightType')));
  }
  console.log(row('recall, numbers', recall(measurement, NUMBER_TYPES), recall(measurement, NUMBER_TYPES, 'rightType')));
  console.log(row('recall, all', recall(measurement), recall(measurement, undefined, 'rightType')));
  console.log(row('precision', precision(measurement)));
  if (values.verbose && comments === open) {
    for (const { place, type, value, text } of measurement.misses) console.log(`miss   ${place} ${type} “${value}”\n       ${text}`);
    for (const { place, type, value, text } of measurement.falseFindings) console.log(`false  ${place} ${type} “${value}”\n       ${text}`);
  }
}

function row(name, { hits, of, share, low, high }, rightType) {
  const cells = [name.padEnd(26), `${hits}/${of}`.padStart(9), share.toFixed(3), `[${low.toFixed(3)}, ${high.toFixed(3)}]`];
  if (rightType !== undefined) cells.push(`with the right type ${rightType.hits}/${rightType.of}`);
  return cells.join('  ');
}
