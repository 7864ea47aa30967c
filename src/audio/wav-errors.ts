import { TonalitetError } from '../errors.js';

/** Bytes that contradict the format or one another. */
export function invalidWav(what: string): TonalitetError {
  return new TonalitetError('AUDIO_INVALID', `Invalid WAV file: ${what}. Check that it is a recording, and export it again.`);
}

/** A well-formed file outside the documented limits; `advice` says what to do with it. */
export function unsupportedWav(what: string, advice: string): TonalitetError {
  return new TonalitetError('AUDIO_UNSUPPORTED', `Unsupported WAV file: ${what}; ${advice}.`);
}

/** A header without samples. */
export function emptyWav(): TonalitetError {
  return new TonalitetError('AUDIO_EMPTY', 'Expected samples after the WAV header, got none. Check that the recording was made.');
}

/** Fewer bytes of samples than the header promised. */
export function truncatedWav(promisedBytes: number, gotBytes: number): TonalitetError {
  return new TonalitetError(
    'AUDIO_TRUNCATED',
    `Expected ${promisedBytes} bytes of samples as the WAV header says, got ${gotBytes}. Copy or export the recording again.`,
  );
}
