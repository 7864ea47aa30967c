import type { Cell, CellRange, ReadCell } from './cells.js';
import { textOf } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';
import { encodeTally } from './tally.js';
import type { TallyList, TallyPart } from './tally.js';

const KEY = 'grain, municipality, period, unit';

/**
 * Adds to cells, and makes those that are not there: one after the other in the order of the list, so that two who change the same
 * ones wait for each other in one direction only.
 */
const ADD_TO_CELLS = `INSERT INTO tonalitet.cells AS c (${KEY}, comments, ratings, participation)
  SELECT ${KEY}, comments, ratings, participation
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])
      WITH ORDINALITY AS asked (${KEY}, comments, ratings, participation, place) ORDER BY place
  ON CONFLICT (${KEY}) DO UPDATE SET
    comments = tonalitet.add_counts(c.comments, excluded.comments),
    ratings = tonalitet.add_ratings(c.ratings, excluded.ratings),
    participation = tonalitet.add_counts(c.participation, excluded.participation)`;

const DELETE_EMPTY = `DELETE FROM tonalitet.cells AS c USING unnest($1::text[], $2::text[], $3::integer[], $4::text[]) AS asked (${KEY})
  WHERE (c.grain, c.municipality, c.period, c.unit) = (asked.grain, asked.municipality, asked.period, asked.unit)
    AND (c.comments, c.ratings, c.participation) = ('', '', '')`;

/**
 * Changes cells by what a transaction counted. To be its last change: the cells of all municipalities together are everybody's, and
 * from here to the commit all others wait.
 *
 * @param cells in the order of their keys, as `CellChanges` gives them.
 */
export async function changeCells(statements: PostgresStatements, cells: readonly Cell[]): Promise<void> {
  const changed = cells.map((cell) => ({ ...cell, ...encodeTally(cell.tally) })).filter(({ comments, ratings, participation }) => comments + ratings + participation !== '');
  if (changed.length === 0) return;
  const list = <K extends keyof (typeof changed)[number]>(name: K): (typeof changed)[number][K][] => changed.map((cell) => cell[name]);
  const keys = [list('grain'), list('municipality'), list('period'), list('unit')];
  await statements.all(ADD_TO_CELLS, [...keys, list('comments'), list('ratings'), list('participation')]);
  // Only where responses were taken away can nothing be left.
  if (changed.some(({ tally }) => [...tally.participation.values()].some((n) => n < 0))) await statements.all(DELETE_EMPTY, keys);
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
