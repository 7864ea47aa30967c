import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';

/** What can go wrong between a client and the server, as it stands in error frames and problem documents. */
export type FaultCode =
  /** A frame or field that cannot be understood: no JSON, an unknown type, a value out of range, bad base64. */
  | 'bad_message'
  /** Audio in an encoding, at a rate or with channels that are not taken. */
  | 'unsupported_format'
  /** A frame that its protocol does not allow now, such as audio before `start` or after the end. */
  | 'out_of_order'
  /** A message or an upload over the size limit. */
  | 'too_large'
  /** More messages in a second than the limit. */
  | 'too_fast'
  /** More audio in one call than the limit. */
  | 'too_long'
  /** The client reads its answers too slowly. */
  | 'slow_reader'
  /** The client did not begin in time. */
  | 'hello_timeout'
  /** Nothing came for too long. */
  | 'idle_timeout'
  | 'unauthorised'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  /** The recording or text itself cannot be used: no audio in it, damaged, an unknown format. */
  | 'unusable_input'
  /** The same idempotency key came with another body. */
  | 'conflict'
  /** As many streams or uploads as the server takes, or it is behind with those that it has. */
  | 'overloaded'
  /** The models are still being loaded, or could not be. */
  | 'not_ready'
  /** The server is being stopped. */
  | 'stopping'
  | 'internal';

/** One fault, with a sentence for the integrator: expected, got, what to do. It never quotes what was said. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  /** Where in the body it is, as a JSON Pointer (RFC 6901); left out where it is the whole. */
  readonly pointer?: string | undefined;
}

interface FaultAnswer {
  /** RFC 6455 section 7.4: 1000-2999 are the protocol's own, 4000-4999 are free for applications; 44xx follows HTTP's 4xx. */
  readonly closeCode: number;
  readonly httpStatus: number;
}

/** The one table from fault to close code and HTTP status; docs/protocol.md repeats it. */
const ANSWERS: Readonly<Record<FaultCode, FaultAnswer>> = {
  bad_message: { closeCode: 1007, httpStatus: 400 },
  unsupported_format: { closeCode: 1003, httpStatus: 415 },
  out_of_order: { closeCode: 4409, httpStatus: 409 },
  too_large: { closeCode: 1009, httpStatus: 413 },
  too_fast: { closeCode: 4429, httpStatus: 429 },
  too_long: { closeCode: 4413, httpStatus: 413 },
  slow_reader: { closeCode: 1008, httpStatus: 408 },
  hello_timeout: { closeCode: 4408, httpStatus: 408 },
  idle_timeout: { closeCode: 4408, httpStatus: 408 },
  unauthorised: { closeCode: 4401, httpStatus: 401 },
  forbidden: { closeCode: 4403, httpStatus: 403 },
  not_found: { closeCode: 4404, httpStatus: 404 },
  method_not_allowed: { closeCode: 4405, httpStatus: 405 },
  unusable_input: { closeCode: 1003, httpStatus: 422 },
  conflict: { closeCode: 4409, httpStatus: 409 },
  overloaded: { closeCode: 1013, httpStatus: 503 },
  not_ready: { closeCode: 1013, httpStatus: 503 },
  stopping: { closeCode: 1001, httpStatus: 503 },
  internal: { closeCode: 1011, httpStatus: 500 },
};

/** The close code of a call that ended as it should. */
export const CLOSE_NORMAL = 1000;

export function closeCodeOf(code: FaultCode): number {
  return ANSWERS[code].closeCode;
}

export function httpStatusOf(code: FaultCode): number {
  return ANSWERS[code].httpStatus;
}

/** How each of the library's own errors is told to a client. */
const FAULT_OF_ERROR: Readonly<Record<TonalitetErrorCode, FaultCode>> = {
  AUDIO_EMPTY: 'unusable_input',
  AUDIO_INVALID: 'unusable_input',
  AUDIO_UNSUPPORTED: 'unsupported_format',
  AUDIO_TRUNCATED: 'unusable_input',
  AUDIO_NOT_FINITE: 'unusable_input',
  AUDIO_LIMIT: 'too_long',
  FFMPEG_MISSING: 'unsupported_format',
  FFMPEG_FAILED: 'unusable_input',
  FILE_NOT_FOUND: 'internal',
  FILE_UNREADABLE: 'unusable_input',
  TEXT_INVALID: 'bad_message',
  TEXT_LIMIT: 'too_large',
  MODEL_MISSING: 'internal',
  MODEL_TAMPERED: 'internal',
  MODEL_INVALID: 'internal',
  INFERENCE_FAILED: 'internal',
  WORKER_CRASHED: 'internal',
  QUEUE_FULL: 'overloaded',
  ABORTED: 'stopping',
  DISPOSED: 'stopping',
  CONNECTION_FAILED: 'internal',
  MICROPHONE_UNAVAILABLE: 'internal',
  SURVEY_INVALID: 'internal',
  RETENTION_INVALID: 'internal',
  MAPPING_INVALID: 'internal',
  KEY_INVALID: 'internal',
  STORE_INVALID: 'internal',
  RESPONSE_NOT_FOUND: 'not_found',
  STORE_VERSION: 'internal',
  STORE_BUSY: 'overloaded',
  STORE_FAILED: 'internal',
  STORE_UNREACHABLE: 'overloaded',
  STORE_DENIED: 'internal',
  RECORDINGS_UNAVAILABLE: 'internal',
  REPORT_INVALID: 'bad_message',
  OUTPUT_CLOSED: 'internal',
};

/** Details of these stay inside: they say nothing that a client could act on, and may name files of the server. */
const OPAQUE: ReadonlySet<FaultCode> = new Set(['internal']);

/** A fault that is thrown inside the server, and caught where it is told to the client. */
export class FaultError extends Error {
  readonly code: FaultCode;
  readonly pointer: string | undefined;

  constructor(code: FaultCode, message: string, pointer?: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

/** The fault for anything that was thrown. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return { code: error.code, message: error.message, pointer: error.pointer };
  if (!(error instanceof TonalitetError)) return internalFault();
  // Codes of a newer library version than this table are internal faults too.
  const code = (FAULT_OF_ERROR[error.code] as FaultCode | undefined) ?? 'internal';
  return OPAQUE.has(code) ? internalFault() : { code, message: error.message };
}

function internalFault(): Fault {
  return { code: 'internal', message: 'Something failed inside the server. Try again; the log has the details under the call id.' };
}
