import type { Command } from 'commander';
import { recordingJson } from '../comment-json.js';
import { RECORDINGS_PER_WORKER, createTonalitet } from '../tonalitet.js';
import type { RecordingResult, Tonalitet } from '../tonalitet.js';
import { endsCommand } from './context.js';
import type { CliContext } from './context.js';
import { addRecordingFlags, toOptions } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { EXIT_CODES } from './exit-codes.js';
import { inOrder } from './look-ahead.js';
import { checkNames, namedRecordings } from './recordings.js';
import type { NamedRecording } from './recordings.js';
import { recordingReport } from './reports.js';

interface ClassifyFlags extends RecordingFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ tonalitet classify comment.wav
  $ tonalitet classify --json recordings/*.wav > results.jsonl
  $ ffmpeg -i call.m4a -f wav - | tonalitet classify -

With --json, one object a line: file, duration_s, text, segments, digits (telephone keys that were pressed), tonality (positiv,
skeptisk, negativ or null), reason, probabilities, uncertain, areas, services, model, timings, diagnostics. Where tonality is null, reason says why: no_speech, no_opinion.
A file that fails has a line on stderr instead.`;

export function registerClassify(program: Command, context: CliContext): void {
  addRecordingFlags(program.command('classify'))
    .description('tell the tonality of recorded comments')
    .argument('<file...>', "recordings: WAV, or what ffmpeg reads; '-' reads one from stdin")
    .option('--json', 'print one JSON object a line')
    .option('--words', 'with --json, the words of each segment with their times')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: ClassifyFlags) => classify(files, flags, context));
}

async function classify(files: readonly string[], flags: ClassifyFlags, context: CliContext): Promise<void> {
  checkNames(files);
  context.progress.show('loading the models');
  await using tonalitet = await createTonalitet(await toOptions(flags));
  let done = 0;
  const ahead = Math.min(files.length, (flags.workers ?? 1) * RECORDINGS_PER_WORKER);
  context.progress.show(`0 of ${files.length}`);
  for await (const { name, result, error } of inOrder(namedRecordings(files, context), ahead, async (named) => classifyOne(named, tonalitet, context))) {
    context.progress.clear();
    if (result === undefined) {
      if (endsCommand(error)) throw error;
      context.reportError(error, name);
      context.setExitCode(EXIT_CODES.someFailed);
    } else {
      await context.output.line(flags.json === true ? JSON.stringify({ file: name, ...recordingJson(result) }) : recordingReport(name, result));
    }
    context.progress.show(`${++done} of ${files.length}`);
  }
  context.progress.clear();
}

interface Outcome {
  readonly name: string;
  readonly result?: RecordingResult;
  readonly error?: unknown;
}

async function classifyOne({ name, recording }: NamedRecording, tonalitet: Tonalitet, { signal }: CliContext): Promise<Outcome> {
  try {
    const result =
      recording.kind === 'stream' ? await tonalitet.classifyStream(recording.stream, { signal }) : await tonalitet.classifyFile(name, { signal });
    return { name, result };
  } catch (error) {
    return { name, error };
  }
}
