import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { deleteRecording } from './recording-file.js';
import { DB_FLAG, DB_HELP, KEY_FLAG, KEY_HELP, openCallIds, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

interface EraseFlags extends StoreFlags {
  readonly by: string;
  readonly decision: string;
  readonly recordings?: string;
}

const EXAMPLES = `
Examples:
  $ tonalitet erase 2020-000017 --db pulsen.db --by anna.berg --decision "KS 2026/0413"

Deletes the answers, the comment, its labels and corrections, its recording, and its part in the report's counts. The log keeps the
call's pseudonym, who erased it and by which decision; the pseudonym stays taken, so that an import does not bring the call back.`;

export function registerErase(program: Command, context: CliContext): void {
  program
    .command('erase')
    .description('delete everything about one call')
    .argument('<call-id>', "the call's id, as the telephony system gave it")
    .requiredOption(DB_FLAG, DB_HELP)
    .requiredOption('--by <name>', 'who erases, for the log')
    .requiredOption('--decision <reference>', 'the reference of the decision, for the log')
    .option(KEY_FLAG, KEY_HELP)
    .option('--recordings <folder>', 'where the recordings lie; no file outside of it is deleted')
    .addHelpText('after', EXAMPLES)
    .action(async (callId: string, flags: EraseFlags) => runErase(callId, flags, context));
}

async function runErase(callId: string, flags: EraseFlags, { output }: CliContext): Promise<void> {
  await using store = await openStore(flags, false);
  const id = (await openCallIds(flags)).pseudonym(callId);
  const response = await store.find(id);
  if (response === undefined) throw notFound();
  const recording = response.comment?.recording ?? null;
  if (recording !== null && flags.recordings === undefined) throw new UsageError('expected --recordings with the folder of the recordings, since the call has one');
  // The file first: were it left when the row is gone, nobody would know of it.
  if (recording !== null && flags.recordings !== undefined) await deleteRecording(recording, flags.recordings);
  const erased = await store.privacy.erase(id, { actor: flags.by, action: 'erase', subject: id, detail: flags.decision });
  if (erased === undefined) throw notFound();
  await output.line(`${id}: erased${recording === null ? '' : ', its recording too'}`);
}

function notFound(): TonalitetError {
  return new TonalitetError('RESPONSE_NOT_FOUND', 'Expected the id of a call that is kept, found none. Check its spelling and --key; it may have been deleted before.');
}
