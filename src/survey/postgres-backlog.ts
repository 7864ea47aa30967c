import { changeCells } from './postgres-cells.js';
import { CellChanges } from './cells.js';
import { lockComments } from './postgres-rows.js';
import type { LockedComment } from './postgres-rows.js';
import { integerOf } from './postgres-statements.js';
import type { PostgresStatements, PostgresTransactions } from './postgres-statements.js';
import type { Comment, CommentState, Correction } from './response.js';
import { MAX_BATCH } from './store.js';
import type { Backlog, DeadLetter, WaitingComment } from './store.js';

/** The channel on which it is told that comments wait; see postgres-bell.ts. */
export const WAITING_CHANNEL = 'tonalitet_waiting';

/** Rings when the transaction is committed. */
export async function ringBell(statements: PostgresStatements): Promise<void> {
  await statements.all(`SELECT pg_notify('${WAITING_CHANNEL}', '')`);
}

/**
 * Those that another process is just taking are passed over, and not waited for. Nor is the disk: a claim that is lost with the
 * server makes the comment due again.
 */
const CLAIM = `WITH due AS (
    SELECT response, due_ms FROM tonalitet.backlog WHERE due_ms <= $2 ORDER BY due_ms, response LIMIT $1 FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE tonalitet.backlog AS b SET attempts = b.attempts + 1, due_ms = $3 FROM due WHERE b.response = due.response
      RETURNING b.response, b.attempts, due.due_ms
  )
  SELECT r.id, r.text, r.recording, taken.attempts, (SELECT set_config('synchronous_commit', 'off', true)) FROM taken JOIN tonalitet.responses AS r ON r.seq = taken.response
    ORDER BY taken.due_ms, taken.response`;

export async function claim(statements: PostgresStatements, limit: number, now: Date, until: Date): Promise<readonly WaitingComment[]> {
  const rows = (await statements.all(CLAIM, [limit, now.getTime(), until.getTime()])) as unknown as readonly WaitingComment[];
  return rows.map(({ id, text, recording, attempts }) => ({ id, text, recording, attempts }));
}

/** Those of some ids that are not given up, locked in the order of all other such lists. */
const HELD = `SELECT b.response FROM tonalitet.backlog AS b JOIN tonalitet.responses AS r ON r.seq = b.response
  WHERE r.id = ANY ($1::text[]) AND b.due_ms IS NOT NULL ORDER BY b.response FOR UPDATE OF b`;
/** A comment whose place is locked is just being done with: it needs no more time. */
const HELD_STILL = `${HELD} SKIP LOCKED`;

export async function extendClaim(statements: PostgresStatements, ids: readonly string[], until: Date): Promise<void> {
  await statements.all(`WITH held AS (${HELD_STILL}) UPDATE tonalitet.backlog AS b SET due_ms = $2 FROM held WHERE b.response = held.response`, [ids, until.getTime()]);
}

export async function release(statements: PostgresStatements, ids: readonly string[], now: Date): Promise<void> {
  await statements.all(
    `WITH held AS (${HELD}) UPDATE tonalitet.backlog AS b SET due_ms = $2, attempts = b.attempts - 1
      FROM held WHERE b.response = held.response AND b.attempts > 0`,
    [ids, now.getTime()],
  );
}

export async function postpone(statements: PostgresStatements, id: string, reason: string, due: Date | null): Promise<void> {
  const [found] = await lockComments(statements, 'r.id = $1', [id]);
  if (found === undefined || found.row.state !== 'pending') return;
  await statements.all('UPDATE tonalitet.backlog SET reason = $2, due_ms = $3 WHERE response = $1', [found.seq, reason, due?.getTime() ?? null]);
  if (due === null) await changeStates(statements, [found], 'failed');
}

/**
 * Gives up comments that wait for a verdict.
 *
 * @param condition of pending ones, about the response, which is called r.
 */
export async function giveUp(statements: PostgresStatements, condition: string, args: readonly (string | number | readonly (string | number)[])[], reason: string): Promise<void> {
  const found = (await lockComments(statements, condition, args)).filter(({ row }) => row.state === 'pending');
  if (found.length === 0) return;
  await statements.all('UPDATE tonalitet.backlog SET reason = $2, due_ms = NULL WHERE response = ANY ($1::bigint[])', [found.map(({ seq }) => seq), reason]);
  await changeStates(statements, found, 'failed');
}

/** With the server's own time. */
export async function readBacklog(statements: PostgresStatements): Promise<Backlog & { readonly serverMs: number }> {
  const [row] = await statements.all(
    `SELECT count(due_ms) AS waiting, count(*) - count(due_ms) AS dead, min(due_ms) AS next,
      (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS server FROM tonalitet.backlog`,
  );
  const next = row?.['next'];
  return {
    waiting: integerOf(row?.['waiting']),
    dead: integerOf(row?.['dead']),
    nextDue: typeof next === 'number' ? new Date(next) : null,
    serverMs: integerOf(row?.['server']),
  };
}

export async function readDeadLetters(statements: PostgresStatements, limit: number, after: string | undefined): Promise<readonly DeadLetter[]> {
  const rows = await statements.all(
    `SELECT r.id, r.municipality, b.reason, b.attempts FROM tonalitet.backlog AS b JOIN tonalitet.responses AS r ON r.seq = b.response
      WHERE b.due_ms IS NULL AND b.response > coalesce((SELECT seq FROM tonalitet.responses WHERE id = $2), 0) ORDER BY b.response LIMIT $1`,
    [limit, after ?? ''],
  );
  return rows as unknown as readonly DeadLetter[];
}

/**
 * Lets what was given up wait again, in transactions of at most {@link MAX_BATCH}. The comments are locked before their places in
 * the backlog, as everywhere; of those that another process just did the same with, none is found given up by then.
 */
export async function retryDead(database: PostgresTransactions, now: Date, ids: readonly string[] | undefined): Promise<number> {
  let count = 0;
  for (let last = 0; ; ) {
    const { found, retried } = await database.transaction(async (statements) => {
      const args = [last, MAX_BATCH, ...(ids === undefined ? [] : [ids])];
      const dead = `r.seq IN (SELECT b.response FROM tonalitet.backlog AS b ${ids === undefined ? '' : 'JOIN tonalitet.responses AS asked ON asked.seq = b.response'}
        WHERE b.due_ms IS NULL AND b.response > $1 ${ids === undefined ? '' : 'AND asked.id = ANY ($3::text[])'} ORDER BY b.response LIMIT $2)`;
      const found = await lockComments(statements, dead, args);
      const freed = await statements.all(
        `UPDATE tonalitet.backlog SET attempts = 0, due_ms = $2 WHERE response = ANY ($1::bigint[]) AND due_ms IS NULL RETURNING response`,
        [found.map(({ seq }) => seq), now.getTime()],
      );
      const seqs = new Set(freed.map(({ response }) => response));
      const retried = found.filter(({ seq }) => seqs.has(seq));
      if (retried.length > 0) await ringBell(statements);
      await changeStates(statements, retried, 'pending');
      return { found, retried: retried.length };
    });
    count += retried;
    if (found.length < MAX_BATCH) return count;
    last = found.at(-1)!.seq;
  }
}

/** Of comments without labels. */
async function changeStates(statements: PostgresStatements, comments: readonly LockedComment[], state: CommentState): Promise<void> {
  if (comments.length === 0) return;
  await statements.all('UPDATE tonalitet.responses SET state = $2 WHERE seq = ANY ($1::bigint[])', [comments.map(({ seq }) => seq), state]);
  await recount(
    statements,
    comments.map((found) => [found, found.comment, lastOf(found), { ...found.comment, state }, lastOf(found)] as const),
  );
}

/** A comment, with its labels before and after: the model's, and the correction that counts. */
export type Recount = readonly [found: LockedComment, before: Comment, correctionBefore: Correction | undefined, after: Comment, correctionAfter: Correction | undefined];

/** Counts comments anew whose labels changed. */
export async function recount(statements: PostgresStatements, changed: readonly Recount[]): Promise<void> {
  const changes = new CellChanges();
  for (const [{ row }, before, correctionBefore, after, correctionAfter] of changed) {
    const tally = changes.at(row);
    tally.countComment(before, correctionBefore, -1);
    tally.countComment(after, correctionAfter, 1);
  }
  await changeCells(statements, changes.cells());
}

export function lastOf({ corrections }: LockedComment): Correction | undefined {
  return corrections.at(-1);
}
