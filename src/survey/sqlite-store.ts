import type { RedactedText } from '../redaction/redacted-text.js';
import { PollingBell } from './bell.js';
import type { Bell } from './bell.js';
import { formatDay } from './calendar.js';
import { CellChanges } from './cells.js';
import type { Cell, CellRange, ReadCell } from './cells.js';
import { countComments, countParticipation, countRatings } from './counts.js';
import { RESPONSE_COLUMNS, commentOf, correctionOf, correctionRow, responseOf, rowOf, verdictText } from './response-row.js';
import type { CorrectionRow, ResponseRow } from './response-row.js';
import type { Comment, CommentState, Correction, StoredVerdict } from './response.js';
import { SqliteDatabase, insertRows } from './sqlite-database.js';
import type { SqliteOptions, SqliteStatements } from './sqlite-database.js';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.js';
import { readQuotes } from './sqlite-quotes.js';
import { MAX_BATCH } from './store.js';
import type { AddOutcome, Backlog, CorrectOutcome, DeadLetter, NewResponse, ResponseStore, StoredResponse, WaitingComment } from './store.js';
import type { CommentCounts, CommentQuery, Extent, ParticipationCounts, ParticipationQuery, QuotePage, QuoteQuery, RatingCounts, RatingQuery } from './store-queries.js';
import { TallyBuilder, decodeTally, encodeTally } from './tally.js';
import type { StoredTally, TallyList, TallyPart } from './tally.js';

const ADD_RESPONSES = [`INSERT INTO responses (${RESPONSE_COLUMNS.join(', ')}) VALUES`, ''] as const;

/** Due at once: before any moment that a comment is asked for. */
const ADD_WAITING = `INSERT INTO backlog (response, attempts, due_ms)
  SELECT r.seq, 0, 0 FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value`;

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
        const pending = rows.filter(({ state }) => state === 'pending').map(({ id }) => id);
        await insertRows(statements, ADD_RESPONSES, rows.map((row) => RESPONSE_COLUMNS.map((column) => row[column])));
        if (pending.length > 0) await statements.all(ADD_WAITING, [JSON.stringify(pending)]);
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

  async corrected(limit: number, after?: string): Promise<readonly StoredResponse[]> {
    const ids = await this.#database.all(
      `SELECT r.id AS id FROM responses AS r WHERE r.seq IN (SELECT response FROM corrections)
        AND r.seq > coalesce((SELECT seq FROM responses WHERE id = ?2), 0) ORDER BY r.seq LIMIT ?1`,
      [limit, after ?? ''],
    );
    const found = await Promise.all(ids.map(({ id }) => this.find(text(id))));
    return found.filter((response) => response !== undefined);
  }

  async claim(limit: number, now: Date, until: Date): Promise<readonly WaitingComment[]> {
    if (limit > MAX_BATCH) throw new RangeError(`expected at most ${MAX_BATCH} comments at once, got ${limit}`);
    return this.#database.transaction(async (statements) => {
      const rows = await statements.all(
        `SELECT b.response, r.id, r.text, r.recording, b.attempts + 1 AS attempts FROM backlog AS b JOIN responses AS r ON r.seq = b.response
          WHERE b.due_ms <= ?2 ORDER BY b.due_ms, b.response LIMIT ?1`,
        [limit, now.getTime()],
      );
      await statements.all('UPDATE backlog SET attempts = attempts + 1, due_ms = ?2 WHERE response IN (SELECT value FROM json_each(?1))', [
        JSON.stringify(rows.map(({ response }) => response)),
        until.getTime(),
      ]);
      return rows.map(({ response: _, ...comment }) => comment as unknown as WaitingComment);
    });
  }

  async extendClaim(ids: readonly string[], until: Date): Promise<void> {
    await this.#database.all(
      `UPDATE backlog SET due_ms = ?2 WHERE due_ms IS NOT NULL
        AND response IN (SELECT r.seq FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value)`,
      [JSON.stringify(ids), until.getTime()],
    );
  }

  async classify(id: string, verdict: StoredVerdict, text?: RedactedText): Promise<boolean> {
    return this.#database.transaction(async (statements) => {
      const found = await findRow(statements, id);
      const comment = found === undefined ? null : commentOf(found.row);
      if (found === undefined || comment === null || comment.verdict !== null) return false;
      await statements.all("UPDATE responses SET state = 'classified', verdict = ?2, text = coalesce(?3, text) WHERE seq = ?1", [
        found.seq,
        verdictText(verdict),
        text ?? null,
      ]);
      await statements.all('DELETE FROM backlog WHERE response = ?1', [found.seq]);
      const correction = await lastCorrection(statements, found.seq);
      await recount(statements, found.row, [comment, correction], [{ ...comment, state: 'classified', verdict }, correction]);
      return true;
    });
  }

  async postpone(id: string, reason: string, due: Date | null): Promise<void> {
    await this.#database.transaction(async (statements) => {
      const found = await findRow(statements, id);
      if (found === undefined || found.row.state !== 'pending') return;
      await statements.all('UPDATE backlog SET reason = ?2, due_ms = ?3 WHERE response = ?1', [found.seq, reason, due?.getTime() ?? null]);
      if (due === null) await changeState(statements, found, 'failed');
    });
  }

  async release(ids: readonly string[], now: Date): Promise<void> {
    await this.#database.all(
      `UPDATE backlog SET due_ms = ?2, attempts = attempts - 1 WHERE due_ms IS NOT NULL AND attempts > 0
        AND response IN (SELECT r.seq FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value)`,
      [JSON.stringify(ids), now.getTime()],
    );
  }

  async backlog(): Promise<Backlog> {
    const [row] = await this.#database.all('SELECT count(due_ms) AS waiting, count(*) - count(due_ms) AS dead, min(due_ms) AS next FROM backlog');
    const next = row?.['next'];
    return { waiting: row?.['waiting'] as number, dead: row?.['dead'] as number, nextDue: typeof next === 'number' ? new Date(next) : null };
  }

  async deadLetters(limit: number, after?: string): Promise<readonly DeadLetter[]> {
    const rows = await this.#database.all(
      `SELECT r.id, r.municipality, b.reason, b.attempts FROM backlog AS b JOIN responses AS r ON r.seq = b.response
        WHERE b.due_ms IS NULL AND b.response > coalesce((SELECT seq FROM responses WHERE id = ?2), 0) ORDER BY b.response LIMIT ?1`,
      [limit, after ?? ''],
    );
    return rows as unknown as readonly DeadLetter[];
  }

  async retry(now: Date, ids?: readonly string[]): Promise<number> {
    return this.#database.transaction(async (statements) => {
      const dead = await statements.all(
        `SELECT r.id AS id FROM backlog AS b JOIN responses AS r ON r.seq = b.response
          WHERE b.due_ms IS NULL ${ids === undefined ? '' : 'AND r.id IN (SELECT value FROM json_each(?1))'}`,
        ids === undefined ? [] : [JSON.stringify(ids)],
      );
      for (const { id } of dead) {
        const found = (await findRow(statements, text(id)))!;
        await statements.all('UPDATE backlog SET attempts = 0, due_ms = ?2 WHERE response = ?1', [found.seq, now.getTime()]);
        await changeState(statements, found, 'pending');
      }
      return dead.length;
    });
  }

  now(): Date {
    return new Date();
  }

  async listen(): Promise<Bell> {
    return new PollingBell();
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

  async quotes(query: QuoteQuery): Promise<QuotePage> {
    return readQuotes(this.#database, query);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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

async function lastCorrection(statements: SqliteStatements, seq: number): Promise<Correction | undefined> {
  const last = (await correctionsOf(statements, seq)).at(-1);
  return last === undefined ? undefined : correctionOf(last);
}

/** Of a comment without labels. */
async function changeState(statements: SqliteStatements, { seq, row }: FoundRow, state: CommentState): Promise<void> {
  const comment = commentOf(row)!;
  await statements.all('UPDATE responses SET state = ?2 WHERE seq = ?1', [seq, state]);
  const correction = await lastCorrection(statements, seq);
  await recount(statements, row, [comment, correction], [{ ...comment, state }, correction]);
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
