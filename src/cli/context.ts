import type { Readable } from 'node:stream';
import { TonalitetError } from '../errors.js';
import type { Output } from './output.js';
import type { ProgressLine } from './progress-line.js';

/** What a command works with. */
export interface CliContext {
  readonly stdin: Readable;
  readonly output: Output;
  readonly progress: ProgressLine;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** How long the command may still take after that; a second or two, if it does not say. */
  readonly allowTime: (ms: number) => void;
  /** Writes an error to stderr, about an input if one is named. */
  readonly reportError: (error: unknown, input?: string) => void;
  /** The command ends with this exit code, unless something worse happens. */
  setExitCode(code: number): void;
}

/** A command line that commander takes and we do not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What went wrong in one line, with its code first. */
export function errorLine(error: unknown, input: string | undefined): string {
  const place = input === undefined ? '' : `${input}: `;
  if (error instanceof TonalitetError) return `tonalitet: ${place}${error.code}: ${error.message}`;
  if (error instanceof UsageError || error instanceof RangeError || error instanceof TypeError) return `tonalitet: ${place}${error.message}`;
  if (error instanceof Error && 'syscall' in error) return `tonalitet: ${place}${error.message}`;
  return `tonalitet: ${place}INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Errors that end the whole command, and not one input alone. */
export function endsCommand(error: unknown): boolean {
  return !(error instanceof TonalitetError) || ['ABORTED', 'DISPOSED', 'OUTPUT_CLOSED', 'MODEL_MISSING', 'MODEL_TAMPERED', 'MODEL_INVALID'].includes(error.code);
}
