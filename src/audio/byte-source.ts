import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TonalitetError } from '../errors.js';
import { throwIfAborted, untilAborted } from '../abort.js';

/**
 * The most bytes that one `read` gives, and the size of the buffer for files: two seconds of µ-law at 8 kHz. What is decoded and
 * resampled in one turn of the event loop takes some milliseconds.
 */
export const READ_BYTES = 16_384;

/** Bytes that are asked for one piece at a time, so that no more of a recording is in memory than is being worked on. */
export interface ByteSource {
  /** The size of the whole, where it is known beforehand. */
  readonly sizeBytes: number | undefined;
  /** The next 1 to {@link READ_BYTES} bytes, valid until the next call; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go of what is behind it. Can be called more than once, also while a `read` is waiting. */
  close(): Promise<void>;
}

/**
 * Opens a regular file.
 *
 * @throws TonalitetError `FILE_NOT_FOUND`, or `FILE_UNREADABLE` for everything else, such as a directory, a pipe or a device.
 */
export async function openFileSource(path: string, signal: AbortSignal | undefined): Promise<ByteSource> {
  let file: FileHandle;
  try {
    // Not blocking: opening a named pipe would otherwise wait for its writer before its kind could be asked.
    // Windows has no such flag, and no named pipes among its files.
    file = await open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
  } catch (error) {
    throw fileError(error);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new TonalitetError(
        'FILE_UNREADABLE',
        `Expected a regular file, got ${stats.isDirectory() ? 'a directory' : 'a pipe, socket or device'}. ` +
          'Name an audio file; give the bytes of a pipe as a stream.',
      );
    }
    return new FileSource(file, stats.size, signal);
  } catch (error) {
    await file.close();
    throw error instanceof TonalitetError ? error : fileError(error);
  }
}

/** Takes the bytes of any stream, such as a `Readable`; {@link ByteSource.close} ends the stream if it has not ended. */
export function streamSource(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): ByteSource {
  return new StreamSource(stream, signal);
}

class FileSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal | undefined;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #closed = false;

  constructor(file: FileHandle, sizeBytes: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.#signal = signal;
  }

  async read(): Promise<Uint8Array | undefined> {
    throwIfAborted(this.#signal);
    let bytesRead: number;
    try {
      ({ bytesRead } = await this.#file.read(this.#buffer, 0, READ_BYTES, null));
    } catch (error) {
      throw fileError(error);
    }
    throwIfAborted(this.#signal);
    return bytesRead === 0 ? undefined : this.#buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}

class StreamSource implements ByteSource {
  readonly sizeBytes: undefined = undefined;
  readonly #stream: AsyncIterable<Uint8Array>;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  async read(): Promise<Uint8Array | undefined> {
    throwIfAborted(this.#signal);
    while (this.#rest.length === 0) {
      if (this.#ended) return undefined;
      const result = await this.#next();
      if (result.done === true) {
        this.#ended = true;
        return undefined;
      }
      const chunk: unknown = result.value;
      if (!(chunk instanceof Uint8Array)) {
        throw new TypeError(`expected a stream of Uint8Array, got ${typeof chunk}; do not set an encoding on it`);
      }
      this.#rest = chunk;
    }
    const piece = this.#rest.subarray(0, READ_BYTES);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // A waiting `next` holds back an async generator's `return`, therefore it is not waited for, and a Readable, which
    // would not hear of it either, is destroyed.
    if (isDestroyable(this.#stream)) this.#stream.destroy();
    else void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await untilAborted(this.#iterator.next(), this.#signal);
    } catch (error) {
      if (error instanceof TonalitetError) throw error;
      this.#ended = true;
      throw new TonalitetError('FILE_UNREADABLE', 'Expected a stream of audio bytes up to its end, got an error from the stream. Send it again.', {
        cause: error,
      });
    }
  }
}

/** A source that can take back what was read from it, for looking at the beginning first. */
export class RewindableSource implements ByteSource {
  readonly #source: ByteSource;
  #returned: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get sizeBytes(): number | undefined {
    return this.#source.sizeBytes;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#returned.length === 0) return this.#source.read();
    const piece = this.#returned.subarray(0, READ_BYTES);
    this.#returned = this.#returned.subarray(piece.length);
    return piece;
  }

  /** Puts bytes in front of those that are still to be read. They are copied. */
  unread(bytes: Uint8Array): void {
    const joined = new Uint8Array(bytes.length + this.#returned.length);
    joined.set(bytes);
    joined.set(this.#returned, bytes.length);
    this.#returned = joined;
  }

  /** Looks ahead until there are `wanted` bytes, or fewer at the end. Nothing is used up. */
  async peek(wanted: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < wanted) {
      const piece = await this.read();
      if (piece === undefined) break;
      parts.push(piece.slice());
      length += piece.length;
    }
    this.unread(Buffer.concat(parts));
    return this.#returned.slice(0, wanted);
  }

  async close(): Promise<void> {
    this.#returned = new Uint8Array(0);
    await this.#source.close();
  }
}

function isDestroyable(stream: object): stream is { destroy(): void } {
  return 'destroy' in stream && typeof stream.destroy === 'function';
}

function fileError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Misuse, such as a zero byte in the path, stays the TypeError that Node makes of it.
  if (code === undefined || code.startsWith('ERR_')) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TonalitetError('FILE_NOT_FOUND', 'Expected an audio file, got a path where there is none. Check its spelling.', { cause: error });
  }
  return new TonalitetError('FILE_UNREADABLE', `Expected a file that can be read, got ${code} from the system. Check its permissions.`, { cause: error });
}
