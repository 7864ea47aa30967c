import { EMPTY_HEAD, nextEntry } from './audit-log.js';
import type { AuditEntry, AuditHead, AuditRecord } from './audit-log.js';
import { firstDayOfMonth, monthNumber } from './calendar.js';
import { CellChanges } from './cells.js';
import { ENTRY_COLUMNS, FORGOTTEN, dayNumberOf, entryOf, entryValues, expiredOf } from './privacy-rows.js';
import type { Expired, ExpiredRecording, PrivacyStore } from './privacy-store.js';
import type { RetentionClass } from './retention.js';
import { responseOf } from './response-row.js';
import type { SurveyResponse } from './response.js';
import { changeCells } from './sqlite-cells.js';
import type { SqliteDatabase, SqliteStatements } from './sqlite-database.js';
import { changeState, correctionsOf, findRow, lastCorrection, text } from './sqlite-rows.js';
import type { Day } from './store-queries.js';

/** Rows of each class that is kept in `responses`. */
const WHERE: Readonly<Record<'recording' | 'text' | 'response', string>> = { recording: 'recording IS NOT NULL', text: 'text IS NOT NULL', response: '1' };

/** Forgetting, and the log of it, in a SQLite file. */
export class SqlitePrivacy implements PrivacyStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async audit(record: AuditRecord): Promise<AuditEntry> {
    return this.#database.transaction(async (statements) => append(statements, record));
  }

  async auditEntries(limit: number, after: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#database.all(`SELECT ${ENTRY_COLUMNS} FROM audit WHERE seq > ?2 ORDER BY seq LIMIT ?1`, [limit, after]);
    return rows.map(entryOf);
  }

  async auditHead(): Promise<AuditHead> {
    return headIn(this.#database);
  }

  async expired(part: RetentionClass, before: Day): Promise<readonly Expired[]> {
    const day = dayNumberOf(before);
    if (part === 'aggregate') {
      const month = monthNumber(day);
      const rows = await this.#database.all(
        `SELECT municipality, count(DISTINCT period) AS n, min(period) AS first, max(period) AS last FROM cells
          WHERE grain = 'month' AND municipality <> '' AND period < ?1 GROUP BY municipality ORDER BY municipality`,
        [month],
      );
      return rows.map((row) => expiredOf(part, row));
    }
    const rows = await this.#database.all(
      `SELECT municipality, count(*) AS n, min(day) AS first, max(day) AS last FROM responses WHERE day < ?1 AND ${WHERE[part]}
        GROUP BY municipality ORDER BY municipality`,
      [day],
    );
    return rows.map((row) => expiredOf(part, row));
  }

  async expiredRecordings(before: Day, limit: number): Promise<readonly ExpiredRecording[]> {
    const rows = await this.#database.all(
      'SELECT id, recording AS path FROM responses WHERE day < ?1 AND recording IS NOT NULL ORDER BY day, seq LIMIT ?2',
      [dayNumberOf(before), limit],
    );
    return rows.map((row) => ({ id: text(row['id']), path: text(row['path']) }));
  }

  async forgetRecordings(ids: readonly string[], record: AuditRecord): Promise<void> {
    await this.#database.transaction(async (statements) => {
      for (const id of ids) {
        const found = await findRow(statements, id);
        if (found === undefined || found.row.recording === null) continue;
        if (found.row.text === null) await giveUp(statements, id);
        await statements.all('UPDATE responses SET recording = NULL WHERE seq = ?1', [found.seq]);
      }
      await append(statements, record);
    });
  }

  async forget(part: Exclude<RetentionClass, 'recording'>, before: Day, limit: number, record: (count: number) => AuditRecord): Promise<number> {
    const day = dayNumberOf(before);
    return this.#database.transaction(async (statements) => {
      const count = part === 'aggregate' ? await forgetCells(statements, day) : await forgetRows(statements, part, day, limit);
      if (count > 0) await append(statements, record(count));
      return count;
    });
  }

  async erase(id: string, record: AuditRecord): Promise<SurveyResponse | undefined> {
    return this.#database.transaction(async (statements) => {
      const found = await findRow(statements, id);
      if (found === undefined) return undefined;
      const response = responseOf(found.row, await correctionsOf(statements, found.seq));
      const changes = new CellChanges();
      changes.at(found.row).countResponse(response, await lastCorrection(statements, found.seq), -1);
      await statements.all('INSERT INTO forgotten (id, digest, day) VALUES (?1, ?2, ?3)', [id, found.row.digest, found.row.day]);
      await statements.all('DELETE FROM responses WHERE seq = ?1', [found.seq]);
      await changeCells(statements, changes.cells());
      await append(statements, record);
      return response;
    });
  }
}

async function forgetRows(statements: SqliteStatements, part: 'text' | 'response', day: number, limit: number): Promise<number> {
  const rows = await statements.all(`SELECT seq, id, state FROM responses WHERE day < ?1 AND ${WHERE[part]} ORDER BY day, seq LIMIT ?2`, [day, limit]);
  const sequence = JSON.stringify(rows.map(({ seq }) => seq));
  if (part === 'text') {
    for (const { id, state } of rows) if (state === 'pending') await giveUp(statements, text(id));
    await statements.all('UPDATE responses SET text = NULL WHERE seq IN (SELECT value FROM json_each(?1))', [sequence]);
  } else {
    await statements.all('INSERT INTO forgotten (id, digest, day) SELECT id, digest, day FROM responses WHERE seq IN (SELECT value FROM json_each(?1))', [sequence]);
    await statements.all('DELETE FROM responses WHERE seq IN (SELECT value FROM json_each(?1))', [sequence]);
  }
  return rows.length;
}

/** Whole months only: the days of the one that is broken still count in its month. */
async function forgetCells(statements: SqliteStatements, day: number): Promise<number> {
  const month = monthNumber(day);
  const counted = await statements.all("SELECT count(DISTINCT period) AS n FROM cells WHERE grain = 'month' AND period < ?1", [month]);
  await statements.all("DELETE FROM cells WHERE grain = 'month' AND period < ?1", [month]);
  await statements.all("DELETE FROM cells WHERE grain = 'day' AND period < ?1", [firstDayOfMonth(month)]);
  await statements.all('DELETE FROM forgotten WHERE day < ?1', [firstDayOfMonth(month)]);
  return counted[0]!['n'] as number;
}

/** A comment that waits for a verdict will get none. */
async function giveUp(statements: SqliteStatements, id: string): Promise<void> {
  const found = await findRow(statements, id);
  if (found?.row.state !== 'pending') return;
  await statements.all('UPDATE backlog SET reason = ?2, due_ms = NULL WHERE response = ?1', [found.seq, FORGOTTEN]);
  await changeState(statements, found, 'failed');
}

async function append(statements: SqliteStatements, record: AuditRecord): Promise<AuditEntry> {
  const entry = nextEntry(await headIn(statements), new Date(), record);
  await statements.all(`INSERT INTO audit (${ENTRY_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`, entryValues(entry));
  return entry;
}

async function headIn(statements: SqliteStatements): Promise<AuditHead> {
  const [last] = await statements.all('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
  return last === undefined ? EMPTY_HEAD : { seq: last['seq'] as number, hash: text(last['hash']) };
}
