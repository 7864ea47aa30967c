import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { TonalitetOptions } from '../tonalitet-options.js';
import { readHintFile } from './hint-file.js';

/** The flags for how the work is done, as commander gives them. */
export interface EngineFlags {
  readonly models?: string;
  readonly workers?: number;
  readonly threads?: number;
}

/** The flags for reading recordings, as commander gives them. */
export interface RecordingFlags extends EngineFlags {
  readonly maxDuration?: number;
  readonly ffmpeg?: string;
  readonly beam?: number;
  readonly hints?: string;
  readonly words?: boolean;
}

export function addEngineFlags(command: Command): Command {
  return command
    .addOption(new Option('--models <folder>', 'the folder with manifest.json and the models').env('TONALITET_MODELS'))
    .addOption(new Option('--workers <n>', 'threads that work side by side, each with its own copy of the models (default: 1)').argParser(integer))
    .addOption(new Option('--threads <n>', 'threads that one inference uses (default: the cores, at most 4)').argParser(integer));
}

export function addRecordingFlags(command: Command): Command {
  return addEngineFlags(command)
    .addOption(new Option('--max-duration <seconds>', 'the longest recording that is taken (default: 43200)').argParser(positive))
    .addOption(new Option('--ffmpeg <program>', 'the ffmpeg program, for everything that is not WAV (default: ffmpeg)'))
    .addOption(new Option('--beam <n>', 'texts that are followed side by side, 1 to 16: more are more exact and slower (default: 1)').argParser(integer))
    .addOption(new Option('--hints <file>', 'names that are likely to be said, one a line: at most 200, of at most 60 characters'));
}

/** @throws TonalitetError for a file of hints that cannot be read, or holds something else. */
export async function toOptions({ models, workers, threads, maxDuration, ffmpeg, beam, hints, words }: RecordingFlags): Promise<TonalitetOptions> {
  return {
    modelsDir: models,
    workers,
    threads,
    maxDurationS: maxDuration,
    ffmpegPath: ffmpeg,
    decoding: { beamSize: beam },
    hints: hints === undefined ? undefined : await readHintFile(hints),
    wordTimestamps: words,
  };
}

function integer(value: string): number {
  if (/^\d{1,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('expected a whole number.');
}

function positive(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a number above 0.');
}
