import { textOf } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';
import { RESPONSE_COLUMNS, commentOf, correctionOf, responseOf } from './response-row.js';
import type { CorrectionRow, ResponseRow } from './response-row.js';
import type { Comment, Correction } from './response.js';
import type { StoredResponse } from './store.js';

/** The columns of a response, which is called r. */
const COLUMNS = RESPONSE_COLUMNS.map((column) => `r.${column}`).join(', ');

/** With its corrections, the oldest first. */
const WITH_CORRECTIONS = `${COLUMNS}, (SELECT json_agg(json_build_array(c.by, c.at_ms, c.labels) ORDER BY c.seq)
  FROM tonalitet.corrections AS c WHERE c.response = r.seq) AS corrections`;

/** Reads responses. @param rest what follows `FROM tonalitet.responses AS r`. */
export async function readResponses(statements: PostgresStatements, rest: string, args: readonly (string | number)[]): Promise<readonly StoredResponse[]> {
  const rows = await statements.all(`SELECT ${WITH_CORRECTIONS} FROM tonalitet.responses AS r ${rest}`, args);
  return rows.map((row) => responseOf(row as unknown as ResponseRow, correctionsOf(row['corrections'])));
}

function correctionsOf(list: unknown): readonly CorrectionRow[] {
  if (list === null) return [];
  return (JSON.parse(textOf(list)) as [string, number, unknown][]).map(([by, at_ms, labels]) => ({ by, at_ms, labels: JSON.stringify(labels) }));
}

/** A response with a comment that is locked until the transaction ends. */
export interface LockedComment {
  readonly seq: number;
  readonly row: ResponseRow;
  readonly comment: Comment;
  readonly corrections: readonly Correction[];
}

/**
 * Locks responses in the order in which they came, and reads them as they are by then. Those without a comment are left out.
 *
 * @param condition about the response, which is called r.
 */
export async function lockComments(statements: PostgresStatements, condition: string, args: readonly (string | number | readonly (string | number)[])[]): Promise<readonly LockedComment[]> {
  const rows = await statements.all(
    `SELECT r.seq, ${COLUMNS} FROM tonalitet.responses AS r WHERE r.state IS NOT NULL AND ${condition} ORDER BY r.seq FOR NO KEY UPDATE OF r`,
    args,
  );
  if (rows.length === 0) return [];
  // A statement of its own, after the locks: what stood in the first one could be older than they are.
  const corrections = await statements.all(
    'SELECT response, by, at_ms, labels FROM tonalitet.corrections WHERE response = ANY ($1::bigint[]) ORDER BY response, seq',
    [rows.map(({ seq }) => seq as number)],
  );
  const byResponse = new Map<number, Correction[]>();
  for (const correction of corrections) {
    const own = byResponse.get(correction['response'] as number) ?? [];
    own.push(correctionOf(correction as unknown as CorrectionRow));
    byResponse.set(correction['response'] as number, own);
  }
  return rows.flatMap((found) => {
    const row = found as unknown as ResponseRow;
    const comment = commentOf(row);
    if (comment === null) return [];
    return [{ seq: found['seq'] as number, row, comment, corrections: byResponse.get(found['seq'] as number) ?? [] }];
  });
}
