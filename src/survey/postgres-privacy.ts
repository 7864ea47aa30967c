import { EMPTY_HEAD, nextEntry } from './audit-log.js';
import type { AuditEntry, AuditHead, AuditRecord } from './audit-log.js';
import { firstDayOfMonth, monthNumber } from './calendar.js';
import { CellChanges } from './cells.js';
import { giveUp } from './postgres-backlog.js';
import { changeCells } from './postgres-cells.js';
import { readResponses } from './postgres-rows.js';
import { integerOf, textOf } from './postgres-statements.js';
import type { PostgresStatements, PostgresTransactions } from './postgres-statements.js';
import { ENTRY_COLUMNS, FORGOTTEN, dayNumberOf, entryOf, entryValues, expiredOf } from './privacy-rows.js';
import type { Expired, ExpiredRecording, PrivacyStore } from './privacy-store.js';
import type { RetentionClass } from './retention.js';
import type { SurveyResponse } from './response.js';
import type { Day } from './store-queries.js';

/** Beside that of migrations: 'tona' and 'audi' in ASCII. */
const AUDIT_LOCK = '8390045995340489833';

const WHERE: Readonly<Record<'recording' | 'text' | 'response', string>> = { recording: 'recording IS NOT NULL', text: 'text IS NOT NULL', response: 'true' };

/** Forgetting, and the log of it, in a PostgreSQL database. The log is the last that a transaction locks. */
export class PostgresPrivacy implements PrivacyStore {
  readonly #database: PostgresTransactions;

  constructor(database: PostgresTransactions) {
    this.#database = database;
  }

  async audit(record: AuditRecord): Promise<AuditEntry> {
    return this.#database.transaction(async (statements) => append(statements, record));
  }

  async auditEntries(limit: number, after: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#database.all(`SELECT ${ENTRY_COLUMNS} FROM tonalitet.audit WHERE seq > $2 ORDER BY seq LIMIT $1`, [limit, after]);
    return rows.map(entryOf);
  }

  async auditHead(): Promise<AuditHead> {
    return headIn(this.#database);
  }

  async expired(part: RetentionClass, before: Day): Promise<readonly Expired[]> {
    const day = dayNumberOf(before);
    const rows =
      part === 'aggregate'
        ? await this.#database.all(
            `SELECT municipality, count(DISTINCT period) AS n, min(period) AS first, max(period) AS last FROM tonalitet.cells
              WHERE grain = 'month' AND municipality <> '' AND period < $1 GROUP BY municipality ORDER BY municipality`,
            [monthNumber(day)],
          )
        : await this.#database.all(
            `SELECT municipality, count(*) AS n, min(day) AS first, max(day) AS last FROM tonalitet.responses
              WHERE day < $1 AND ${WHERE[part]} GROUP BY municipality ORDER BY municipality`,
            [day],
          );
    return rows.map((row) => expiredOf(part, row));
  }

  async expiredRecordings(before: Day, limit: number): Promise<readonly ExpiredRecording[]> {
    const rows = await this.#database.all(
      'SELECT id, recording FROM tonalitet.responses WHERE day < $1 AND recording IS NOT NULL ORDER BY day, seq LIMIT $2',
      [dayNumberOf(before), limit],
    );
    return rows.map((row) => ({ id: textOf(row['id']), path: textOf(row['recording']) }));
  }

  async forgetRecordings(ids: readonly string[], record: AuditRecord): Promise<void> {
    await this.#database.transaction(async (statements) => {
      await giveUp(statements, "r.id = ANY ($1::text[]) AND r.text IS NULL AND r.state = 'pending'", [ids], FORGOTTEN);
      await statements.all('UPDATE tonalitet.responses SET recording = NULL WHERE id = ANY ($1::text[])', [ids]);
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
      const [locked] = await statements.all('SELECT seq, digest, day FROM tonalitet.responses WHERE id = $1 FOR UPDATE', [id]);
      // A statement of its own, after the lock: it reads what stands there now.
      const [response] = locked === undefined ? [] : await readResponses(statements, 'WHERE r.id = $1', [id]);
      if (locked === undefined || response === undefined) return undefined;
      const day = integerOf(locked['day']);
      const changes = new CellChanges();
      changes.at({ ...response, day }).countResponse(response, response.corrections.at(-1), -1);
      await statements.all('INSERT INTO tonalitet.forgotten (id, digest, day) VALUES ($1, $2, $3)', [id, textOf(locked['digest']), day]);
      await statements.all('DELETE FROM tonalitet.responses WHERE seq = $1', [integerOf(locked['seq'])]);
      await changeCells(statements, changes.cells());
      await append(statements, record);
      return response;
    });
  }
}

async function forgetRows(statements: PostgresStatements, part: 'text' | 'response', day: number, limit: number): Promise<number> {
  const chosen = await statements.all(`SELECT seq FROM tonalitet.responses WHERE day < $1 AND ${WHERE[part]} ORDER BY day, seq LIMIT $2`, [day, limit]);
  const sequence = chosen.map(({ seq }) => integerOf(seq));
  if (sequence.length === 0) return 0;
  if (part === 'text') {
    await giveUp(statements, "r.seq = ANY ($1::bigint[]) AND r.state = 'pending'", [sequence], FORGOTTEN);
    await statements.all('UPDATE tonalitet.responses SET text = NULL WHERE seq = ANY ($1::bigint[])', [sequence]);
  } else {
    await statements.all('SELECT 1 FROM tonalitet.responses WHERE seq = ANY ($1::bigint[]) ORDER BY seq FOR UPDATE', [sequence]);
    await statements.all('INSERT INTO tonalitet.forgotten (id, digest, day) SELECT id, digest, day FROM tonalitet.responses WHERE seq = ANY ($1::bigint[])', [sequence]);
    await statements.all('DELETE FROM tonalitet.responses WHERE seq = ANY ($1::bigint[])', [sequence]);
  }
  return sequence.length;
}

/** Whole months only: the days of the one that is broken still count in its month. */
async function forgetCells(statements: PostgresStatements, day: number): Promise<number> {
  const month = monthNumber(day);
  const [counted] = await statements.all("SELECT count(DISTINCT period) AS n FROM tonalitet.cells WHERE grain = 'month' AND period < $1", [month]);
  await statements.all("DELETE FROM tonalitet.cells WHERE (grain = 'month' AND period < $1) OR (grain = 'day' AND period < $2)", [month, firstDayOfMonth(month)]);
  await statements.all('DELETE FROM tonalitet.forgotten WHERE day < $1', [firstDayOfMonth(month)]);
  return integerOf(counted?.['n']);
}

async function append(statements: PostgresStatements, record: AuditRecord): Promise<AuditEntry> {
  // One at a time: each entry's hash covers the one before. A lock on the table would want the right to change what stands there.
  await statements.all(`SELECT pg_advisory_xact_lock(${AUDIT_LOCK})`);
  const entry = nextEntry(await headIn(statements), new Date(), record);
  await statements.all(`INSERT INTO tonalitet.audit (${ENTRY_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`, entryValues(entry));
  return entry;
}

async function headIn(statements: PostgresStatements): Promise<AuditHead> {
  const [last] = await statements.all('SELECT seq, hash FROM tonalitet.audit ORDER BY seq DESC LIMIT 1');
  return last === undefined ? EMPTY_HEAD : { seq: integerOf(last['seq']), hash: textOf(last['hash']) };
}
