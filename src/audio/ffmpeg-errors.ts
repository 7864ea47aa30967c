import { TonalitetError } from '../errors.js';
import type { TonalitetErrorCode } from '../errors.js';

const HOW_TO_INSTALL =
  'Install it (Debian and Ubuntu: apt install ffmpeg; RHEL and Fedora: dnf install ffmpeg, from RPM Fusion; macOS: brew install ffmpeg; ' +
  'Windows: winget install Gyan.FFmpeg), or name the program with ffmpegPath. WAV files need no ffmpeg.';

/** How an ffmpeg ended that did not do its work. */
export interface FfmpegEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to stderr. It may name files and quote metadata, so none of it goes into a message. */
  readonly stderr: string;
  /** True if the input came through a pipe, in which ffmpeg cannot seek. */
  readonly fromStream: boolean;
}

/** What ffmpeg says (fixed phrases in its source), and what is said instead. The first match counts. */
const KNOWN_FAILURES: readonly (readonly [RegExp, TonalitetErrorCode, (end: FfmpegEnd) => string])[] = [
  [
    /not on whitelist/i,
    'AUDIO_UNSUPPORTED',
    () => 'Expected an audio format such as MP3, M4A, Ogg, Opus, FLAC, AMR or WebM, got one that is not taken (playlists never are). Convert it to WAV.',
  ],
  [
    /matches no streams|does not contain any stream/i,
    'AUDIO_INVALID',
    () => 'Expected a file with an audio track, got one without. Check that it is the recording.',
  ],
  [
    /moov atom not found|partial file/i,
    'AUDIO_TRUNCATED',
    ({ fromStream }) =>
      fromStream
        ? 'Expected an MP4 or M4A file with its index at the beginning, got a stream without. Give it as a file, or convert it with -movflags +faststart.'
        : 'Expected an MP4 or M4A file with an index, got one without: the recording was cut off. Copy or export it again.',
  ],
  [
    /decoder .*not found|could not find codec|unsupported codec|decoding requested, but no decoder/i,
    'AUDIO_UNSUPPORTED',
    () => 'Expected a codec that the installed ffmpeg can decode, got another. Install a complete ffmpeg, or convert the recording to WAV.',
  ],
  [
    /invalid data found|invalid argument|end of file/i,
    'AUDIO_INVALID',
    () => 'Expected an audio file, got bytes in no format that ffmpeg knows. Check that it is a recording and that it is whole.',
  ],
];

/** The error for an ffmpeg that ran and failed. */
export function ffmpegFailure(end: FfmpegEnd): TonalitetError {
  const how = end.code === null ? `was ended by ${end.signal ?? 'the system'}` : `ended with exit code ${end.code}`;
  for (const [phrase, code, message] of KNOWN_FAILURES) {
    if (phrase.test(end.stderr)) return new TonalitetError(code, `${message(end)} (ffmpeg ${how}.)`);
  }
  return new TonalitetError(
    'FFMPEG_FAILED',
    `Expected ffmpeg to decode the recording, but it ${how} without audio or a known reason. ` +
      'Check that ffmpegPath names ffmpeg 4 or later, and try the recording with it by hand.',
  );
}

/** The error for an ffmpeg whose output is not what it was asked for. */
export function ffmpegOutputError(): TonalitetError {
  return new TonalitetError(
    'FFMPEG_FAILED',
    'Expected a WAV file from ffmpeg, got something else. Check that ffmpegPath names ffmpeg 4 or later.',
  );
}

/** The error for a program that could not be started. */
export function ffmpegStartError(error: NodeJS.ErrnoException): TonalitetError {
  const what =
    error.code === 'ENOENT'
      ? 'found none'
      : `could not start it (${error.code ?? 'unknown error'} from the system)`;
  return new TonalitetError('FFMPEG_MISSING', `Expected ffmpeg for an audio format other than WAV, ${what}. ${HOW_TO_INSTALL}`, {
    cause: error,
  });
}
