import { TonalitetError } from '../errors.js';
import { emptyWav, invalidWav, truncatedWav, unsupportedWav } from './wav-errors.js';
import { FMT_BYTES, MIN_FMT_BYTES, parseWavFormat } from './wav-format.js';
import type { WavFormat } from './wav-format.js';
import { decodeWavFrames } from './wav-samples.js';
import type { WavFrames } from './wav-samples.js';

/**
 * Everything before the samples must fit in this many bytes (1 MiB). Broadcast metadata takes kilobytes; a chunk that
 * claims more would have to be read through before it could be found to be nonsense.
 */
export const MAX_HEADER_BYTES = 1_048_576;

/**
 * How far a size may be from 2^31 or 2^32 and still mean "not known": writers to a pipe store 0xFFFFFFFF (ffmpeg),
 * 0x7FFFF000 (SoX) or 0x80000000 (arecord), some less the length of the header.
 */
const PLACEHOLDER_MARGIN_BYTES = 4_096;

/** `ds64`: the 64-bit sizes of RIFF, data and samples, and the length of a table that is not needed (EBU Tech 3306). */
const DS64_BYTES = 28;

type State =
  /** Collecting the 12 bytes of the RIFF header. */
  | 'riff'
  /** Collecting the 8 bytes of a chunk's name and size. */
  | 'chunk'
  /** Collecting what is wanted of a `fmt ` chunk. */
  | 'fmt'
  /** Collecting what is wanted of a `ds64` chunk. */
  | 'ds64'
  /** Passing over bytes that are not wanted. */
  | 'skip'
  /** In the samples. */
  | 'data'
  /** After the samples; what follows is ignored. */
  | 'done'
  | 'failed';

/**
 * Reads a WAV file that comes in pieces: RIFF, big-endian RIFX, and RF64 or BW64 for more than 4 GiB; PCM of 8, 16, 24 and
 * 32 bits, IEEE float of 32 and 64 bits, A-law, µ-law, each plain or as WAVE_FORMAT_EXTENSIBLE.
 *
 * Any cutting into `write` calls gives the same frames. The memory in use is a few hundred bytes besides the frames given
 * back, whatever the header says. Only the first `data` chunk is read. An incomplete last frame is dropped.
 *
 * A data size is a promise: less than that is `AUDIO_TRUNCATED`. Sizes that mean "not known" (0 with bytes following, and
 * the values near 2^31 and 2^32 that writers to a pipe store) mean until the end.
 */
export class WavReader {
  #state: State = 'riff';
  #failure: TonalitetError | undefined;
  /** Bytes taken so far, of the file. */
  #position = 0;
  readonly #header = new Uint8Array(FMT_BYTES);
  #headerFilled = 0;
  #headerWanted = 12;
  #skipLeft = 0;
  /** What is left of the chunk after the bytes that are collected, with its padding. */
  #restOfChunk = 0;
  #littleEndian = true;
  #is64 = false;
  #riffEnd: number | undefined;
  #size64: number | undefined;
  #format: WavFormat | undefined;
  #foreignCodecTag: number | undefined;
  /** Bytes of samples still to come; undefined means until the end. */
  #dataLeft: number | undefined;
  #dataStart = 0;
  #promisedDataBytes: number | undefined;
  #partial = new Uint8Array(0);
  #framesRead = 0;

  /** What the header says, once it is known that samples follow. */
  get format(): WavFormat | undefined {
    return this.#state === 'data' || this.#state === 'done' ? this.#format : undefined;
  }

  /** The codec's number if the file is a WAV whose codec is not read here; {@link write} has then thrown `AUDIO_UNSUPPORTED`. */
  get foreignCodecTag(): number | undefined {
    return this.#foreignCodecTag;
  }

  /** Frames that the header promises, or undefined while it is not known or if it lasts until the end. */
  get promisedFrames(): number | undefined {
    if (this.#format === undefined || this.#promisedDataBytes === undefined) return undefined;
    return Math.floor(this.#promisedDataBytes / this.#format.bytesPerFrame);
  }

  /** True when all promised samples were read, so that the rest of the file need not be. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /**
   * Takes the next bytes and gives the frames that they complete: one array for each channel, or no array while the header
   * is still being read.
   *
   * @param chunk any number of bytes; nothing of it is kept, so it may be reused.
   * @throws TonalitetError `AUDIO_INVALID`, `AUDIO_UNSUPPORTED`, `AUDIO_NOT_FINITE`, or `AUDIO_LIMIT` for a header over
   *   {@link MAX_HEADER_BYTES}. After an error every call throws it again.
   */
  write(chunk: Uint8Array): WavFrames {
    return this.#guard(() => {
      let offset = 0;
      while (offset < chunk.length && this.#state !== 'data' && this.#state !== 'done') {
        offset += this.#state === 'skip' ? this.#skip(chunk.length - offset) : this.#collect(chunk.subarray(offset));
      }
      if (this.#state === 'data') return this.#readData(chunk.subarray(offset));
      this.#position += chunk.length - offset;
      return [];
    });
  }

  /**
   * To be called after the last bytes.
   *
   * @throws TonalitetError `AUDIO_EMPTY`, `AUDIO_TRUNCATED`, or `AUDIO_INVALID` if the file has no samples' chunk.
   */
  end(): void {
    this.#guard(() => {
      if (this.#state === 'done') {
        if (this.#framesRead === 0) throw emptyWav();
      } else if (this.#state === 'data') {
        this.#endInData();
      } else {
        this.#endInHeader();
      }
      this.#state = 'done';
    });
  }

  /**
   * Fails early if the whole file is known to be shorter than its header says.
   *
   * @param fileBytes the size of the whole file.
   * @throws TonalitetError `AUDIO_TRUNCATED`.
   */
  checkFileSize(fileBytes: number): void {
    this.#guard(() => {
      const promised = this.#promisedDataBytes;
      if (promised !== undefined && this.#dataStart + promised > fileBytes) {
        throw truncatedWav(promised, Math.max(0, fileBytes - this.#dataStart));
      }
    });
  }

  #guard<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return work();
    } catch (error) {
      if (error instanceof TonalitetError) {
        this.#failure = error;
        this.#state = 'failed';
      }
      throw error;
    }
  }

  #skip(available: number): number {
    const taken = Math.min(available, this.#skipLeft);
    this.#skipLeft -= taken;
    this.#position += taken;
    if (this.#skipLeft === 0) this.#want('chunk', 8);
    return taken;
  }

  #collect(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#headerWanted - this.#headerFilled);
    this.#header.set(bytes.subarray(0, taken), this.#headerFilled);
    this.#headerFilled += taken;
    this.#position += taken;
    if (this.#headerFilled === this.#headerWanted) this.#readHeader(this.#header.subarray(0, this.#headerWanted));
    return taken;
  }

  #want(state: 'chunk' | 'fmt' | 'ds64', bytes: number): void {
    this.#state = state;
    this.#headerWanted = bytes;
    this.#headerFilled = 0;
  }

  #passOver(bytes: number): void {
    this.#skipLeft = bytes;
    if (bytes > 0) this.#state = 'skip';
    else this.#want('chunk', 8);
  }

  #readHeader(bytes: Uint8Array): void {
    if (this.#state === 'riff') this.#readRiff(bytes);
    else if (this.#state === 'chunk') this.#readChunkHeader(bytes);
    else if (this.#state === 'ds64') this.#readDs64(bytes);
    else this.#readFormat(bytes);
  }

  #readRiff(bytes: Uint8Array): void {
    const name = chunkName(bytes, 0);
    if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(name) || chunkName(bytes, 8) !== 'WAVE') {
      throw invalidWav("expected 'RIFF', 'RIFX', 'RF64' or 'BW64' and 'WAVE' in the first 12 bytes, got something else");
    }
    this.#littleEndian = name !== 'RIFX';
    this.#is64 = name === 'RF64' || name === 'BW64';
    const size = viewOf(bytes).getUint32(4, this.#littleEndian);
    this.#riffEnd = this.#is64 || size === 0 || isPlaceholder(size) ? undefined : size + 8;
    this.#want('chunk', 8);
  }

  #readChunkHeader(bytes: Uint8Array): void {
    const name = chunkName(bytes, 0);
    const size = viewOf(bytes).getUint32(4, this.#littleEndian);
    if (name === 'data') return this.#startData(size);
    const padded = size + (size % 2);
    if (this.#position + padded > MAX_HEADER_BYTES) {
      throw new TonalitetError(
        'AUDIO_LIMIT',
        `Expected the samples of a WAV file within its first ${MAX_HEADER_BYTES} bytes, got a chunk of ${size} bytes before them. ` +
          'Export the recording again without embedded metadata.',
      );
    }
    if (name === 'fmt ') {
      if (this.#format !== undefined) throw invalidWav("expected one 'fmt ' chunk, got another");
      if (size < MIN_FMT_BYTES) throw invalidWav(`expected a 'fmt ' chunk of at least ${MIN_FMT_BYTES} bytes, got ${size}`);
      this.#collectChunk('fmt', Math.min(size, FMT_BYTES), padded);
    } else if (name === 'ds64' && this.#is64) {
      if (size < DS64_BYTES) throw invalidWav(`expected a 'ds64' chunk of at least ${DS64_BYTES} bytes, got ${size}`);
      this.#collectChunk('ds64', DS64_BYTES, padded);
    } else {
      this.#passOver(padded);
    }
  }

  #collectChunk(state: 'fmt' | 'ds64', bytes: number, padded: number): void {
    this.#restOfChunk = padded - bytes;
    this.#want(state, bytes);
  }

  #readFormat(bytes: Uint8Array): void {
    const result = parseWavFormat(bytes, this.#littleEndian);
    if (result.kind === 'foreign-codec') {
      this.#foreignCodecTag = result.codecTag;
      throw unsupportedWav(
        `expected PCM, IEEE float, A-law or µ-law, got codec number 0x${result.codecTag.toString(16).padStart(4, '0')}`,
        'install ffmpeg, which reads most others, or convert it to 16-bit PCM',
      );
    }
    this.#format = result.format;
    this.#passOver(this.#restOfChunk);
  }

  #readDs64(bytes: Uint8Array): void {
    const view = viewOf(bytes);
    const size = view.getBigUint64(8, true);
    const unknown = size === 0n || size === 0xffff_ffff_ffff_ffffn;
    if (!unknown && size > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidWav(`expected a data size below 2^53 bytes, got ${size}`);
    this.#size64 = unknown ? undefined : Number(size);
    this.#passOver(this.#restOfChunk);
  }

  #startData(size: number): void {
    if (this.#format === undefined) throw invalidWav("expected a 'fmt ' chunk before the 'data' chunk, got none");
    this.#dataStart = this.#position;
    this.#state = 'data';
    if (this.#is64 && size === 0xffff_ffff) {
      this.#promisedDataBytes = this.#size64;
    } else if (size === 0) {
      // A header that counts on more chunks after these no bytes was finished; one that ends here was never completed.
      if (this.#riffEnd !== undefined && this.#riffEnd > this.#position) throw emptyWav();
    } else if (!isPlaceholder(size)) {
      this.#promisedDataBytes = size;
    }
    this.#dataLeft = this.#promisedDataBytes;
  }

  #readData(bytes: Uint8Array): WavFrames {
    const format = this.#format!;
    this.#position += bytes.length;
    const own = this.#dataLeft === undefined ? bytes : bytes.subarray(0, this.#dataLeft);
    if (this.#dataLeft !== undefined) {
      this.#dataLeft -= own.length;
      if (this.#dataLeft === 0) this.#state = 'done';
    }
    const joined = this.#partial.length === 0 ? own : concatenate(this.#partial, own);
    const whole = joined.length - (joined.length % format.bytesPerFrame);
    this.#partial = joined.slice(whole);
    const frames = decodeWavFrames(joined.subarray(0, whole), format, this.#littleEndian, this.#framesRead);
    this.#framesRead += whole / format.bytesPerFrame;
    return frames;
  }

  #endInData(): void {
    const promised = this.#promisedDataBytes;
    if (promised !== undefined) throw truncatedWav(promised, promised - this.#dataLeft!);
    if (this.#framesRead === 0) throw emptyWav();
  }

  #endInHeader(): void {
    if (this.#position === 0) throw new TonalitetError('AUDIO_EMPTY', 'Expected a WAV file, got no bytes. Check that the recording was saved.');
    const atChunkBoundary = this.#state === 'chunk' && this.#headerFilled === 0;
    if (atChunkBoundary && (this.#riffEnd === undefined || this.#position >= this.#riffEnd)) {
      throw invalidWav("expected a 'data' chunk, got none before the end");
    }
    throw new TonalitetError(
      'AUDIO_TRUNCATED',
      `Expected a whole WAV header, got an end after ${this.#position} bytes. Copy or export the recording again.`,
    );
  }
}

function isPlaceholder(size: number): boolean {
  return [2 ** 31, 2 ** 32].some((power) => Math.abs(size - power) <= PLACEHOLDER_MARGIN_BYTES);
}

function chunkName(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
