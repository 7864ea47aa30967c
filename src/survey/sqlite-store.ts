import { formatDay } from './calendar.js';
import { CellChanges } from './cells.js';
import type { Cell, CellRange, ReadCell } from './cells.js';
import { countComments, countParticipation, countRatings } from './counts.js';
import { RESPONSE_COLUMNS, commentOf, correctionOf, correctionRow, responseOf, rowOf, verdictText } from './response-row.js';
import type { CorrectionRow, ResponseRow } from './response-row.js';
import type { Comment, Correction, StoredVerdict } from './response.js';
import { SqliteDatabase, insertRows } from './sqlite-database.js';
import type { SqliteOptions, SqliteStatements } from './sqlite-database.js';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.js';
import { MAX_BATCH } from './store.js';
import type { AddOutcome, CorrectOutcome, NewResponse, ResponseStore, StoredResponse } from './store.js';
import type { CommentCounts, CommentQuery, Extent, ParticipationCounts, ParticipationQuery, RatingCounts, RatingQuery } from './store-queries.js';
import { TallyBuilder, decodeTally, encodeTally } from './tally.js';
import type { StoredTally, TallyList, TallyPart } from './tally.js';

const ADD_RESPONSES = [`INSERT INTO responses (${RESPONSE_COLUMNS.join(', ')}) VALUES`, ''] as const;

const READ_CELLS_BY_KEY = `SELECT asked.key, c.comments, c.ratings, c.participation FROM json_each(?1) AS asked JOIN cells AS c
  ON c.grain = value ->> 0 AND c.municipality = value ->> 1 AND c.period = value ->> 2 AND c.unit = value ->> 3`;

const WRITE_CELLS = [
  'INSERT INTO cells (grain, municipality, period, unit, comments, ratings, participation) VALUES',
  'ON CONFLICT DO UPDATE SET comments = excluded.comments, ratings = excluded.ratings, participation = excluded.participation',
] as const;

const DELETE_CELLS = `DELETE FROM cells WHERE (grain, municipality, period, unit) IN
  (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1))`;

/** Responses in one SQLite file, with the counts of the report kept beside them. */
export class SqliteStore implements ResponseStore {
  readonly #database: SqliteDatabase;

  private constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** @throws TonalitetError as {@link SqliteDatabase.open}. */
  static async open(path: string, options: SqliteOptions): Promise<SqliteStore> {
    return new SqliteStore(await SqliteDatabase.open(path, SQLITE_MIGRATIONS, options));
  }

  async add(responses: readonly NewResponse[]): Promise<readonly AddOutcome[]> {
    checkBatch(responses);
    if (responses.length === 0) return [];
    return this.#database.transaction(async (statements) => {
      const digests = new Map(await knownIn(statements, responses.map(({ id }) => id)));
      const rows: ResponseRow[] = [];
      const changes = new CellChanges();
      const outcomes = responses.map((response): AddOutcome => {
        const known = digests.get(response.id);
        if (known !== undefined) return known === response.digest ? 'duplicate' : 'conflict';
        digests.set(response.id, response.digest);
        const row = rowOf(response);
        rows.push(row);
        changes.at({ ...response, day: row.day }).countResponse(response, undefined, 1);
        return 'added';
      });
      if (rows.length > 0) {
        await insertRows(statements, ADD_RESPONSES, rows.map((row) => RESPONSE_COLUMNS.map((column) => row[column])));
        await changeCells(statements, changes.cells());
      }
      return outcomes;
    });
  }

  async known(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    checkBatch(ids);
    return new Map(await knownIn(this.#database, ids));
  }

  async find(id: string): Promise<StoredResponse | undefined> {
    const found = await findRow(this.#database, id);
    return found === undefined ? undefined : responseOf(found.row, await correctionsOf(this.#database, found.seq));
  }

  async correct(id: string, correction: Correction, seen: number): Promise<CorrectOutcome> {
    return this.#database.transaction(async (statements) => {
      const found = await findRow(statements, id);
      const comment = found === undefined ? null : commentOf(found.row);
      if (found === undefined || comment === null) return 'not_found';
      const corrections = await correctionsOf(statements, found.seq);
      if (corrections.length !== seen) return 'changed_meanwhile';
      const { by, at_ms, labels } = correctionRow(correction);
      await statements.all('INSERT INTO corrections (response, by, at_ms, labels) VALUES (?1, ?2, ?3, ?4)', [found.seq, by, at_ms, labels]);
      const last = corrections.at(-1);
      await recount(statements, found.row, [comment, last === undefined ? undefined : correctionOf(last)], [comment, correction]);
      return 'corrected';
    });
  }

  async classify(id: string, verdict: StoredVerdict): Promise<boolean> {
    return this.#database.transaction(async (statements) => {
      const found = await findRow(statements, id);
      const comment = found === undefined ? null : commentOf(found.row);
      if (found === undefined || comment === null || comment.verdict !== null) return false;
      await statements.all("UPDATE responses SET state = 'classified', verdict = ?2 WHERE seq = ?1", [found.seq, verdictText(verdict)]);
      const last = (await correctionsOf(statements, found.seq)).at(-1);
      const correction = last === undefined ? undefined : correctionOf(last);
      await recount(statements, found.row, [comment, correction], [{ ...comment, state: 'classified', verdict }, correction]);
      return true;
    });
  }

  async countComments(query: CommentQuery): Promise<readonly CommentCounts[]> {
    return countComments((range, part) => readCells(this.#database, range, part), query);
  }

  async countRatings(query: RatingQuery): Promise<readonly RatingCounts[]> {
    return countRatings((range, part) => readCells(this.#database, range, part), query);
  }

  async countParticipation(query: ParticipationQuery): Promise<readonly ParticipationCounts[]> {
    return countParticipation((range, part) => readCells(this.#database, range, part), query);
  }

  async extent(): Promise<Extent> {
    const all: CellRange = { grain: 'day', first: -1, last: Number.MAX_SAFE_INTEGER, municipalities: undefined, units: undefined };
    const days = (await readCells(this.#database, all, 'participation')).map(({ period }) => period);
    const units = await this.#database.all(
      "SELECT DISTINCT municipality, unit FROM cells WHERE grain = 'month' AND municipality <> '' ORDER BY municipality, unit",
    );
    const [participation, ratings] = [await this.countParticipation({}), await this.countRatings({})];
    return {
      responses: participation[0]?.offered ?? 0,
      firstDay: days.length === 0 ? null : formatDay(Math.min(...days)),
      lastDay: days.length === 0 ? null : formatDay(Math.max(...days)),
      municipalities: [...new Set(units.map((row) => text(row['municipality'])))],
      units: units.map((row) => ({ municipality: text(row['municipality']), unit: row['unit'] === '' ? null : text(row['unit']) })),
      questions: ratings.map(({ question }) => question),
    };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

interface FoundRow {
  readonly seq: number;
  readonly row: ResponseRow;
}

async function findRow(statements: SqliteStatements, id: string): Promise<FoundRow | undefined> {
  const [row] = await statements.all(`SELECT seq, ${RESPONSE_COLUMNS.join(', ')} FROM responses WHERE id = ?1`, [id]);
  return row === undefined ? undefined : { seq: row['seq'] as number, row: row as unknown as ResponseRow };
}

async function correctionsOf(statements: SqliteStatements, seq: number): Promise<readonly CorrectionRow[]> {
  return (await statements.all('SELECT by, at_ms, labels FROM corrections WHERE response = ?1 ORDER BY seq', [seq])) as unknown as CorrectionRow[];
}

async function knownIn(statements: SqliteStatements, ids: readonly string[]): Promise<(readonly [string, string])[]> {
  const rows = await statements.all('SELECT r.id, r.digest FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value', [JSON.stringify(ids)]);
  return rows.map((row) => [text(row['id']), text(row['digest'])]);
}

type Counted = readonly [comment: Comment, correction: Correction | undefined];

/** Counts a comment anew where its labels changed. */
async function recount(statements: SqliteStatements, { day, municipality, unit }: ResponseRow, before: Counted, after: Counted): Promise<void> {
  const changes = new CellChanges();
  const tally = changes.at({ day, municipality, unit });
  tally.countComment(...before, -1);
  tally.countComment(...after, 1);
  await changeCells(statements, changes.cells());
}

async function changeCells(statements: SqliteStatements, cells: readonly Cell[]): Promise<void> {
  const keys = cells.map(({ grain, municipality, period, unit }) => [grain, municipality, period, unit]);
  const stored = new Map((await statements.all(READ_CELLS_BY_KEY, [JSON.stringify(keys)])).map((row) => [row['key'] as number, row]));
  const written: (string | number)[][] = [];
  const emptied: (string | number)[][] = [];
  cells.forEach(({ tally }, index) => {
    const before = stored.get(index);
    const sum = before === undefined ? new TallyBuilder() : decodeTally(before as unknown as StoredTally);
    sum.addTally(tally);
    const { comments, ratings, participation } = encodeTally(sum);
    const key = keys[index]!;
    if (comments === '' && ratings === '' && participation === '') emptied.push(key);
    else written.push([...key, comments, ratings, participation]);
  });
  await insertRows(statements, WRITE_CELLS, written);
  if (emptied.length > 0) await statements.all(DELETE_CELLS, [JSON.stringify(emptied)]);
}

/** The cells come as one JSON text: the driver takes microseconds for each row. */
async function readCells(statements: SqliteStatements, range: CellRange, part: TallyPart): Promise<readonly ReadCell[]> {
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

function checkBatch(batch: readonly unknown[]): void {
  if (batch.length > MAX_BATCH) throw new RangeError(`expected at most ${MAX_BATCH} responses at once, got ${batch.length}`);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a text from SQLite, got ${typeof value}`);
  return value;
}
