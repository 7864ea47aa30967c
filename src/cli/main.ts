#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { TonalitetError } from '../errors.js';
import { UsageError, errorLine } from './context.js';
import type { CliContext } from './context.js';
import { EXIT_CODES, EXIT_CODES_HELP } from './exit-codes.js';
import { Interruption } from './interruption.js';
import { Output } from './output.js';
import { ProgressLine } from './progress-line.js';

/** A command, loaded when it is asked for: nobody waits for the others' imports. */
interface CommandEntry {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<(program: Command, context: CliContext) => void>;
}

const COMMANDS: readonly CommandEntry[] = [
  { name: 'classify', summary: 'tell the tonality of recorded comments', load: async () => (await import('./classify.js')).registerClassify },
  { name: 'text', summary: 'tell the tonality of written comments, line by line', load: async () => (await import('./text.js')).registerText },
  { name: 'redact', summary: 'take personal identifiers out of comments, line by line', load: async () => (await import('./redact.js')).registerRedact },
  { name: 'transcribe', summary: 'turn recordings into text or subtitles', load: async () => (await import('./transcribe.js')).registerTranscribe },
  { name: 'serve', summary: 'answer live calls and uploads on this machine', load: async () => (await import('./serve.js')).registerServe },
  { name: 'stream', summary: 'send a recording to a server as a live call', load: async () => (await import('./stream.js')).registerStream },
  { name: 'models', summary: 'list the models, and check that they are unchanged', load: async () => (await import('./models.js')).registerModels },
  { name: 'import', summary: 'take survey responses from a file into a database', load: async () => (await import('./import.js')).registerImport },
  { name: 'report', summary: 'add the comments of a database up to a report', load: async () => (await import('./report.js')).registerReport },
  { name: 'correct', summary: "put a person's labels in place of the model's", load: async () => (await import('./correct.js')).registerCorrect },
  { name: 'corrections', summary: 'write the corrections out as training data', load: async () => (await import('./corrections.js')).registerCorrections },
  { name: 'retry', summary: 'classify what waits or was given up', load: async () => (await import('./retry.js')).registerRetry },
  { name: 'gallra', summary: 'delete what the retention rules no longer keep', load: async () => (await import('./gallra.js')).registerGallra },
  { name: 'erase', summary: 'delete everything about one call', load: async () => (await import('./erase.js')).registerErase },
  { name: 'export', summary: 'write out everything about one call', load: async () => (await import('./export.js')).registerExport },
  { name: 'audit', summary: 'list and verify the log of deletions and of who read what', load: async () => (await import('./audit.js')).registerAudit },
  { name: 'worker', summary: 'classify what comes to wait, on any number of machines', load: async () => (await import('./worker.js')).registerWorker },
  { name: 'survey', summary: 'check survey files', load: async () => (await import('./survey.js')).registerSurvey },
];

const EXAMPLES = `
Examples:
  $ tonalitet classify comment.wav
  $ echo "Jag fick vänta i en timme." | tonalitet text -
  $ tonalitet transcribe comment.wav --format srt
  $ tonalitet models verify
${EXIT_CODES_HELP}`;

async function main(args: readonly string[]): Promise<number> {
  const interruption = new Interruption();
  const progress = new ProgressLine(process.stderr);
  // Where stderr is gone, there is no place left to say so.
  process.stderr.on('error', () => undefined);
  let exitCode: number = EXIT_CODES.ok;
  const context: CliContext = {
    stdin: process.stdin,
    output: new Output(process.stdout),
    progress,
    signal: interruption.signal,
    allowTime: (ms) => interruption.allowTime(ms),
    reportError: (error, input) => {
      progress.clear();
      process.stderr.write(`${errorLine(error, input)}\n`);
    },
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await makeProgram(args, context);
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    progress.clear();
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    context.reportError(error);
    return exitCodeOf(error);
  }
  return interruption.exitCode ?? exitCode;
}

async function makeProgram(args: readonly string[], context: CliContext): Promise<Command> {
  const program = new Command('tonalitet')
    .description('Tonality of spoken comments in Swedish, on this machine alone: recording to text, text to positiv, skeptisk or negativ.')
    .version(await packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("(see 'tonalitet --help')")
    // Before the commands are made: they take it over.
    .exitOverride();
  const wanted = args.find((arg) => !arg.startsWith('-'));
  const asked = wanted === 'help' ? args[args.indexOf(wanted) + 1] : wanted;
  for (const { name, summary, load } of COMMANDS) {
    if (name === asked) (await load())(program, context);
    else program.command(name).description(summary);
  }
  return program;
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof RangeError || error instanceof TypeError) return EXIT_CODES.usage;
  if (error instanceof TonalitetError && error.code === 'OUTPUT_CLOSED') return EXIT_CODES.outputClosed;
  return EXIT_CODES.cannotWork;
}

// Also ends what may still hold the program, such as a stdin that nobody closes.
process.exit(await main(process.argv.slice(2)));
