import { CellChanges } from './cells.js';
import type { Cell, CellRange, ReadCell } from './cells.js';
import type { ResponseRow } from './response-row.js';
import type { Comment, Correction } from './response.js';
import { insertRows } from './sqlite-database.js';
import type { SqliteStatements } from './sqlite-database.js';
import { decodeTally, encodeTally } from './tally.js';
import type { StoredTally, TallyList, TallyPart } from './tally.js';

const READ_CELLS_BY_KEY = `SELECT asked.key, c.comments, c.ratings, c.participation FROM json_each(?1) AS asked JOIN cells AS c
  ON c.grain = value ->> 0 AND c.municipality = value ->> 1 AND c.period = value ->> 2 AND c.unit = value ->> 3`;

const WRITE_CELLS = [
  'INSERT INTO cells (grain, municipality, period, unit, comments, ratings, participation)',
  'ON CONFLICT DO UPDATE SET comments = excluded.comments, ratings = excluded.ratings, participation = excluded.participation',
] as const;

const DELETE_CELLS = `DELETE FROM cells WHERE (grain, municipality, period, unit) IN
  (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1))`;

/** A comment, and the correction of it that counts. */
export type Counted = readonly [comment: Comment, correction: Correction | undefined];

/** Counts a comment anew where its labels changed. */
export async function recount(statements: SqliteStatements, { day, municipality, unit }: ResponseRow, before: Counted, after: Counted): Promise<void> {
  const changes = new CellChanges();
  const tally = changes.at({ day, municipality, unit });
  tally.countComment(...before, -1);
  tally.countComment(...after, 1);
  await changeCells(statements, changes.cells());
}

export async function changeCells(statements: SqliteStatements, cells: readonly Cell[]): Promise<void> {
  const keys = cells.map(({ grain, municipality, period, unit }) => [grain, municipality, period, unit]);
  const stored = new Map((await statements.all(READ_CELLS_BY_KEY, [JSON.stringify(keys)])).map((row) => [row['key'] as number, row]));
  const written: (string | number)[][] = [];
  const emptied: (string | number)[][] = [];
  cells.forEach(({ tally }, index) => {
    const before = stored.get(index);
    let sum = tally;
    if (before !== undefined) {
      const both = decodeTally(before as unknown as StoredTally);
      both.addTally(tally);
      sum = both;
    }
    const { comments, ratings, participation } = encodeTally(sum);
    const key = keys[index]!;
    if (comments === '' && ratings === '' && participation === '') emptied.push(key);
    else written.push([...key, comments, ratings, participation]);
  });
  await insertRows(statements, WRITE_CELLS, written);
  if (emptied.length > 0) await statements.all(DELETE_CELLS, [JSON.stringify(emptied)]);
}

/** The cells come as one JSON text: the driver takes microseconds for each row. */
export async function readCells(statements: SqliteStatements, range: CellRange, part: TallyPart): Promise<readonly ReadCell[]> {
  const { grain, first, last, municipalities, units } = range;
  const chosen = municipalities === undefined ? "= ''" : municipalities === 'each' ? "<> ''" : 'IN (SELECT value FROM json_each(?4))';
  const [row] = await statements.all(
    `SELECT '[' || group_concat('[' || period || ',' || json_quote(municipality) || ',' || json_quote(unit) || ',' || ${part} || ']') || ']' AS cells
      FROM cells WHERE grain = ?1 AND municipality ${chosen} AND period BETWEEN ?2 AND ?3 AND ${part} <> ''
      ${units === undefined ? '' : 'AND unit IN (SELECT value FROM json_each(?5))'}`,
    [grain, first, last, JSON.stringify(Array.isArray(municipalities) ? municipalities : []), JSON.stringify(units ?? [])],
  );
  const cells = row?.['cells'];
  if (typeof cells !== 'string') return [];
  const lists = JSON.parse(cells) as readonly (readonly [number, string, string, TallyList])[];
  return lists.map(([period, municipality, unit, list]) => ({ period, municipality, unit, list }));
}
