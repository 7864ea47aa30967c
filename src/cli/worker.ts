import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { redact } from '../redaction/redact.js';
import type { Backlog, ResponseStore } from '../survey/store.js';
import { createTonalitet } from '../tonalitet.js';
import { commentJudge } from './comment-judge.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { addRecordingFlags, toOptions } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';
import { WorkerLoop, every } from './worker-loop.js';
import type { WorkerState } from './worker-loop.js';
import { RecordingFolder } from './worker-recordings.js';

interface WorkerFlags extends RecordingFlags {
  readonly db: string;
  readonly recordings?: string;
  readonly importedAs?: string;
  readonly jobs?: number;
  readonly drain: number;
}

/** Comments that are worked on at a time, for each thread of the engine; bench/workers.mjs measures others. */
const JOBS_PER_ENGINE = 4;
const MAX_JOBS = 256;
const DRAIN_S = 30;
const MAX_DRAIN_S = 3_600;
/** What the end of the engine may take after draining. */
const END_S = 10;
const HEALTH_MS = 30_000;

const EXAMPLES = `
Examples:
  $ tonalitet worker --db postgres://tonalitet@db.inre/tonalitet --recordings /srv/inspelningar
  $ tonalitet worker --db svar.db --jobs 2

Runs until it is stopped. Any number of workers on any number of machines take comments from the same PostgreSQL database; no comment is
worked on by two at a time, and one that a worker had in hand when it was lost is taken by another one after two minutes. SIGTERM
and Ctrl-C let what is in hand be done. Every ${HEALTH_MS / 1_000} s a line of JSON says how it is: state, counts since the start, what waits in the
database and what was given up ('tonalitet retry' tries that again). Without --recordings, recordings are read from wherever they lay
when they were imported.`;

export function registerWorker(program: Command, context: CliContext): void {
  addRecordingFlags(program.command('worker'))
    .description('classify comments as they come to wait in a database, on any number of machines')
    .requiredOption(DB_FLAG, DB_HELP)
    .option('--recordings <folder>', 'where recordings lie on this machine; none outside of it is read')
    .option('--imported-as <folder>', 'the path that this folder had where the recordings were imported (default: the same)')
    .addOption(new Option('--jobs <n>', `comments that are worked on at a time (default: ${JOBS_PER_ENGINE} for each of --workers)`).argParser(whole(1, MAX_JOBS)))
    .addOption(new Option('--drain <seconds>', 'how long what is in hand may still take after SIGTERM').argParser(whole(0, MAX_DRAIN_S)).default(DRAIN_S))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: WorkerFlags) => runWorker(flags, context));
}

async function runWorker(flags: WorkerFlags, context: CliContext): Promise<void> {
  const { output, progress, signal } = context;
  if (flags.importedAs !== undefined && flags.recordings === undefined) throw new UsageError('expected --recordings beside --imported-as');
  context.allowTime((flags.drain + END_S) * 1_000);
  const folder = flags.recordings === undefined ? undefined : await RecordingFolder.open(flags.recordings, flags.importedAs);
  await using store = await openStore(flags, false);
  progress.show('loading the models');
  await using tonalitet = await createTonalitet(await toOptions(flags));
  progress.clear();
  const judge = commentJudge(tonalitet);
  const ended = new AbortController();
  const loop = new WorkerLoop({
    store,
    judge: folder === undefined ? judge : folder.guard(judge),
    redact,
    jobs: flags.jobs ?? (flags.workers ?? 1) * JOBS_PER_ENGINE,
    drainMs: flags.drain * 1_000,
    stop: AbortSignal.any([signal, ended.signal]),
    onTrouble: (error) => context.reportError(error),
  });
  const tell = async (state: WorkerState | 'ready' | 'stopped'): Promise<void> => output.line(await healthLine(state, loop, store));
  await tell('ready');
  const told = every(HEALTH_MS, AbortSignal.any([signal, ended.signal]), async () => tell(loop.state));
  // Where nobody reads what it says, the worker ends, with all that it has in hand done.
  told.catch(() => ended.abort());
  try {
    await loop.run();
  } finally {
    ended.abort();
    await told;
  }
  await tell('stopped');
}

/** Without a citizen's words, and without anybody's id. */
async function healthLine(state: WorkerState | 'ready' | 'stopped', { counts, inHand }: WorkerLoop, store: ResponseStore): Promise<string> {
  const backlog = await store.backlog().catch((error: unknown): Partial<Backlog> => {
    if (error instanceof TonalitetError) return {};
    throw error;
  });
  const { waiting = null, dead = null } = backlog;
  return JSON.stringify({ time: new Date().toISOString(), worker: state, ...counts, in_hand: inHand, waiting, dead });
}

function whole(least: number, most: number): (value: string) => number {
  return (value) => {
    if (/^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
}
