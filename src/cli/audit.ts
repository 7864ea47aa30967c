import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { AuditVerifier } from '../survey/audit-log.js';
import type { AuditEntry } from '../survey/audit-log.js';
import type { PrivacyStore } from '../survey/privacy-store.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

/** Entries that are read at a time. */
const PAGE = 1_000;

const EXAMPLES = `
Examples:
  $ tonalitet audit list --db pulsen.db
  $ tonalitet audit head --db pulsen.db
  $ tonalitet audit verify --db pulsen.db --head 118:5e0c…

Each entry carries a hash over itself and the one before. 'verify' finds what was changed, taken out or put in another order. Entries
that were cut off at the end, or a log that was written anew from its beginning, show only against a head that was noted elsewhere: have
'audit head' printed every day, and keep it where those who can write to the database cannot.`;

export function registerAudit(program: Command, context: CliContext): void {
  const audit = program.command('audit').description('list and verify the log of deletions and of who read what').addHelpText('after', EXAMPLES);
  audit
    .command('list')
    .description('the entries, oldest first, as lines of JSON')
    .requiredOption(DB_FLAG, DB_HELP)
    .action(async (flags: StoreFlags) => {
      await using store = await openStore(flags, false);
      for await (const entry of entriesOf(store.privacy)) await context.output.line(JSON.stringify(entry));
    });
  audit
    .command('head')
    .description('the number and hash of the last entry, to be noted elsewhere')
    .requiredOption(DB_FLAG, DB_HELP)
    .action(async (flags: StoreFlags) => {
      await using store = await openStore(flags, false);
      const { seq, hash } = await store.privacy.auditHead();
      await context.output.line(`${seq}:${hash}`);
    });
  audit
    .command('verify')
    .description('check that no entry was changed, taken out or moved')
    .requiredOption(DB_FLAG, DB_HELP)
    .option('--head <number:hash>', "what 'audit head' printed earlier: its entry must be there still")
    .action(async (flags: StoreFlags & { readonly head?: string }) => verify(flags, context));
}

async function verify(flags: StoreFlags & { readonly head?: string }, context: CliContext): Promise<void> {
  const noted = flags.head === undefined ? undefined : /^(\d{1,15}):([0-9a-f]{64})$/.exec(flags.head.trim());
  if (noted === null) throw new UsageError("expected --head as 'audit head' prints it: a number, a colon and 64 hexadecimal digits");
  await using store = await openStore(flags, false);
  const verifier = new AuditVerifier();
  let found = noted === undefined || noted[1] === '0';
  for await (const entry of entriesOf(store.privacy)) {
    verifier.add(entry);
    if (noted !== undefined && String(entry.seq) === noted[1] && entry.hash === noted[2]) found = true;
  }
  const verdict = verifier.verdict();
  if (verdict.kind === 'broken') return fail(`The log is broken at entry ${verdict.seq}: ${verdict.why}.`, context);
  if (!found) return fail('The log is whole in itself, but the noted entry is not in it: its end was cut off, or it was written anew.', context);
  await context.output.line(`${verdict.head.seq} entries, none changed, missing or moved${noted === undefined ? '' : '; the noted one is among them'}`);
}

function fail(message: string, context: CliContext): void {
  context.reportError(new TonalitetError('STORE_INVALID', message));
  context.setExitCode(EXIT_CODES.someFailed);
}

async function* entriesOf(privacy: PrivacyStore): AsyncGenerator<AuditEntry, void, undefined> {
  for (let after = 0; ; ) {
    const page = await privacy.auditEntries(PAGE, after);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.seq;
  }
}
