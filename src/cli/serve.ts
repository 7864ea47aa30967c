import { stat } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { createSpeechEngine } from '../engine/local-engine.js';
import { LAST_ANSWERS_S, SETTING_TABLE, ResultsFile, createLogger, createServer, makeToken, readConfigFile, resolveSettings, settingsFromEnvironment, storedAudit } from '../server/index.js';
import type { RawSettings, ServerSettings, SurveyKeeping } from '../server/index.js';
import { isPostgresUrl } from '../survey/postgres-location.js';
import { ResponseSpool } from '../survey/response-spool.js';
import { readSurveyFile } from '../survey/survey-file.js';
import type { CliContext } from './context.js';
import { addEngineFlags } from './engine-flags.js';
import type { EngineFlags } from './engine-flags.js';
import { readHintFile } from './hint-file.js';
import { openCallIds, openStore } from './store-flags.js';

/** How often the configuration file is looked at for a change. */
const CONFIG_LOOK_MS = 10_000;

const EXAMPLES = `
Examples:
  $ tonalitet serve
  $ tonalitet serve --port 0 --vosk-port 2700
  $ tonalitet serve --new-token telefoni
  $ tonalitet serve --db pulsen.db --survey survey.yaml --municipality 2480
  $ tonalitet serve --config /etc/tonalitet/server.yaml

Prints one line with its address once it listens; /ready answers 200 when the models are loaded. Each setting is also a key of the
configuration file and an environment variable: max_streams, TONALITET_MAX_STREAMS. Flags win over the environment, and that over
the file. Tokens, origins, keys and limits in the file are taken over while it runs, at the latest ${CONFIG_LOOK_MS / 1_000} s after a change, or at
once on SIGHUP. SIGTERM and Ctrl-C let open calls end first.`;

interface ServeFlags extends EngineFlags {
  readonly config?: string;
  readonly newToken?: string;
}

export function registerServe(program: Command, context: CliContext): void {
  const command = addEngineFlags(program.command('serve'))
    .description('answer live calls and uploads on this machine')
    .option('--config <file>', 'settings in YAML or JSON')
    .option('--new-token <name>', 'print a new token, and the entry for `tokens` that lets it in; serves nothing');
  for (const { key, kind, standard, help, secret } of SETTING_TABLE) {
    if (secret === true) continue;
    const flag = `--${key.replaceAll('_', '-')}`;
    const shown = standard === null || (Array.isArray(standard) && standard.length === 0) ? '' : ` (default: ${String(standard)})`;
    const option = new Option(kind.type === 'switch' ? `${flag} [boolean]` : `${flag} <value>`, `${help}${shown}`);
    command.addOption(kind.type === 'switch' ? option.preset(true) : option);
  }
  command.addHelpText('after', EXAMPLES).action(async (flags: ServeFlags) => serve(flags, context));
}

async function serve(flags: ServeFlags, context: CliContext): Promise<void> {
  const { output, signal } = context;
  if (flags.newToken !== undefined) {
    const { token, entry } = makeToken(flags.newToken);
    await output.line(`token: ${token}`);
    await output.line(`entry: ${entry}`);
    return;
  }
  const settings = await readSettings(flags);
  const log = createLogger(settings.logLevel);
  const results =
    settings.resultsFile === undefined ? undefined : await ResultsFile.open(settings.resultsFile, () => log.error('result not written'));
  const { models: modelsDir, threads, workers } = flags;
  const keeping = settings.db === undefined ? undefined : await openKeeping(settings, settings.db);
  const { beam: beamSize, words: wordTimestamps } = settings;
  const hints = settings.hints === undefined ? undefined : await readHintFile(settings.hints);
  // Draining, the last answers, a last write that waits for another process, and the engine's end.
  context.allowTime((settings.drainS + LAST_ANSWERS_S + 15) * 1_000);
  const server = await createServer({
    settings,
    createEngine: async () => createSpeechEngine({ modelsDir, threads, workers, decoding: { beamSize }, wordTimestamps, hints }),
    log,
    onResult: results && ((ended) => results.append(ended)),
    keeping,
    dashboard: keeping && { store: keeping.store, audit: storedAudit(keeping.store.privacy), survey: keeping.survey },
  });
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const reload = async (): Promise<void> => {
    try {
      await server.reload(await readSettings(flags));
    } catch (error) {
      // What was set before goes on: a slip in the file is no reason to stop answering.
      context.reportError(error, flags.config);
    }
  };
  const onHangup = (): void => void reload();
  process.on('SIGHUP', onHangup);
  const stopLooking = flags.config === undefined ? (): void => undefined : onChange(flags.config, reload);
  try {
    await output.line(`tonalitet listens on ${server.url}${server.voskUrl === undefined ? '' : `, vosk on ${server.voskUrl}`}`);
    // Models that cannot be loaded end the command; without them it would refuse calls for ever.
    await Promise.race([server.ready.then(async () => stopped), stopped]);
  } finally {
    process.off('SIGHUP', onHangup);
    stopLooking();
    await server.stop();
    await results?.close();
    await keeping?.store.close();
  }
}

/** Opens what calls are kept in. @throws TonalitetError for a database, key or survey that cannot be used. */
async function openKeeping(settings: ServerSettings, db: string): Promise<SurveyKeeping> {
  const { dbKey, survey, municipality, unit, citizenChannel } = settings;
  const flags = { db, ...(dbKey === undefined ? {} : { key: dbKey }) };
  const asked = survey === undefined ? undefined : await readSurveyFile(survey);
  const callIds = await openCallIds(flags);
  // A database elsewhere has no place beside it.
  const folder = settings.spool ?? (isPostgresUrl(db) ? undefined : `${db}.waiting`);
  const spool = folder === undefined ? undefined : await ResponseSpool.open(folder);
  return { store: await openStore(flags, true), callIds, spool, survey: asked, municipality, unit, channel: citizenChannel };
}

async function readSettings(flags: ServeFlags): Promise<ServerSettings> {
  const file = flags.config === undefined ? {} : await readConfigFile(flags.config);
  return resolveSettings(file, settingsFromEnvironment(process.env), flagSettings(flags));
}

function flagSettings(flags: ServeFlags): RawSettings {
  const values = flags as unknown as Readonly<Record<string, unknown>>;
  const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const entries = SETTING_TABLE.map(({ key }): [string, unknown] => [key, values[camel(key)]]);
  return Object.fromEntries<unknown>(entries.filter(([, value]) => value !== undefined));
}

/** Looks at a file now and then; watching it would miss the editors that put another file in its place. @returns how to stop. */
function onChange(path: string, changed: () => Promise<void>): () => void {
  let last: number | undefined;
  const look = async (): Promise<void> => {
    const modified = await stat(path).then(({ mtimeMs }) => mtimeMs, () => undefined);
    if (modified === undefined) return;
    if (last !== undefined && modified !== last) await changed();
    last = modified;
  };
  void look();
  const timer = setInterval(() => void look(), CONFIG_LOOK_MS).unref();
  return () => clearInterval(timer);
}
