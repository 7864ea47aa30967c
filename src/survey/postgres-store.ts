import type { RedactedText } from '../redaction/redacted-text.js';
import type { Bell } from './bell.js';
import { CellChanges } from './cells.js';
import { countComments, countParticipation, countRatings } from './counts.js';
import { ALL_DAYS, extentOf } from './extent.js';
import { claim, extendClaim, lastOf, postpone, readBacklog, readDeadLetters, recount, release, retryDead, ringBell } from './postgres-backlog.js';
import { PostgresBell } from './postgres-bell.js';
import { changeCells, readCells } from './postgres-cells.js';
import { PostgresDatabase } from './postgres-database.js';
import type { PostgresOptions } from './postgres-database.js';
import type { PostgresLocation } from './postgres-location.js';
import { POSTGRES_MIGRATIONS } from './postgres-migrations.js';
import { PostgresPrivacy } from './postgres-privacy.js';
import { readQuotes } from './postgres-quotes.js';
import { lockComments, readResponses } from './postgres-rows.js';
import { addToSearch } from './postgres-search.js';
import { textOf } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';
import type { PrivacyStore } from './privacy-store.js';
import { RESPONSE_COLUMNS, correctionRow, rowOf, verdictText } from './response-row.js';
import type { ResponseRow } from './response-row.js';
import type { Correction, StoredVerdict } from './response.js';
import { MAX_BATCH } from './store.js';
import type { AddOutcome, Backlog, CorrectOutcome, DeadLetter, NewResponse, ResponseStore, StoredResponse, WaitingComment } from './store.js';
import type { CommentCounts, CommentQuery, Extent, ParticipationCounts, ParticipationQuery, QuotePage, QuoteQuery, RatingCounts, RatingQuery } from './store-queries.js';

const COLUMN_TYPES: Readonly<Partial<Record<keyof ResponseRow, string>>> = {
  day: 'integer', contacted_ms: 'bigint', answered_ms: 'bigint', survey_version: 'integer', consent: 'smallint', verdict: 'jsonb',
};

/** Those that were forgotten stay taken. The rows get their numbers in the order in which they came, and are written in that of their ids. */
const ADD_RESPONSES = `WITH given AS MATERIALIZED (
    SELECT nextval('tonalitet.response_seq') AS seq, ordered.* FROM (
      SELECT * FROM unnest(${RESPONSE_COLUMNS.map((column, index) => `$${index + 1}::${COLUMN_TYPES[column] ?? 'text'}[]`).join(', ')})
        WITH ORDINALITY AS asked (${RESPONSE_COLUMNS.join(', ')}, place) ORDER BY place
    ) AS ordered
    WHERE NOT EXISTS (SELECT 1 FROM tonalitet.forgotten AS f WHERE f.id = ordered.id)
  )
  INSERT INTO tonalitet.responses (seq, ${RESPONSE_COLUMNS.join(', ')}) SELECT seq, ${RESPONSE_COLUMNS.join(', ')} FROM given ORDER BY id COLLATE "C"
    ON CONFLICT (id) DO NOTHING RETURNING id`;

/** Due at once: before any moment that a comment is asked for. */
const ADD_WAITING = `INSERT INTO tonalitet.backlog (response, attempts, due_ms)
  SELECT seq, 0, 0 FROM tonalitet.responses WHERE id = ANY ($1::text[]) ORDER BY seq`;

/**
 * Responses in a PostgreSQL database, for any number of processes on any number of machines.
 *
 * Every transaction locks in the same order: responses, by id while they are added and by number otherwise (what is being added
 * cannot be locked by another one yet); then places in the backlog, by number; then cells, by key. So no two can wait for each other.
 */
export class PostgresStore implements ResponseStore {
  readonly privacy: PrivacyStore;
  readonly #database: PostgresDatabase;
  /** How far the server's clock is ahead of this machine's. */
  #aheadMs = 0;

  private constructor(database: PostgresDatabase) {
    this.#database = database;
    this.privacy = new PostgresPrivacy(database);
  }

  /** @throws TonalitetError as {@link PostgresDatabase.open}. */
  static async open(location: PostgresLocation, options: PostgresOptions): Promise<PostgresStore> {
    const store = new PostgresStore(await PostgresDatabase.open(location, POSTGRES_MIGRATIONS, options));
    try {
      await store.backlog();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async add(responses: readonly NewResponse[]): Promise<readonly AddOutcome[]> {
    checkBatch(responses);
    if (responses.length === 0) return [];
    // Of several with the same id, the first.
    const firsts = new Map<string, number>();
    responses.forEach(({ id }, index) => {
      if (!firsts.has(id)) firsts.set(id, index);
    });
    const rows = [...firsts.values()].map((index) => rowOf(responses[index]!));
    return this.#database.transaction(async (statements) => {
      const added = new Set(await addRows(statements, rows));
      const others = rows.filter(({ id }) => !added.has(id)).map(({ id }) => id);
      const digests = new Map(others.length === 0 ? [] : await knownIn(statements, others));
      const texts = rows.flatMap(({ id, text }) => (added.has(id) && text !== null ? [[id, text] as const] : []));
      await addToSearch(statements, new Map(texts));
      const pending = rows.filter(({ id, state }) => added.has(id) && state === 'pending').map(({ id }) => id);
      if (pending.length > 0) {
        await statements.all(ADD_WAITING, [pending]);
        await ringBell(statements);
      }
      const changes = new CellChanges();
      for (const row of rows) {
        const response = responses[firsts.get(row.id)!]!;
        if (added.has(row.id)) changes.at({ ...response, day: row.day }).countResponse(response, undefined, 1);
      }
      await changeCells(statements, changes.cells());
      return responses.map(({ id, digest }, index): AddOutcome => {
        const first = firsts.get(id)!;
        if (first === index && added.has(id)) return 'added';
        return (digests.get(id) ?? responses[first]!.digest) === digest ? 'duplicate' : 'conflict';
      });
    });
  }

  async known(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    checkBatch(ids);
    return new Map(await knownIn(this.#database, ids));
  }

  async find(id: string): Promise<StoredResponse | undefined> {
    return (await readResponses(this.#database, 'WHERE r.id = $1', [id]))[0];
  }

  async correct(id: string, correction: Correction, seen: number): Promise<CorrectOutcome> {
    return this.#database.transaction(async (statements) => {
      const [found] = await lockComments(statements, 'r.id = $1', [id]);
      if (found === undefined) return 'not_found';
      if (found.corrections.length !== seen) return 'changed_meanwhile';
      const { by, at_ms, labels } = correctionRow(correction);
      await statements.all('INSERT INTO tonalitet.corrections (response, by, at_ms, labels) VALUES ($1, $2, $3, $4)', [found.seq, by, at_ms, labels]);
      await recount(statements, [[found, found.comment, lastOf(found), found.comment, correction]]);
      return 'corrected';
    });
  }

  async corrected(limit: number, after?: string): Promise<readonly StoredResponse[]> {
    const place = 'coalesce((SELECT seq FROM tonalitet.responses WHERE id = $2), 0)';
    return readResponses(this.#database, `WHERE r.seq IN (SELECT response FROM tonalitet.corrections) AND r.seq > ${place} ORDER BY r.seq LIMIT $1`, [limit, after ?? '']);
  }

  async claim(limit: number, now: Date, until: Date): Promise<readonly WaitingComment[]> {
    if (limit > MAX_BATCH) throw new RangeError(`expected at most ${MAX_BATCH} comments at once, got ${limit}`);
    return claim(this.#database, limit, now, until);
  }

  async extendClaim(ids: readonly string[], until: Date): Promise<void> {
    await extendClaim(this.#database, ids, until);
  }

  async classify(id: string, verdict: StoredVerdict, text?: RedactedText): Promise<boolean> {
    return this.#database.transaction(async (statements) => {
      const [found] = await lockComments(statements, 'r.id = $1', [id]);
      if (found === undefined || found.comment.verdict !== null) return false;
      await statements.all(
        `WITH done AS (DELETE FROM tonalitet.backlog WHERE response = $1)
          UPDATE tonalitet.responses SET state = 'classified', verdict = $2, text = coalesce($3, text) WHERE seq = $1`,
        [found.seq, verdictText(verdict), text === undefined ? null : storable(text)],
      );
      if (text !== undefined && text !== found.comment.text) await addToSearch(statements, new Map([[id, text]]));
      await recount(statements, [[found, found.comment, lastOf(found), { ...found.comment, state: 'classified', verdict }, lastOf(found)]]);
      return true;
    });
  }

  async postpone(id: string, reason: string, due: Date | null): Promise<void> {
    await this.#database.transaction(async (statements) => postpone(statements, id, reason, due));
  }

  async release(ids: readonly string[], now: Date): Promise<void> {
    await release(this.#database, ids, now);
  }

  async backlog(): Promise<Backlog> {
    const asked = Date.now();
    const { serverMs, ...backlog } = await readBacklog(this.#database);
    this.#aheadMs = Math.round(serverMs - (asked + Date.now()) / 2);
    return backlog;
  }

  async deadLetters(limit: number, after?: string): Promise<readonly DeadLetter[]> {
    return readDeadLetters(this.#database, limit, after);
  }

  async retry(now: Date, ids?: readonly string[]): Promise<number> {
    return retryDead(this.#database, now, ids);
  }

  /** The server's time, as far as its last answer told: machines whose clocks differ share the backlog. */
  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  async listen(): Promise<Bell> {
    return new PostgresBell(this.#database);
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
    const units = await this.#database.all("SELECT DISTINCT municipality, unit FROM tonalitet.cells WHERE grain = 'month' AND municipality <> '' ORDER BY municipality, unit");
    const named = units.map((row) => ({ municipality: textOf(row['municipality']), unit: textOf(row['unit']) }));
    return extentOf(days, named, await this.countParticipation({}), await this.countRatings({}));
  }

  async quotes(query: QuoteQuery): Promise<QuotePage> {
    return readQuotes(this.#database, query);
  }

  async revision(): Promise<string> {
    // The transactions that have ended by now, of everybody.
    const [row] = await this.#database.all('SELECT pg_current_snapshot()::text AS snapshot');
    return textOf(row?.['snapshot']);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** @returns the ids of those that were not there yet. Where another transaction is just adding one, its end is waited for. */
async function addRows(statements: PostgresStatements, rows: readonly ResponseRow[]): Promise<readonly string[]> {
  const columns = RESPONSE_COLUMNS.map((column) => rows.map((row) => (column === 'text' && row.text !== null ? storable(row.text) : row[column])));
  return (await statements.all(ADD_RESPONSES, columns)).map(({ id }) => textOf(id));
}

async function knownIn(statements: PostgresStatements, ids: readonly string[]): Promise<(readonly [string, string])[]> {
  const rows = await statements.all(
    'SELECT id, digest FROM tonalitet.responses WHERE id = ANY ($1::text[]) UNION ALL SELECT id, digest FROM tonalitet.forgotten WHERE id = ANY ($1::text[])',
    [ids],
  );
  return rows.map((row) => [textOf(row['id']), textOf(row['digest'])]);
}

/** PostgreSQL keeps every character but one, which nobody can say. */
function storable(text: string): string {
  return text.replaceAll('\0', ' ');
}

function checkBatch(batch: readonly unknown[]): void {
  if (batch.length > MAX_BATCH) throw new RangeError(`expected at most ${MAX_BATCH} responses at once, got ${batch.length}`);
}
