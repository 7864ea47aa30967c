import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import type { AuditRecord } from '../survey/audit-log.js';
import { dayNumberAt, formatDay } from '../survey/calendar.js';
import { RETENTION_CLASSES, firstDayKept, readRetentionFile } from '../survey/retention.js';
import type { RetentionClass, RetentionRule } from '../survey/retention.js';
import type { PrivacyStore } from '../survey/privacy-store.js';
import type { Day } from '../survey/store-queries.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { deleteRecording } from './recording-file.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

interface GallraFlags extends StoreFlags {
  readonly retention: string;
  readonly recordings?: string;
  readonly execute?: true;
  readonly by: string;
  readonly json?: true;
}

/** Deleted in one transaction: everybody else waits for it, some tens of milliseconds. */
const BATCH = 2_000;

const EXAMPLES = `
Examples:
  $ tonalitet gallra --db pulsen.db --retention gallring.yaml
  $ tonalitet gallra --db pulsen.db --retention gallring.yaml --recordings inspelningar --execute

Without --execute it only tells what would be deleted. Each class is kept for its own time, counted from the day of the contact, and
goes with the reference of the deletion decision, which is written to the log (tonalitet audit). Run it every day; one that was broken
off is simply run again. The fields of the retention file are described in docs/dataskydd.md.`;

export function registerGallra(program: Command, context: CliContext): void {
  program
    .command('gallra')
    .description('delete what the retention rules no longer keep')
    .requiredOption(DB_FLAG, DB_HELP)
    .requiredOption('--retention <file>', 'how long each class is kept, and by which decision, in YAML or JSON')
    .option('--recordings <folder>', 'where the recordings lie; no file outside of it is deleted')
    .option('--execute', 'delete; without it nothing is')
    .option('--by <name>', 'who deletes, for the log', 'tonalitet')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: GallraFlags) => runGallra(flags, context));
}

interface Task {
  readonly part: RetentionClass;
  readonly before: Day;
  readonly decision: string;
}

async function runGallra(flags: GallraFlags, context: CliContext): Promise<void> {
  const rules = await readRetentionFile(flags.retention);
  const today = dayNumberAt(Date.now());
  await using store = await openStore(flags, false);
  const { privacy } = store;
  for (const part of RETENTION_CLASSES) {
    const task = taskOf(part, rules[part], today);
    if (task === undefined) continue;
    const expired = await privacy.expired(part, task.before);
    const count = expired.reduce((sum, each) => sum + each.count, 0);
    await tellPlan(task, expired, flags, context);
    if (flags.execute !== true || count === 0) continue;
    const deleted = part === 'recording' ? await deleteRecordings(privacy, task, flags, context) : await forgetAll(privacy, { ...task, part }, flags, context);
    if (flags.json === true) await context.output.line(JSON.stringify({ class: part, deleted }));
    else await context.output.line(`${part}: ${deleted} deleted`);
    if (context.signal.aborted) throw new TonalitetError('ABORTED', 'Stopped; what was told as deleted is deleted. Run the same command again to go on.');
  }
}

function taskOf(part: RetentionClass, rule: RetentionRule, today: number): Task | undefined {
  const first = firstDayKept(rule, today);
  return first === undefined || rule.keep === 'forever' ? undefined : { part, before: formatDay(first), decision: rule.decision };
}

async function tellPlan({ part, before, decision }: Task, expired: Awaited<ReturnType<PrivacyStore['expired']>>, { json, execute }: GallraFlags, { output }: CliContext): Promise<void> {
  for (const { municipality, count, firstDay, lastDay } of expired) {
    if (json === true) await output.line(JSON.stringify({ class: part, municipality, count, first_day: firstDay, last_day: lastDay, before, decision }));
    else await output.line(`${part}: ${municipality}: ${count} from ${firstDay} to ${lastDay} ${execute === true ? 'to delete' : 'would be deleted'} (before ${before}, ${decision})`);
  }
  if (expired.length === 0 && json !== true) await output.line(`${part}: nothing from before ${before}`);
}

function recordOf({ part, before, decision }: Task, by: string): (count: number) => AuditRecord {
  return (count) => ({ actor: by, action: 'delete', subject: '', detail: `${part}: ${count} from before ${before}; ${decision}` });
}

async function forgetAll(privacy: PrivacyStore, task: Task & { readonly part: Exclude<RetentionClass, 'recording'> }, { by }: GallraFlags, { signal }: CliContext): Promise<number> {
  let deleted = 0;
  while (!signal.aborted) {
    const count = await privacy.forget(task.part, task.before, BATCH, recordOf(task, by));
    if (count === 0) break;
    deleted += count;
  }
  return deleted;
}

async function deleteRecordings(privacy: PrivacyStore, task: Task, { recordings, by }: GallraFlags, context: CliContext): Promise<number> {
  if (recordings === undefined) throw new UsageError('expected --recordings with the folder of the recordings, since some are to be deleted');
  if (!(await stat(recordings).then((found) => found.isDirectory(), () => false))) throw new UsageError('expected --recordings to be a folder');
  const record = recordOf(task, by);
  let deleted = 0;
  // Files that could not be deleted stay in the database: otherwise nobody would know of them. The rest goes on.
  const kept = new Set<string>();
  while (!context.signal.aborted) {
    const batch = (await privacy.expiredRecordings(task.before, BATCH + kept.size)).filter(({ id }) => !kept.has(id));
    if (batch.length === 0) break;
    const gone: string[] = [];
    for (const { id, path } of batch) {
      try {
        await deleteRecording(path, recordings);
        gone.push(id);
      } catch (error) {
        context.reportError(error, id);
        context.setExitCode(EXIT_CODES.someFailed);
        kept.add(id);
      }
    }
    if (gone.length > 0) await privacy.forgetRecordings(gone, record(gone.length));
    deleted += gone.length;
  }
  return deleted;
}
