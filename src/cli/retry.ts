import type { Command } from 'commander';
import { classifyBacklog } from './classify-backlog.js';
import type { CliContext } from './context.js';
import { addRecordingFlags } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { EXIT_CODES } from './exit-codes.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

interface RetryFlags extends StoreFlags, RecordingFlags {
  readonly list?: true;
}

/** Dead letters that are read at a time. */
const PAGE = 1_000;

const EXAMPLES = `
Examples:
  $ tonalitet retry --db pulsen.db --list
  $ tonalitet retry --db pulsen.db
  $ tonalitet retry 7b1e5f0c92ad4e6f8a3b0c1d2e4f5a69 --db pulsen.db

A comment that fails is tried four times, and is then given up with the last error's code as its reason. Those that were given up, or
only the ones named, are tried again, with all that still waits.`;

export function registerRetry(program: Command, context: CliContext): void {
  addRecordingFlags(program.command('retry'))
    .description('classify comments that wait, and those that were given up')
    .argument('[ids...]', 'responses whose comments were given up (default: all)')
    .requiredOption(DB_FLAG, DB_HELP)
    .option('--list', 'only list what was given up: id, municipality, reason and number of tries, with tabs between them')
    .addHelpText('after', EXAMPLES)
    .action(async (ids: string[], flags: RetryFlags) => runRetry(ids, flags, context));
}

async function runRetry(ids: readonly string[], flags: RetryFlags, context: CliContext): Promise<void> {
  const { output } = context;
  await using store = await openStore(flags, false);
  if (flags.list === true) {
    for (let page = await store.deadLetters(PAGE); page.length > 0; page = await store.deadLetters(PAGE, page.at(-1)!.id)) {
      for (const { id, municipality, reason, attempts } of page) await output.line([id, municipality, reason, attempts].join('\t'));
    }
    return;
  }
  const again = await store.retry(store.now(), ids.length === 0 ? undefined : ids);
  const { classified, failed } = await classifyBacklog(store, flags, context);
  if (failed > 0) context.setExitCode(EXIT_CODES.someFailed);
  await output.line(`${again} tried again; ${classified} classified, ${failed} given up`);
}
