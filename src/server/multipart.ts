import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import busboy from 'busboy';
import { FaultError } from './fault.js';

/** Fields beside the file, their size, and parts in all: what the APIs here know, and room for what clients add. */
const MAX_FIELDS = 32;
const MAX_FIELD_BYTES = 65_536;

export interface UploadLimits {
  readonly maxBytes: number;
}

/** A body on its way in: the file as a stream, and what is known once it has been read to its end. */
export interface Upload {
  /** The recording's bytes; fails with a {@link FaultError} when the body is broken or too large. */
  readonly file: AsyncIterable<Uint8Array>;
  /** Resolves at the end of the body: the fields beside the file, and a digest of file and fields together. */
  readonly rest: Promise<{ readonly fields: ReadonlyMap<string, string>; readonly digest: string }>;
}

/**
 * Reads a body that is a recording itself, or `multipart/form-data` with it in the field `file`. Nothing is kept: the file is
 * read as it comes, and a reader that is slower than the client holds the client back.
 */
export function receiveUpload(request: IncomingMessage, limits: UploadLimits): Upload {
  if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity') {
    throw new FaultError('unsupported_format', 'Expected a body that is not compressed, got a content-encoding. Send it as it is.');
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limits.maxBytes + MAX_FIELDS * MAX_FIELD_BYTES) throw tooLarge(limits);
  const isForm = /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
  const hash = createHash('sha256');
  return isForm ? receiveForm(request, limits, hash) : receiveRaw(request, limits, hash);
}

function receiveRaw(request: IncomingMessage, limits: UploadLimits, hash: Hash): Upload {
  const file = new PassThrough();
  // Whoever reads the file hears of its faults; without a reader there is nobody to hear.
  file.on('error', () => undefined);
  const rest = copyCounted(request, file, limits, hash).then(() => ({ fields: new Map<string, string>(), digest: hash.digest('hex') }));
  rest.catch(() => undefined);
  return { file, rest };
}

function receiveForm(request: IncomingMessage, limits: UploadLimits, hash: Hash): Upload {
  const file = new PassThrough();
  file.on('error', () => undefined);
  const rest = new Promise<{ fields: Map<string, string>; digest: string }>((resolve, reject) => {
    const fail = (error: unknown): void => {
      const fault = error instanceof FaultError ? error : new FaultError('bad_message', 'Expected multipart/form-data that is whole, got a body that is not.');
      request.unpipe(parser);
      file.destroy(fault);
      reject(fault);
    };
    let parser: busboy.Busboy;
    try {
      parser = busboy({
        headers: request.headers,
        limits: { files: 1, fields: MAX_FIELDS, parts: MAX_FIELDS + 2, fieldSize: MAX_FIELD_BYTES, fieldNameSize: 100, headerPairs: 32, fileSize: limits.maxBytes },
      });
    } catch {
      reject(new FaultError('bad_message', 'Expected multipart/form-data with a boundary, got none.'));
      file.destroy(new FaultError('bad_message', 'Expected multipart/form-data with a boundary, got none.'));
      return;
    }
    const fields = new Map<string, string>();
    let copied: Promise<void> | undefined;
    parser.on('file', (name, stream) => {
      if (name !== 'file') {
        stream.resume();
        return fail(new FaultError('bad_message', 'Expected the recording in the field file, got a file in another.'));
      }
      stream.on('limit', () => fail(tooLarge(limits)));
      copied = copyCounted(stream, file, limits, hash);
      copied.catch(fail);
    });
    parser.on('field', (name, value, info) => {
      if (info.valueTruncated || info.nameTruncated) return fail(new FaultError('too_large', `Expected fields of at most ${MAX_FIELD_BYTES} bytes, got a larger one.`));
      fields.set(name, value);
    });
    for (const event of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
      parser.on(event, () => fail(new FaultError('too_large', `Expected one file and at most ${MAX_FIELDS} fields, got more.`)));
    }
    parser.on('error', fail);
    request.on('aborted', () => fail(new FaultError('bad_message', 'Expected a whole body, got an end before it.')));
    parser.on('close', () => {
      if (copied === undefined) file.end();
      void (copied ?? Promise.resolve()).then(() => {
        for (const [name, value] of [...fields].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(`\n${name}=${value}`);
        resolve({ fields, digest: hash.digest('hex') });
      }, reject);
    });
    request.pipe(parser);
  });
  rest.catch(() => undefined);
  return { file, rest };
}

/** Copies a stream with back-pressure, and ends it; past the limit it fails instead. */
async function copyCounted(from: AsyncIterable<Buffer>, to: PassThrough, limits: UploadLimits, hash: Hash): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of from) {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) throw tooLarge(limits);
      hash.update(chunk);
      // A reader that has seen enough ends its stream; the rest is counted and passed over.
      if (!to.destroyed && !to.write(chunk)) await drained(to);
    }
    to.end();
  } catch (error) {
    const fault = error instanceof FaultError ? error : new FaultError('bad_message', 'Expected a whole body, got an end before it.');
    to.destroy(fault);
    throw fault;
  }
}

async function drained(stream: PassThrough): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

function tooLarge(limits: UploadLimits): FaultError {
  return new FaultError('too_large', `Expected an upload of at most ${limits.maxBytes} bytes, got more. Cut it into parts, or raise max_upload_bytes.`);
}
