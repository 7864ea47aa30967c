import { pino } from 'pino';

/** What is written about calls: ids, times, counts, codes. There is no field for text, so that what was said cannot get in. */
export interface LogFields {
  readonly call_id?: string | undefined;
  readonly connection?: string | undefined;
  readonly path?: string | undefined;
  readonly remote?: string | undefined;
  readonly token?: string | undefined;
  readonly code?: string | number | undefined;
  readonly status?: number | undefined;
  readonly audio_s?: number | undefined;
  readonly took_s?: number | undefined;
  readonly utterances?: number | undefined;
  readonly lost?: number | undefined;
  readonly lag_s?: number | undefined;
  readonly count?: number | undefined;
  /** Why a response was not taken: it names a field and what was expected there, and never quotes what came. */
  readonly reason?: string | undefined;
  /** Class and code of an error, and where it was thrown; not its message, which may come from anywhere. */
  readonly error?: string | undefined;
}

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogDestination {
  write(line: string): void;
}

/**
 * Structured logs, a line of JSON each.
 *
 * @param destination where lines go; standard error if none is given, as standard output says only where the server is.
 */
export function createLogger(level: string, destination?: LogDestination): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' };
  const log = pino(options, destination ?? pino.destination(2));
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      log[severity](fields, event);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** What may be logged of an error: its class, its code, and the first place in its stack. */
export function errorField(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line))?.trim() ?? '';
  return `${error.name}${code} ${place}`.trim();
}
