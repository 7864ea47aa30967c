import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { AREAS, SERVICES, TONALITIES } from '../classification/labels.js';
import type { Area, Service, Tonality } from '../classification/labels.js';
import { TonalitetError } from '../errors.js';
import { changeLabels } from '../survey/label-change.js';
import type { Labels } from '../survey/response.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { DB_FLAG, DB_HELP, KEY_FLAG, KEY_HELP, openCallIds, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

interface CorrectFlags extends StoreFlags {
  readonly by: string;
  readonly callId?: true;
  readonly tonality?: Tonality | 'none';
  readonly area: ReadonlyMap<Area, Tonality>;
  readonly removeArea: ReadonlySet<Area>;
  readonly service: ReadonlySet<Service>;
  readonly removeService: ReadonlySet<Service>;
}

/** A user name of the municipality's staff: what fits in a directory service. */
const MAX_NAME_CHARACTERS = 100;

const EXAMPLES = `
Examples:
  $ tonalitet correct 7b1e5f0c92ad4e6f8a3b0c1d2e4f5a69 --db pulsen.db --by anna.berg --tonality negativ
  $ tonalitet correct 2020-000017 --call-id --db pulsen.db --by anna.berg --area tid=negativ --remove-area helhet

The correction is kept beside the model's labels with who made it and when, and counts in the report from now on. What is not named
stays as it was.`;

export function registerCorrect(program: Command, context: CliContext): void {
  program
    .command('correct')
    .description("put a person's labels in place of the model's")
    .argument('<id>', "the response's id, as the report's quotes show it")
    .requiredOption(DB_FLAG, DB_HELP)
    .requiredOption('--by <name>', 'who corrects')
    .option('--call-id', 'the id is that of the call, as the telephony system gave it')
    .option(KEY_FLAG, KEY_HELP)
    .addOption(new Option('--tonality <tonality>', "the comment's tonality; none: it judges nothing").choices([...TONALITIES, 'none']))
    .addOption(new Option('--area <area=tonality>', 'an area that it judges, and how (repeatable)').argParser(areas).default(new Map(), 'as before'))
    .addOption(new Option('--remove-area <area>', 'an area that it does not judge (repeatable)').argParser(names(AREAS)).default(new Set(), 'none'))
    .addOption(new Option('--service <service>', 'a service that it is about (repeatable)').argParser(names(SERVICES)).default(new Set(), 'as before'))
    .addOption(new Option('--remove-service <service>', 'a service that it is not about (repeatable)').argParser(names(SERVICES)).default(new Set(), 'none'))
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, flags: CorrectFlags) => runCorrect(id, flags, context));
}

async function runCorrect(givenId: string, flags: CorrectFlags, { output }: CliContext): Promise<void> {
  const { tonality, area, removeArea, service, removeService } = flags;
  if (tonality === undefined && [area, removeArea, service, removeService].every(({ size }) => size === 0)) {
    throw new UsageError('expected something to correct: --tonality, --area, --remove-area, --service or --remove-service');
  }
  const by = flags.by.trim();
  if (by === '' || by.length > MAX_NAME_CHARACTERS || /\p{Cc}/u.test(by)) {
    throw new UsageError(`expected --by to be a name of 1 to ${MAX_NAME_CHARACTERS} characters on one line`);
  }
  await using store = await openStore(flags, false);
  const id = flags.callId === true ? (await openCallIds(flags)).pseudonym(givenId) : givenId;
  const response = await store.find(id);
  if (response === undefined || response.comment === null) throw notFound();
  const { comment, corrections } = response;
  const before: Labels = corrections.at(-1) ?? comment.verdict ?? { tonality: null, areas: [], services: [] };
  const labels = changeLabels(before, {
    ...(tonality === undefined ? {} : { tonality: tonality === 'none' ? null : tonality }),
    setAreas: area,
    removeAreas: removeArea,
    addServices: service,
    removeServices: removeService,
  });
  const outcome = await store.correct(id, { ...labels, by, at: new Date() }, corrections.length);
  if (outcome === 'not_found') throw notFound();
  if (outcome === 'changed_meanwhile') throw new UsageError('expected the labels as they were a moment ago, but someone else just corrected them; look again');
  await output.line(`${id}: ${describe(before)} -> ${describe(labels)}`);
}

function notFound(): TonalitetError {
  return new TonalitetError('RESPONSE_NOT_FOUND', 'Expected the id of a response with a comment, found none. Check its spelling, and --call-id and --key.');
}

function describe({ tonality, areas, services }: Labels): string {
  return [tonality ?? 'none', ...areas.map((label) => `${label.area}=${label.tonality}`), ...services].join(' ');
}

function areas(value: string, before: ReadonlyMap<Area, Tonality>): ReadonlyMap<Area, Tonality> {
  const [name, how, ...more] = value.split('=');
  const area = AREAS.find((one) => one === name);
  const tonality = TONALITIES.find((one) => one === how);
  if (area === undefined || tonality === undefined || more.length > 0) {
    throw new InvalidArgumentError(`expected an area and a tonality, such as tid=negativ. Areas: ${AREAS.join(', ')}; tonalities: ${TONALITIES.join(', ')}.`);
  }
  return new Map([...before, [area, tonality]]);
}

function names<T extends string>(allowed: readonly T[]): (value: string, before: ReadonlySet<T>) => ReadonlySet<T> {
  return (value, before) => {
    const name = allowed.find((one) => one === value);
    if (name === undefined) throw new InvalidArgumentError(`expected one of ${allowed.join(', ')}.`);
    return new Set([...before, name]);
  };
}
