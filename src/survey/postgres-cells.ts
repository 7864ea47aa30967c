import type { Cell, CellRange, ReadCell } from './cells.js';
import { textOf } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';
import { decodeTally, encodeTally } from './tally.js';
import type { StoredTally, TallyList, TallyPart } from './tally.js';

/** Four lists, one for each part of a cell's key. */
const KEYS = 'unnest($1::text[], $2::text[], $3::integer[], $4::text[]) WITH ORDINALITY AS asked (grain, municipality, period, unit, place)';

/**
 * Makes the cells that are not there yet, and locks all of them: one after the other, in the order of the list. Nothing is
 * changed in those that are there, and nothing comes back: what they hold is asked for afterwards, when nobody can change it.
 */
const LOCK_CELLS = `INSERT INTO tonalitet.cells AS c (grain, municipality, period, unit, comments, ratings, participation)
  SELECT grain, municipality, period, unit, '', '', '' FROM ${KEYS} ORDER BY place
  ON CONFLICT (grain, municipality, period, unit) DO UPDATE SET comments = c.comments WHERE false`;

const READ_LOCKED = `SELECT asked.place, c.comments, c.ratings, c.participation FROM ${KEYS} JOIN tonalitet.cells AS c USING (grain, municipality, period, unit)`;

const WRITE_CELLS = `UPDATE tonalitet.cells AS c SET comments = asked.comments, ratings = asked.ratings, participation = asked.participation
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS asked (grain, municipality, period, unit, comments, ratings, participation)
  WHERE (c.grain, c.municipality, c.period, c.unit) = (asked.grain, asked.municipality, asked.period, asked.unit)`;

const DELETE_CELLS = `DELETE FROM tonalitet.cells AS c USING ${KEYS}
  WHERE (c.grain, c.municipality, c.period, c.unit) = (asked.grain, asked.municipality, asked.period, asked.unit)`;

/**
 * Changes cells by what a transaction counted. To be its last change: the cells of all municipalities together are everybody's, and
 * from here to the commit all others wait.
 *
 * @param cells in the order of their keys, as `CellChanges` gives them.
 */
export async function changeCells(statements: PostgresStatements, cells: readonly Cell[]): Promise<void> {
  if (cells.length === 0) return;
  await statements.all(LOCK_CELLS, keysOf(cells));
  const stored = new Map((await statements.all(READ_LOCKED, keysOf(cells))).map((row) => [row['place'] as number, row]));
  const written: (Cell & { readonly sum: StoredTally })[] = [];
  const emptied: Cell[] = [];
  cells.forEach((cell, index) => {
    const before = stored.get(index + 1);
    if (before === undefined) throw new TypeError('expected every cell that was locked, got fewer');
    const sum = decodeTally(before as unknown as StoredTally);
    sum.addTally(cell.tally);
    const { comments, ratings, participation } = encodeTally(sum);
    if (comments === '' && ratings === '' && participation === '') emptied.push(cell);
    else written.push({ ...cell, sum: { comments, ratings, participation } });
  });
  if (written.length > 0) {
    const sums = (['comments', 'ratings', 'participation'] as const).map((part) => written.map(({ sum }) => sum[part]));
    await statements.all(WRITE_CELLS, [...keysOf(written), ...sums]);
  }
  if (emptied.length > 0) await statements.all(DELETE_CELLS, keysOf(emptied));
}

function keysOf(cells: readonly Cell[]): readonly (readonly (string | number)[])[] {
  return [
    cells.map(({ grain }) => grain),
    cells.map(({ municipality }) => municipality),
    cells.map(({ period }) => period),
    cells.map(({ unit }) => unit),
  ];
}

/** The cells come as one JSON text, which is read several times as fast as a row for each. */
export async function readCells(statements: PostgresStatements, range: CellRange, part: TallyPart): Promise<readonly ReadCell[]> {
  const { grain, first, last, municipalities, units } = range;
  const args: (string | number | readonly string[])[] = [grain, first, last];
  const list = (values: readonly string[]): string => `ANY ($${args.push(values)}::text[])`;
  const chosen = municipalities === undefined ? "= ''" : municipalities === 'each' ? "<> ''" : `= ${list(municipalities)}`;
  const [row] = await statements.all(
    `SELECT '[' || string_agg('[' || period || ',' || to_json(municipality) || ',' || to_json(unit) || ',' || ${part} || ']', ',') || ']' AS cells
      FROM tonalitet.cells WHERE grain = $1 AND municipality ${chosen} AND period BETWEEN $2 AND $3 AND ${part} <> ''
      ${units === undefined ? '' : `AND unit = ${list(units)}`}`,
    args,
  );
  const cells = row?.['cells'];
  if (cells === null || cells === undefined) return [];
  const lists = JSON.parse(textOf(cells)) as readonly (readonly [number, string, string, TallyList])[];
  return lists.map(([period, municipality, unit, list]) => ({ period, municipality, unit, list }));
}
