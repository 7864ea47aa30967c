import { mkdir, open } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { diagnosticsJson, digitJson, segmentJson, timingsJson } from '../comment-json.js';
import type { TranscriptSummary } from '../pipeline.js';
import { createTonalitet } from '../tonalitet.js';
import type { Tonalitet } from '../tonalitet.js';
import { WEBVTT_HEADER, cues, srtCue, vttCue } from '../transcription/subtitles.js';
import type { TranscriptSegment } from '../transcription/transcript.js';
import { UsageError, endsCommand } from './context.js';
import type { CliContext } from './context.js';
import { addRecordingFlags, toOptions } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { EXIT_CODES } from './exit-codes.js';
import { STDIN_NAME, checkNames, namedRecordings } from './recordings.js';
import type { NamedRecording } from './recordings.js';

const FORMATS = ['json', 'text', 'srt', 'vtt'] as const;
type Format = (typeof FORMATS)[number];

interface TranscribeFlags extends RecordingFlags {
  readonly format: Format;
  readonly outputDir?: string;
}

const EXAMPLES = `
Examples:
  $ tonalitet transcribe comment.wav
  $ tonalitet transcribe --format srt meeting.wav > meeting.srt
  $ tonalitet transcribe --format vtt --output-dir subtitles recordings/*.wav
  $ tonalitet transcribe --format json recordings/*.wav

text prints each segment on a line of its own as it is recognised, after the file's name if there are several; srt and vtt likewise
as cues. json prints one object for each
file: file, duration_s, text, segments (start, end, text, confidence, with --words words), digits, model, timings, diagnostics.`;

export function registerTranscribe(program: Command, context: CliContext): void {
  addRecordingFlags(program.command('transcribe'))
    .description('turn recordings into text or subtitles')
    .argument('<file...>', "recordings: WAV, or what ffmpeg reads; '-' reads one from stdin")
    .addOption(new Option('--format <format>', 'what is printed').choices(FORMATS).default('text'))
    .option('--words', 'the words with their times: in json on each segment, in srt and vtt as a cue each')
    .option('--output-dir <folder>', 'write one file for each recording into this folder, named after it')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: TranscribeFlags) => transcribe(files, flags, context));
}

async function transcribe(files: readonly string[], flags: TranscribeFlags, context: CliContext): Promise<void> {
  checkNames(files);
  const { format, outputDir } = flags;
  if (outputDir === undefined) {
    if (files.length > 1 && (format === 'srt' || format === 'vtt')) {
      throw new UsageError(`expected one file, or --output-dir: several recordings cannot share one ${format} file`);
    }
  } else {
    await mkdir(outputDir, { recursive: true });
  }
  context.progress.show('loading the models');
  await using tonalitet = await createTonalitet({ ...(await toOptions(flags)), parts: 'transcript' });
  let done = 0;
  for await (const named of namedRecordings(files, context)) {
    context.progress.show(`${done++} of ${files.length}`);
    try {
      const printed = print(named, tonalitet, format, context.signal);
      if (outputDir === undefined) await toOutput(printed, format === 'text' && files.length > 1 ? `${named.name}: ` : '', context);
      else await toFile(printed, join(outputDir, `${baseName(named.name)}.${format === 'text' ? 'txt' : format}`));
    } catch (error) {
      if (endsCommand(error)) throw error;
      context.reportError(error, named.name);
      context.setExitCode(EXIT_CODES.someFailed);
    }
  }
  context.progress.clear();
}

/** The lines of one recording's transcript, as they come. */
async function* print({ name, recording }: NamedRecording, tonalitet: Tonalitet, format: Format, signal: AbortSignal): AsyncGenerator<string> {
  const segments: TranscriptSegment[] = [];
  let number = 0;
  const transcript = tonalitet.transcribe(recording, { signal });
  let next = await transcript.next();
  // After the first answer, so that nothing is printed of a recording that cannot be read.
  if (format === 'vtt') yield WEBVTT_HEADER;
  for (; next.done !== true; next = await transcript.next()) {
    if (format === 'json') segments.push(next.value);
    else if (format === 'text') yield next.value.text;
    else for (const cue of cues(next.value)) yield format === 'srt' ? srtCue(cue, ++number) : vttCue(cue);
  }
  if (format === 'json') yield transcriptJson(name, segments, next.value, tonalitet);
}

function transcriptJson(name: string, segments: readonly TranscriptSegment[], { durationS, timings, digits, diagnostics }: TranscriptSummary, { models }: Tonalitet): string {
  const text = segments.map((segment) => segment.text).join(' ');
  const { decode_s, vad_s, transcribe_s, total_s } = timingsJson(timings);
  return JSON.stringify({
    file: name,
    duration_s: Math.round(durationS * 1_000) / 1_000,
    text,
    segments: segments.map(segmentJson),
    digits: digits.map(digitJson),
    model: models,
    timings: { decode_s, vad_s, transcribe_s, total_s },
    diagnostics: diagnosticsJson(diagnostics),
  });
}

async function toOutput(lines: AsyncIterable<string>, prefix: string, { output, progress }: CliContext): Promise<void> {
  for await (const line of lines) {
    progress.clear();
    await output.line(prefix + line);
  }
}

async function toFile(lines: AsyncIterable<string>, path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const line of lines) await file.write(`${line}\n`);
  } finally {
    await file.close();
  }
}

function baseName(name: string): string {
  return name === STDIN_NAME ? 'stdin' : basename(name, extname(name));
}
