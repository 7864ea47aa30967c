import type { RedactedText } from '../redaction/redacted-text.js';
import { PollingBell } from './bell.js';
import type { Bell } from './bell.js';
import { CellChanges } from './cells.js';
import { countComments, countParticipation, countRatings } from './counts.js';
import { ALL_DAYS, extentOf } from './extent.js';
import { RESPONSE_COLUMNS, commentOf, correctionOf, correctionRow, responseOf, rowOf, verdictText } from './response-row.js';
import type { ResponseRow } from './response-row.js';
import type { Correction, StoredVerdict } from './response.js';
import { changeCells, readCells, recount } from './sqlite-cells.js';
import { SqliteDatabase, insertRows } from './sqlite-database.js';
import type { SqliteOptions, SqliteStatements } from './sqlite-database.js';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.js';
import { SqlitePrivacy } from './sqlite-privacy.js';
import { readQuotes } from './sqlite-quotes.js';
import { changeState, correctionsOf, findRow, lastCorrection, text } from './sqlite-rows.js';
import { addToSearch } from './sqlite-search.js';
import { MAX_BATCH } from './store.js';
import type { AddOutcome, Backlog, CorrectOutcome, DeadLetter, NewResponse, ResponseStore, StoredResponse, WaitingComment } from './store.js';
import type { PrivacyStore } from './privacy-store.js';
import type { CommentCounts, CommentQuery, Extent, ParticipationCounts, ParticipationQuery, QuotePage, QuoteQuery, RatingCounts, RatingQuery } from './store-queries.js';

const ADD_RESPONSES = [`INSERT INTO responses (${RESPONSE_COLUMNS.join(', ')})`, ''] as const;

/** Due at once: before any moment that a comment is asked for. */
const ADD_WAITING = `INSERT INTO backlog (response, attempts, due_ms)
  SELECT r.seq, 0, 0 FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value`;

/** Responses in one SQLite file, with the counts of the report kept beside them. */
export class SqliteStore implements ResponseStore {
  readonly privacy: PrivacyStore;
  readonly #database: SqliteDatabase;

  private constructor(database: SqliteDatabase) {
    this.#database = database;
    this.privacy = new SqlitePrivacy(database);
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
        changes.at({ day: row.day, municipality: response.municipality, unit: response.unit }).countResponse(response, undefined, 1);
        return 'added';
      });
      if (rows.length > 0) {
        const pending = rows.filter(({ state }) => state === 'pending').map(({ id }) => id);
        await insertRows(statements, ADD_RESPONSES, rows.map((row) => RESPONSE_COLUMNS.map((column) => row[column])));
        if (pending.length > 0) await statements.all(ADD_WAITING, [JSON.stringify(pending)]);
        await addToSearch(statements, await textsOf(statements, rows));
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
      if (text !== undefined && text !== comment.text) await addToSearch(statements, [{ seq: found.seq, text }]);
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
    const days = await readCells(this.#database, ALL_DAYS, 'participation');
    const units = await this.#database.all("SELECT DISTINCT municipality, unit FROM cells WHERE grain = 'month' AND municipality <> '' ORDER BY municipality, unit");
    const named = units.map((row) => ({ municipality: text(row['municipality']), unit: text(row['unit']) }));
    return extentOf(days, named, await this.countParticipation({}), await this.countRatings({}));
  }

  async quotes(query: QuoteQuery): Promise<QuotePage> {
    return readQuotes(this.#database, query);
  }

  async revision(): Promise<string> {
    return this.#database.revision();
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function knownIn(statements: SqliteStatements, ids: readonly string[]): Promise<(readonly [string, string])[]> {
  // Those that were forgotten stay taken: the counts of the report may still hold them.
  const rows = await statements.all(
    `SELECT r.id, r.digest FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value
      UNION ALL SELECT f.id, f.digest FROM json_each(?1) AS asked JOIN forgotten AS f ON f.id = asked.value`,
    [JSON.stringify(ids)],
  );
  return rows.map((row) => [text(row['id']), text(row['digest'])]);
}

/** The texts of responses that were just written. */
async function textsOf(statements: SqliteStatements, rows: readonly ResponseRow[]): Promise<readonly { readonly seq: number; readonly text: string }[]> {
  const texts = new Map(rows.flatMap(({ id, text: said }) => (said === null ? [] : [[id, said] as const])));
  if (texts.size === 0) return [];
  const found = await statements.all('SELECT r.seq, r.id FROM json_each(?1) AS asked JOIN responses AS r ON r.id = asked.value', [JSON.stringify([...texts.keys()])]);
  return found.map(({ seq, id }) => ({ seq: seq as number, text: texts.get(text(id))! }));
}

function checkBatch(batch: readonly unknown[]): void {
  if (batch.length > MAX_BATCH) throw new RangeError(`expected at most ${MAX_BATCH} responses at once, got ${batch.length}`);
}
