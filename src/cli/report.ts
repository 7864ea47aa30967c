import { rename, rm, writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { buildReport } from '../report/build-report.js';
import { DEFAULT_THRESHOLD } from '../report/publication.js';
import type { Report } from '../report/report.js';
import { PERIODS } from '../survey/store-queries.js';
import type { Period } from '../survey/store-queries.js';
import { readSurveyFile } from '../survey/survey-file.js';
import { UsageError } from './context.js';
import type { CliContext } from './context.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';

const FORMATS = ['json', 'html', 'csv', 'xlsx', 'pdf'] as const;
type Format = (typeof FORMATS)[number];
/** Formats that are bytes and no text: a terminal is no place for them. */
const BINARY_FORMATS: ReadonlySet<Format> = new Set(['xlsx', 'pdf']);

/** The tables that `--format csv` writes, one at a time: a file for spreadsheets has one head. */
const TABLES = ['totalt', 'omraden', 'tjanster', 'rorelser', 'kommuner', 'spridning', 'enheter', 'deltagande', 'betyg', 'enheters-deltagande', 'enheters-betyg', 'index', 'kvalitet'] as const;

interface ReportFlags {
  readonly db: string;
  readonly format?: Format;
  readonly period: Period;
  readonly from?: string;
  readonly to?: string;
  readonly municipality?: string;
  readonly threshold: number;
  readonly survey?: string;
  readonly table: string;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  $ tonalitet report --db svar.db --format json
  $ tonalitet report --db svar.db --out rapport.html
  $ tonalitet report --db svar.db --period month --from 2020-01-01 --to 2020-12-31 --municipality 0180 --out 2020.html
  $ tonalitet report --db svar.db --format csv --table kommuner --out kommuner.csv
  $ tonalitet report --db svar.db --survey survey.yaml --out rapport.xlsx
  $ tonalitet report --db svar.db --municipality 0180 --out rapport.pdf

The report begins and ends with whole periods: the ones that --from and --to lie in. Groups below the threshold are left out, with
those that they could be found by. docs/report.md has the fields of the JSON and the rules.`;

export function registerReport(program: Command, context: CliContext): void {
  program
    .command('report')
    .description('add the comments of a database up to a report')
    .requiredOption(DB_FLAG, DB_HELP)
    .addOption(new Option('--format <format>', "what to write (default: by the end of --out's name, otherwise json)").choices(FORMATS))
    .addOption(new Option('--period <period>', 'what to add up by').choices(PERIODS).default('year'))
    .option('--from <day>', 'the first day, like 2020-03-05 (default: the last few periods)')
    .option('--to <day>', 'the last day (default: the last with a response)')
    .option('--municipality <code>', 'four digits; the others stay in the comparison (default: all together)')
    .addOption(new Option('--threshold <n>', 'the smallest group that is shown').argParser(atLeastTwo).default(DEFAULT_THRESHOLD))
    .option('--survey <file>', 'the survey, for the wording of its questions and the index')
    .addOption(new Option('--table <name>', 'the table that --format csv writes').choices(TABLES).default('omraden'))
    .option('--out <file>', 'where to write (default: stdout)')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ReportFlags) => writeReport(flags, context));
}

function atLeastTwo(value: string): number {
  if (/^\d{1,6}$/.test(value) && Number(value) >= 2) return Number(value);
  throw new InvalidArgumentError('expected a whole number from 2: below it every group is shown as it is.');
}

async function writeReport(flags: ReportFlags, { output, progress }: CliContext): Promise<void> {
  const { period, from, to, municipality, threshold, out } = flags;
  const format = flags.format ?? formatOf(out);
  if (out === undefined && BINARY_FORMATS.has(format)) throw new UsageError(`--out: a file expected for --format ${format}, which is no text`);
  const survey = flags.survey === undefined ? undefined : await readSurveyFile(flags.survey);
  progress.show('adding up');
  const store = await openStore(flags, false);
  let report: Report;
  try {
    const wanted = { from, to, municipality, survey };
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    report = await buildReport(store, { period, threshold, ...given });
  } finally {
    await store.close();
    progress.clear();
  }
  const content = await rendered(report, format, flags.table);
  if (out !== undefined) await replaceFile(out, content);
  else if (typeof content === 'string') await output.line(content.replace(/\n$/, ''));
}

function formatOf(out: string | undefined): Format {
  if (out === undefined) return 'json';
  const format = FORMATS.find((name) => out.toLowerCase().endsWith(`.${name}`));
  if (format === undefined) throw new UsageError(`--format: one of ${FORMATS.join(', ')} expected where the name given with --out does not end in one`);
  return format;
}

/** Loads only what the format needs: the charts of the HTML take longer to load than the rest to run. */
async function rendered(report: Report, format: Format, table: string): Promise<string | Uint8Array> {
  switch (format) {
    case 'json': {
      const { reportJson } = await import('../report/report-json.js');
      return `${JSON.stringify(reportJson(report), null, 2)}\n`;
    }
    case 'html': {
      const { reportHtml } = await import('../report/report-html.js');
      return reportHtml(report);
    }
    case 'csv': {
      const { reportTables } = await import('../report/report-tables.js');
      const { reportCsv } = await import('../report/report-csv.js');
      return reportCsv(reportTables(report).find(({ id }) => id === table)!);
    }
    case 'xlsx': {
      const { reportXlsx } = await import('../report/report-xlsx.js');
      return reportXlsx(report);
    }
    case 'pdf': {
      const { reportPdf } = await import('../report/report-pdf.js');
      return reportPdf(report, new Date());
    }
  }
}

/** Whoever reads the file meets the old one or the new one, never a half. */
async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, content, { flag: 'wx' });
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error';
    throw new TonalitetError('FILE_UNREADABLE', `Expected a place where the report can be written, got ${code} from the system. Check --out.`, { cause });
  }
}
