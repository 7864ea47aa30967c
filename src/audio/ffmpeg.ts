import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { TonalitetError } from '../errors.js';
import { abortedError, throwIfAborted } from '../abort.js';
import type { ByteSource } from './byte-source.js';
import { ffmpegFailure, ffmpegStartError } from './ffmpeg-errors.js';

/**
 * What ffmpeg may open, by the content of the input: containers and codecs of recordings. Playlists and everything else
 * that names other files or addresses (hls, concat, dash, sdp, ...) are not among them, so an upload cannot make ffmpeg
 * read anything but itself.
 */
const DEMUXERS = [
  'aac', 'ac3', 'aiff', 'amr', 'amrnb', 'amrwb', 'ape', 'asf', 'au', 'caf', 'eac3', 'flac', 'loas',
  'matroska', 'mov', 'mp3', 'ogg', 'tta', 'voc', 'w64', 'wav', 'wv',
] as const;

/** ffmpeg decodes hundreds of times faster than real time; silence for this long means that it hangs. */
export const FFMPEG_STALL_MS = 30_000;

/** Added to the limit of duration as the most time that ffmpeg may be waited for in all. */
const FFMPEG_OVERALL_SLACK_MS = 60_000;

/** ffmpeg counts time in microseconds of 64 bits, and reads no exponents; this is 31 years. */
const MAX_SECONDS_ARGUMENT = 1e9;

/**
 * The largest WAV header that ffmpeg writes, generously. With some inputs that it cannot read, such as a piped MP4 whose
 * index is at the end, it complains, writes a header alone and ends with exit code 0.
 */
const MAX_BARE_HEADER_BYTES = 256;

/** Of what ffmpeg says, the end is kept: the last lines name the cause. */
const MAX_STDERR_CHARACTERS = 4_096;

/** A file that ffmpeg opens itself (some formats need to seek), or bytes that are handed to it. */
export type FfmpegInput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly source: ByteSource };

export interface FfmpegOptions {
  /** A path, or a name looked up in PATH. */
  readonly ffmpegPath: string;
  /** Decoding ends one second after this many seconds, so that the caller sees that there was more. */
  readonly maxDurationS: number;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds of waiting for ffmpeg, without a byte from it, until it is stopped with `AUDIO_LIMIT`. */
  readonly stallMs: number;
}

/**
 * Starts ffmpeg and gives its output: the first audio stream of the input as a WAV file of float samples, in the rate and
 * channels that it was recorded in. Mixing and resampling are left to the same code as for other WAV files, so a recording
 * gives the same samples whether it comes as WAV or as FLAC.
 *
 * No shell is involved; the environment is PATH alone; paths cannot be taken for options or addresses; ffmpeg may open
 * only the input itself. Closing the source kills ffmpeg, and reading from it keeps step with the reader.
 *
 * `read` throws TonalitetError `FFMPEG_FAILED`, `AUDIO_INVALID`, `AUDIO_UNSUPPORTED` or `AUDIO_TRUNCATED` as ffmpeg's failure
 * is understood, `AUDIO_LIMIT` when it hangs, `ABORTED`, or the error of the bytes given to it.
 *
 * @throws TonalitetError `FFMPEG_MISSING` if the program cannot be started, `ABORTED`.
 */
export async function startFfmpeg(input: FfmpegInput, options: FfmpegOptions): Promise<ByteSource> {
  throwIfAborted(options.signal);
  const child = spawn(options.ffmpegPath, ffmpegArguments(input, options.maxDurationS), {
    shell: false,
    windowsHide: true,
    env: { PATH: process.env['PATH'] },
    stdio: [input.kind === 'bytes' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    // Stays on: an error without a listener would end the process.
    child.on('error', () => resolve({ code: null, signal: null }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(ffmpegStartError(error)));
  });
  return new FfmpegSource(child, exit, input, options);
}

function ffmpegArguments(input: FfmpegInput, maxDurationS: number): string[] {
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error',
    // For the input alone; the output is a pipe that is open already.
    '-protocol_whitelist', input.kind === 'file' ? 'file' : 'pipe',
    '-format_whitelist', DEMUXERS.join(','),
    // With its protocol spelled out, a name such as '-y', 'concat:a|b' or 'http://host' is a file name and no more.
    '-i', input.kind === 'file' ? `file:${input.path}` : 'pipe:0',
    '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1',
    '-t', Math.min(maxDurationS + 1, MAX_SECONDS_ARGUMENT).toFixed(3),
    '-c:a', 'pcm_f32le', '-f', 'wav', 'pipe:1',
  ];
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

class FfmpegSource implements ByteSource {
  readonly sizeBytes: undefined = undefined;
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  readonly #input: FfmpegInput;
  readonly #options: FfmpegOptions;
  readonly #output: AsyncIterator<Buffer>;
  readonly #onAbort: () => void;
  readonly #watchdog: NodeJS.Timeout;
  #stderr = '';
  /** Why ffmpeg was killed, if it was; it then outranks whatever ffmpeg itself says. */
  #stopReason: unknown;
  #stopped = false;
  /** Since when it is ffmpeg that is waited for, in milliseconds of `performance.now()`. */
  #waitingSince: number | undefined;
  #waitedMs = 0;
  #awaitingInput = false;
  #bytesOut = 0;

  constructor(child: ChildProcess, exit: Promise<Exit>, input: FfmpegInput, options: FfmpegOptions) {
    this.#child = child;
    this.#exit = exit;
    this.#input = input;
    this.#options = options;
    this.#output = (child.stdout as Readable)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const stderr = child.stderr as Readable;
    // A broken pipe shows in the exit code; without a listener it would end the process.
    child.stdout?.on('error', () => undefined);
    stderr.on('error', () => undefined);
    stderr.setEncoding('utf8');
    stderr.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    this.#onAbort = () => this.#stop(abortedError(options.signal!));
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    // Fired between starting and here, it would not be heard again.
    if (options.signal?.aborted === true) this.#onAbort();
    this.#watchdog = setInterval(() => this.#checkTime(), Math.max(10, Math.min(1_000, options.stallMs / 4)));
    this.#watchdog.unref();
    if (input.kind === 'bytes') void this.#feed(input.source, child.stdin as Writable);
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#waitingSince = performance.now();
    try {
      const result = await this.#output.next();
      if (this.#stopped) throw this.#stopReason;
      if (result.done !== true) {
        this.#bytesOut += result.value.length;
        return result.value;
      }
      const { code, signal } = await this.#exit;
      if (this.#stopped) throw this.#stopReason;
      const noAudio = this.#bytesOut === 0 || (this.#bytesOut <= MAX_BARE_HEADER_BYTES && this.#stderr !== '');
      if (code !== 0 || noAudio) throw ffmpegFailure({ code, signal, stderr: this.#stderr, fromStream: this.#input.kind === 'bytes' });
      return undefined;
    } catch (error) {
      // A killed ffmpeg breaks off its pipes; that is a consequence and not the cause.
      throw this.#stopped ? this.#stopReason : error;
    } finally {
      this.#countWaiting();
      this.#waitingSince = undefined;
    }
  }

  async close(): Promise<void> {
    this.#stop(new TonalitetError('ABORTED', 'The decoder was closed before the end of the audio.'));
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    clearInterval(this.#watchdog);
    await this.#exit;
  }

  #stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopReason = reason;
    this.#child.kill('SIGKILL');
    // Not left to the end of the process: a wrapper's own child could keep the pipes open.
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #checkTime(): void {
    if (this.#waitingSince === undefined) return;
    // A slow stream is its sender's affair, not ffmpeg's.
    if (this.#awaitingInput) {
      this.#waitingSince = performance.now();
      return;
    }
    const stalledMs = performance.now() - this.#waitingSince;
    const overallMs = FFMPEG_OVERALL_SLACK_MS + this.#options.maxDurationS * 1_000;
    if (stalledMs > this.#options.stallMs || this.#waitedMs + stalledMs > overallMs) {
      this.#stop(
        new TonalitetError(
          'AUDIO_LIMIT',
          `Expected ffmpeg to give audio within ${this.#options.stallMs / 1_000} s, and to end within ${overallMs / 1_000} s of work; ` +
            'it did not and was stopped. Convert the recording to WAV first.',
        ),
      );
    }
  }

  #countWaiting(): void {
    if (this.#waitingSince !== undefined) this.#waitedMs += performance.now() - this.#waitingSince;
  }

  /** Hands the input on, no faster than ffmpeg takes it. */
  async #feed(source: ByteSource, stdin: Writable): Promise<void> {
    let open = true;
    let wake: () => void = () => undefined;
    const onClosed = (): void => {
      open = false;
      wake();
    };
    // EPIPE: ffmpeg has read enough, or has failed, in which case its exit code tells.
    stdin.on('error', onClosed);
    stdin.on('close', onClosed);
    stdin.on('drain', () => wake());
    try {
      while (open) {
        this.#awaitingInput = true;
        const piece = await source.read();
        this.#awaitingInput = false;
        if (piece === undefined) break;
        // Copied, because the piece is only valid until the next one is asked for and the pipe may be slower than that.
        if (open && !stdin.write(Buffer.from(piece))) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (!open) resolve();
          });
        }
      }
      stdin.end();
    } catch (error) {
      this.#stop(error);
    } finally {
      this.#awaitingInput = false;
    }
  }
}
