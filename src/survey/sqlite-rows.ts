import { RESPONSE_COLUMNS, commentOf, correctionOf } from './response-row.js';
import type { CorrectionRow, ResponseRow } from './response-row.js';
import type { CommentState, Correction } from './response.js';
import { recount } from './sqlite-cells.js';
import type { SqliteStatements } from './sqlite-database.js';

/** A response with its number in the file. */
export interface FoundRow {
  readonly seq: number;
  readonly row: ResponseRow;
}

export async function findRow(statements: SqliteStatements, id: string): Promise<FoundRow | undefined> {
  const [row] = await statements.all(`SELECT seq, ${RESPONSE_COLUMNS.join(', ')} FROM responses WHERE id = ?1`, [id]);
  return row === undefined ? undefined : { seq: row['seq'] as number, row: row as unknown as ResponseRow };
}

export async function correctionsOf(statements: SqliteStatements, seq: number): Promise<readonly CorrectionRow[]> {
  return (await statements.all('SELECT by, at_ms, labels FROM corrections WHERE response = ?1 ORDER BY seq', [seq])) as unknown as CorrectionRow[];
}

export async function lastCorrection(statements: SqliteStatements, seq: number): Promise<Correction | undefined> {
  const last = (await correctionsOf(statements, seq)).at(-1);
  return last === undefined ? undefined : correctionOf(last);
}

/** Says where the labels of a comment stand that has none. */
export async function changeState(statements: SqliteStatements, { seq, row }: FoundRow, state: CommentState): Promise<void> {
  const comment = commentOf(row)!;
  await statements.all('UPDATE responses SET state = ?2 WHERE seq = ?1', [seq, state]);
  const correction = await lastCorrection(statements, seq);
  await recount(statements, row, [comment, correction], [{ ...comment, state }, correction]);
}

/** A column that holds text. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a text from SQLite, got ${typeof value}`);
  return value;
}
