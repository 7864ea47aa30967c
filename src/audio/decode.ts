import { setImmediate as nextTurn } from 'node:timers/promises';
import { TonalitetError } from '../errors.js';
import { throwIfAborted } from '../abort.js';
import { RewindableSource, openFileSource, streamSource } from './byte-source.js';
import type { ByteSource } from './byte-source.js';
import { mixDown } from './down-mix.js';
import { FFMPEG_STALL_MS, startFfmpeg } from './ffmpeg.js';
import { ffmpegOutputError } from './ffmpeg-errors.js';
import { MonoPipeline } from './mono-pipeline.js';
import { checkSampleRate } from './resample.js';
import { SNIFF_BYTES, WAV_SNIFF_BYTES, sniffAudio } from './sniff.js';
import { WavReader } from './wav.js';
import type { WavFrames } from './wav-samples.js';

/** A recording, in one of the ways in which it can be at hand. */
export type DecodeInput =
  /** A regular file. */
  | { readonly kind: 'file'; readonly path: string }
  /** The bytes of an audio file; the stream is ended when decoding stops before its end. */
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array> }
  /** Mono samples, nominally in [-1, 1], at an integer rate from 1,000 to 384,000 Hz; they are not changed or kept. */
  | { readonly kind: 'samples'; readonly samples: Float32Array; readonly sampleRateHz: number };

export interface DecodeOptions {
  /** The longest recording that is taken, in seconds: any finite number above 0. */
  readonly maxDurationS: number;
  /** The ffmpeg program for everything that is not WAV: a path, or a name looked up in PATH. */
  readonly ffmpegPath: string;
  /** Stops decoding with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** Samples of an array in memory that are worked on before other events get their turn. */
const SLICE_SAMPLES = 16_384;

/**
 * Decodes a recording to mono at 16 kHz, as a stream of chunks of one second; only the last may be shorter. Samples are in
 * [-1, 1]: channels are mixed by their mean, resampled, and then clipped. Memory does not depend on the length, and nothing
 * runs ahead of the reader. WAV is read here (see {@link WavReader}); other formats, told by their content, go to ffmpeg.
 * Leaving the loop closes the file or stream and ends ffmpeg.
 *
 * @throws TonalitetError from the first `next()` or a later one: `AUDIO_EMPTY`, `AUDIO_INVALID`, `AUDIO_UNSUPPORTED`,
 *   `AUDIO_TRUNCATED`, `AUDIO_NOT_FINITE`, `AUDIO_LIMIT`, `FFMPEG_MISSING`, `FFMPEG_FAILED`, `FILE_NOT_FOUND`,
 *   `FILE_UNREADABLE` (also for a stream that fails) or `ABORTED`. RangeError or TypeError for an option out of range.
 */
export async function* decodeAudio(input: DecodeInput, options: DecodeOptions): AsyncGenerator<Float32Array, void, undefined> {
  const { maxDurationS, signal } = options;
  if (!(Number.isFinite(maxDurationS) && maxDurationS > 0)) {
    throw new RangeError(`expected maxDurationS to be a finite number above 0, got ${String(maxDurationS)}`);
  }
  throwIfAborted(signal);
  if (input.kind === 'samples') {
    yield* decodeSamples(input.samples, input.sampleRateHz, options);
    return;
  }
  const opened = input.kind === 'file' ? await openFileSource(input.path, signal) : streamSource(input.stream, signal);
  const source = new RewindableSource(opened);
  try {
    let head = await source.peek(WAV_SNIFF_BYTES);
    // More is only waited for if it is needed: a live stream may send its header long before its samples.
    if (sniffAudio(head) !== 'wav') head = await source.peek(SNIFF_BYTES);
    const kind = sniffAudio(head);
    if (kind === 'empty') throw new TonalitetError('AUDIO_EMPTY', 'Expected an audio file, got no bytes. Check that the recording was saved.');
    if (kind === 'text' || kind === 'other-riff') {
      throw new TonalitetError(
        'AUDIO_INVALID',
        `Expected an audio file, got ${kind === 'text' ? 'text' : 'a RIFF file that is not WAVE'}. Check that it is the recording.`,
      );
    }
    if (kind === 'wav') yield* decodeWavOrForeign(source, input, options);
    else yield* decodeForeign(source, input, options);
  } finally {
    await source.close();
  }
}

/** A WAV file is read here, unless its codec is one that only ffmpeg has. */
async function* decodeWavOrForeign(source: RewindableSource, input: DecodeInput, options: DecodeOptions): AsyncGenerator<Float32Array, void, undefined> {
  const reader = new WavReader();
  // What was read of the header, for ffmpeg; the reader's limit for headers bounds it.
  const held: Uint8Array[] = [];
  let frames: WavFrames = [];
  try {
    while (reader.format === undefined) {
      const bytes = await source.read();
      if (bytes === undefined) break;
      held.push(bytes.slice());
      frames = reader.write(bytes);
    }
  } catch (error) {
    if (reader.foreignCodecTag === undefined) throw error;
    source.unread(Buffer.concat(held));
    try {
      yield* decodeForeign(source, input, options);
    } catch (foreignError) {
      throw foreignError instanceof TonalitetError && foreignError.code === 'FFMPEG_MISSING' ? error : foreignError;
    }
    return;
  }
  held.length = 0;
  yield* decodeFrames(source, reader, frames, options);
}

/** Has ffmpeg turn the input into WAV, and reads that. */
async function* decodeForeign(source: ByteSource, input: DecodeInput, options: DecodeOptions): AsyncGenerator<Float32Array, void, undefined> {
  const ffmpeg = await startFfmpeg(input.kind === 'file' ? { kind: 'file', path: input.path } : { kind: 'bytes', source }, {
    ffmpegPath: options.ffmpegPath,
    maxDurationS: options.maxDurationS,
    signal: options.signal,
    stallMs: FFMPEG_STALL_MS,
  });
  const output = new RewindableSource(ffmpeg);
  try {
    if (sniffAudio(await output.peek(WAV_SNIFF_BYTES)) !== 'wav') throw ffmpegOutputError();
    yield* decodeFrames(output, new WavReader(), [], options);
  } finally {
    await output.close();
  }
}

/** The common way from a WAV file's bytes to chunks, beginning anywhere in the file. */
async function* decodeFrames(
  source: ByteSource,
  reader: WavReader,
  firstFrames: WavFrames,
  options: DecodeOptions,
): AsyncGenerator<Float32Array, void, undefined> {
  let pipeline: MonoPipeline | undefined;
  let frames = firstFrames;
  for (;;) {
    if (reader.format !== undefined) {
      if (pipeline === undefined) {
        pipeline = new MonoPipeline(reader.format.sampleRateHz, options.maxDurationS);
        pipeline.checkLength(reader.promisedFrames ?? 0);
        if (source.sizeBytes !== undefined) reader.checkFileSize(source.sizeBytes);
      }
      yield* pipeline.push(mixDown(frames));
    }
    if (reader.done) break;
    // A stream that has its bytes ready would otherwise keep timers and messages, such as an abort, from their turn.
    await nextTurn();
    throwIfAborted(options.signal);
    const bytes = await source.read();
    if (bytes === undefined) break;
    frames = reader.write(bytes);
  }
  reader.end();
  if (pipeline !== undefined) yield* pipeline.end();
}

async function* decodeSamples(samples: Float32Array, sampleRateHz: number, options: DecodeOptions): AsyncGenerator<Float32Array, void, undefined> {
  if (!(samples instanceof Float32Array)) throw new TypeError(`expected samples as a Float32Array, got ${typeof samples}`);
  checkSampleRate(sampleRateHz);
  if (samples.length === 0) throw new TonalitetError('AUDIO_EMPTY', 'Expected samples, got an empty array. Check that the recording was made.');
  const pipeline = new MonoPipeline(sampleRateHz, options.maxDurationS);
  pipeline.checkLength(samples.length);
  for (let start = 0; start < samples.length; start += SLICE_SAMPLES) {
    const slice = samples.subarray(start, start + SLICE_SAMPLES);
    const bad = slice.findIndex((sample) => !Number.isFinite(sample));
    if (bad >= 0) {
      throw new TonalitetError(
        'AUDIO_NOT_FINITE',
        `Expected finite samples, got NaN or infinity at index ${start + bad} (${((start + bad) / sampleRateHz).toFixed(3)} s). ` +
          'Check the code that made them.',
      );
    }
    yield* pipeline.push(slice);
    await nextTurn();
    throwIfAborted(options.signal);
  }
  yield* pipeline.end();
}
