import { open, readFile, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Option } from 'commander';
import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { redact } from '../redaction/redact.js';
import { csvRecords } from '../survey/csv-records.js';
import { importResponses } from '../survey/import.js';
import type { ImportCounts, SourceRecord } from '../survey/import.js';
import { parseMapping } from '../survey/mapping.js';
import type { Mapping } from '../survey/mapping.js';
import { parseNamePattern } from '../survey/name-pattern.js';
import { isPostgresUrl, shownDatabase } from '../survey/postgres-location.js';
import { ResponseReader } from '../survey/response-input.js';
import { readSurveyFile } from '../survey/survey-file.js';
import { classifyBacklog } from './classify-backlog.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { addRecordingFlags } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { EXIT_CODES } from './exit-codes.js';
import { namedRecords, sidecarRecords } from './folder-records.js';
import { jsonlRecords } from './jsonl-records.js';
import { progressBar } from './progress-line.js';
import { RecordingFolder } from './recording-folder.js';
import { withinFolder } from './recording-paths.js';
import { DB_FLAG, DB_HELP, KEY_FLAG, KEY_HELP, LazyLines, openCallIds, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';
import { STDIN_NAME } from './recordings.js';

interface ImportFlags extends StoreFlags, RecordingFlags {
  readonly format?: 'jsonl' | 'csv';
  readonly mapping?: string;
  readonly survey?: string;
  readonly rejects?: string;
  readonly recordings?: string;
  readonly namePattern?: string;
  readonly sidecar?: string;
  readonly classify: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ tonalitet import samples/medborgarpulsen.jsonl --db pulsen.db
  $ tonalitet import svar.csv --db pulsen.db --mapping mapping.yaml --survey survey.yaml
  $ tonalitet import inspelningar/ --db pulsen.db --name-pattern '{municipality}/{contacted_at}_{id}'
  $ tonalitet import inspelningar/ --db pulsen.db --sidecar inspelningar/svar.csv

The fields of a row are described in docs/import.md. A row without a tonality is classified, by its text or its recording, unless
--no-classify leaves that to 'tonalitet retry'. Of a folder of recordings, the names or a sidecar file (rows with the field
'recording') say what each is of. What cannot be taken is written to the reject file, a line each: line number or file, tab, reason. An import that was broken off is simply run again: what is there already is passed over.`;

export function registerImport(program: Command, context: CliContext): void {
  addRecordingFlags(program.command('import'))
    .description('take survey responses from a file, or recordings from a folder, into a database')
    .argument('<file>', "responses, as JSONL or CSV ('-' reads stdin), or a folder of recordings")
    .requiredOption(DB_FLAG, DB_HELP)
    .option(KEY_FLAG, KEY_HELP)
    .addOption(new Option('--format <format>', "what the file is (default: told by its name's ending)").choices(['jsonl', 'csv']))
    .option('--mapping <file>', "how another system's fields and values are to be read")
    .option('--survey <file>', 'the survey that was asked: ratings are checked against its questions and scales')
    .option('--recordings <folder>', 'where recordings lie; none outside of it is read (default: the folder of the file)')
    .option('--name-pattern <pattern>', 'of a folder: what the names of recordings say, with the fields in braces')
    .option('--sidecar <file>', 'of a folder: responses, as JSONL or CSV, that name their recordings')
    .option('--rejects <file>', "where rows that cannot be taken are told (default: the file's name and .rejects)")
    .option('--no-classify', 'keep comments without a tonality for later')
    .option('--json', 'print the counts as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: ImportFlags) => runImport(file, flags, context));
}

async function runImport(file: string, flags: ImportFlags, context: CliContext): Promise<void> {
  const { output, progress, signal } = context;
  const mapping = flags.mapping === undefined ? undefined : parseMapping(await readText(flags.mapping));
  const survey = flags.survey === undefined ? undefined : await readSurveyFile(flags.survey);
  const source = await openSource(file, flags, mapping, context);
  await using store = await openStore(flags, true);
  const callIds = await openCallIds(flags);
  await using rejects = new LazyLines(flags.rejects ?? `${file === STDIN_NAME ? (isPostgresUrl(flags.db) ? 'stdin' : flags.db) : file.replace(/[/\\]+$/, '')}.rejects`);
  let counts: ImportCounts;
  try {
    const started = performance.now();
    counts = await importResponses(source.records(), {
      store,
      reader: new ResponseReader(survey),
      callIds,
      redact,
      signal,
      onRejected: (line, reason) => rejects.line(`${line}\t${reason}`),
      onProgress: ({ records, rejected }) => {
        const perSecond = Math.round(records / ((performance.now() - started) / 1_000));
        const bar = source.count === undefined ? '' : `${progressBar(records, source.count)}  `;
        progress.show(`${bar}${records} rows, ${rejected} rejected, ${perSecond} a second`);
      },
    });
    progress.clear();
  } catch (error) {
    throw fileError(error, file);
  } finally {
    source.close();
  }
  if (signal.aborted) throw new TonalitetError('ABORTED', `Stopped after ${counts.records} rows, which are kept. Run the same command again to go on.`);
  const judged = flags.classify ? await classifyBacklog(store, flags, context) : undefined;
  if (counts.rejected > 0 || (judged?.failed ?? 0) > 0) context.setExitCode(EXIT_CODES.someFailed);
  const { records, added, duplicates, rejected } = counts;
  const waiting = (await store.backlog()).waiting;
  if (flags.json === true) {
    const json = { records, added, duplicates, rejected, classified: judged?.classified ?? 0, failed: judged?.failed ?? 0, waiting };
    await output.line(JSON.stringify({ ...json, rejects: rejected > 0 ? rejects.path : null }));
    return;
  }
  await output.line(`${records} rows: ${added} added, ${duplicates} there already, ${rejected} rejected`);
  if (rejected > 0) await output.line(`why rows were rejected: ${rejects.path}`);
  if (judged !== undefined && judged.classified + judged.failed > 0) await output.line(`comments: ${judged.classified} classified, ${judged.failed} given up`);
  if (waiting > 0) await output.line(`${waiting} comments wait to be classified: 'tonalitet retry --db ${shownDatabase(flags.db)}' does it`);
}

/** Where the rows of an import come from. */
interface Source {
  readonly records: () => AsyncIterable<SourceRecord>;
  /** How many there will be, where that is known before. */
  readonly count: number | undefined;
  readonly close: () => void;
}

/** @throws UsageError for flags that are of a file where there is a folder, or the other way. */
async function openSource(file: string, flags: ImportFlags, mapping: Mapping | undefined, context: CliContext): Promise<Source> {
  const isOfFolder = flags.namePattern !== undefined || flags.sidecar !== undefined;
  const kind = file === STDIN_NAME ? 'other' : await kindOf(file);
  if (kind === 'folder' || (kind === 'missing' && isOfFolder)) return openFolder(file, flags, mapping, context);
  if (isOfFolder) throw new UsageError(`--name-pattern, --sidecar: expected beside a folder of recordings, got a file: ${file}`);
  const format = flags.format ?? formatOf(file);
  const bytes = file === STDIN_NAME ? context.stdin : await openBytes(file);
  const records = (): AsyncIterable<SourceRecord> => withinFolder(recordsOf(bytes, format, mapping), file === STDIN_NAME ? '.' : file, flags.recordings);
  return { records, count: undefined, close: () => bytes.destroy() };
}

async function kindOf(path: string): Promise<'folder' | 'other' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch {
    // Why, is told of where it is opened.
    return 'missing';
  }
}

/** A path without links, for what is there: two names of the same file are then the same. */
async function plainPath(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

async function openFolder(path: string, flags: ImportFlags, mapping: Mapping | undefined, { progress, signal }: CliContext): Promise<Source> {
  const { namePattern, sidecar } = flags;
  if ((namePattern === undefined) === (sidecar === undefined)) {
    throw new UsageError('of a folder of recordings, expected either --name-pattern or --sidecar, which say what each recording is of');
  }
  const folder = await RecordingFolder.open(path);
  progress.show('looking for recordings');
  const own = [sidecar, flags.db, `${flags.db}-wal`, `${flags.db}-shm`, flags.key ?? `${flags.db}.key`, flags.rejects, flags.mapping, flags.survey];
  const passedOver = new Set(await Promise.all(own.flatMap((one) => (one === undefined ? [] : [plainPath(one)]))));
  const paths = (await folder.list(signal)).filter((one) => !passedOver.has(folder.resolve(one)!));
  if (namePattern !== undefined) {
    const pattern = parseNamePattern(namePattern);
    return { records: () => namedRecords(folder, paths, pattern, mapping), count: paths.length, close: () => undefined };
  }
  const format = flags.format ?? formatOf(sidecar!);
  const bytes = await openBytes(sidecar!);
  return { records: () => sidecarRecords(folder, paths, recordsOf(bytes, format, mapping)), count: undefined, close: () => bytes.destroy() };
}

function formatOf(file: string): 'jsonl' | 'csv' {
  if (/\.(?:csv|tsv|txt)$/i.test(file)) return 'csv';
  if (/\.(?:jsonl|ndjson|json)$/i.test(file)) return 'jsonl';
  throw new UsageError("expected a file whose name ends in .jsonl or .csv, or '--format jsonl' or '--format csv'");
}

function recordsOf(bytes: AsyncIterable<Uint8Array>, format: 'jsonl' | 'csv', mapping: Mapping | undefined): AsyncIterable<SourceRecord> {
  return format === 'csv' ? csvRecords(bytes, mapping) : jsonlRecords(bytes, mapping);
}

/** Opened here and now: a file that is missing is told of before a database is made for it. */
async function openBytes(path: string): Promise<Readable> {
  try {
    return (await open(path, 'r')).createReadStream();
  } catch (error) {
    throw fileError(error, path);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
}

function fileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  const missing = error.code === 'ENOENT';
  return new TonalitetError(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', `Expected a file that can be read, got ${String(error.code)}: ${path}`, { cause: error });
}
