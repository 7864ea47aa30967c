/**
 * Everything that can go wrong outside the program, as literal codes. Misuse of the library by its caller (a wrong type,
 * an option out of range) is a `TypeError` or a `RangeError` instead.
 */
export type TonalitetErrorCode =
  /** The input holds no audio at all: no bytes, or a header with no samples after it. */
  | 'AUDIO_EMPTY'
  /** The bytes are in no audio format that can be read, or contradict themselves. */
  | 'AUDIO_INVALID'
  /** A well-formed file in a layout that is not supported (bit depth, codec, channel count, sample rate). */
  | 'AUDIO_UNSUPPORTED'
  /** The data ends before its header says so. */
  | 'AUDIO_TRUNCATED'
  /** A sample is NaN or infinite. */
  | 'AUDIO_NOT_FINITE'
  /** Longer, larger or slower than a documented limit allows. */
  | 'AUDIO_LIMIT'
  /** The format needs ffmpeg, and no ffmpeg was found. */
  | 'FFMPEG_MISSING'
  /** ffmpeg ran and could not decode the input. */
  | 'FFMPEG_FAILED'
  /** The file does not exist. */
  | 'FILE_NOT_FOUND'
  /** The file exists but cannot be opened or read. */
  | 'FILE_UNREADABLE'
  /** A line or value of text input is not what was asked for. */
  | 'TEXT_INVALID'
  /** Text is longer than a documented limit allows. */
  | 'TEXT_LIMIT'
  /** A survey file is not what its schema asks for; the message has the line and column of each problem. */
  | 'SURVEY_INVALID'
  /** A retention file is not what docs/dataskydd.md asks for; the message has the line and column of each problem. */
  | 'RETENTION_INVALID'
  /** A mapping of another system's fields is not what docs/import.md asks for. */
  | 'MAPPING_INVALID'
  /** The file that should hold the key of call ids holds none. */
  | 'KEY_INVALID'
  /** The file is no database of tonalitet's, or is damaged. */
  | 'STORE_INVALID'
  /** There is no response with this id, or it has no comment. */
  | 'RESPONSE_NOT_FOUND'
  /** The database was made by a newer version. */
  | 'STORE_VERSION'
  /** Another process kept the database locked for too long. */
  | 'STORE_BUSY'
  /** The database could not be read or written: no space, no permission, a failing disk. */
  | 'STORE_FAILED'
  /** The database server does not answer, or the connection to it was lost. */
  | 'STORE_UNREACHABLE'
  /** The database server does not let this user in, or not do this. */
  | 'STORE_DENIED'
  /** The folder of recordings is not there any more: a share that is no longer mounted. */
  | 'RECORDINGS_UNAVAILABLE'
  /** There is nothing to report on, or not as asked: no responses, no such municipality, a range without or with too many periods. */
  | 'REPORT_INVALID'
  /** A model file that the manifest names is not there. */
  | 'MODEL_MISSING'
  /** A model file differs from the size or sha256 in the manifest. */
  | 'MODEL_TAMPERED'
  /** The manifest, a model's configuration or its tensors are not what this version expects. */
  | 'MODEL_INVALID'
  /** Inference itself failed. */
  | 'INFERENCE_FAILED'
  /** The worker thread that did the work ended unexpectedly. */
  | 'WORKER_CRASHED'
  /** The queue of waiting work is full. */
  | 'QUEUE_FULL'
  /** Stopped by the caller's `AbortSignal`. */
  | 'ABORTED'
  /** The object was disposed of, or is being disposed of. */
  | 'DISPOSED'
  /** A tonalitet server cannot be reached, refuses, or ended the call before its last answer. */
  | 'CONNECTION_FAILED'
  /** A browser has no microphone, or may not use it. */
  | 'MICROPHONE_UNAVAILABLE'
  /** The reader of the program's output went away. */
  | 'OUTPUT_CLOSED';

/**
 * The one error class for the world's faults. The message says what was expected, what came and what to do; it never
 * quotes a citizen's words.
 */
export class TonalitetError extends Error {
  override readonly name = 'TonalitetError';
  readonly code: TonalitetErrorCode;

  constructor(code: TonalitetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
