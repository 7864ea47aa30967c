import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { municipalityName } from '../survey/municipalities.js';
import type { StoredResponse } from '../survey/store.js';
import type { CliContext } from './context.js';
import { DB_FLAG, DB_HELP, KEY_FLAG, KEY_HELP, openCallIds, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

interface ExportFlags extends StoreFlags {
  readonly by: string;
}

const EXAMPLES = `
Examples:
  $ tonalitet export 2020-000017 --db pulsen.db --by anna.berg > utdrag.json

One JSON object with everything that is kept about the call, for whoever asks what is known about them. That it was given out is
written to the log.`;

export function registerExport(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('write out everything about one call')
    .argument('<call-id>', "the call's id, as the telephony system gave it")
    .requiredOption(DB_FLAG, DB_HELP)
    .requiredOption('--by <name>', 'who gives it out, for the log')
    .option(KEY_FLAG, KEY_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (callId: string, flags: ExportFlags) => runExport(callId, flags, context));
}

async function runExport(callId: string, flags: ExportFlags, { output }: CliContext): Promise<void> {
  await using store = await openStore(flags, false);
  const id = (await openCallIds(flags)).pseudonym(callId);
  const response = await store.find(id);
  if (response === undefined) throw new TonalitetError('RESPONSE_NOT_FOUND', 'Expected the id of a call that is kept, found none. Check its spelling and --key.');
  // Written down first: nothing is given out unseen.
  await store.privacy.audit({ actor: flags.by, action: 'export', subject: id, detail: '' });
  await output.line(JSON.stringify(everythingOf(response), null, 2));
}

function everythingOf({ id, municipality, unit, contactedAt, answeredAt, survey, participation, abandonedAt, consent, ratings, comment, corrections }: StoredResponse): Record<string, unknown> {
  return {
    id,
    municipality: { code: municipality, name: municipalityName(municipality) ?? null },
    unit,
    contacted_at: contactedAt.toISOString(),
    answered_at: answeredAt?.toISOString() ?? null,
    survey,
    participation,
    abandoned_at: abandonedAt,
    consent,
    ratings,
    comment,
    corrections: corrections.map(({ at, ...correction }) => ({ ...correction, at: at.toISOString() })),
  };
}
