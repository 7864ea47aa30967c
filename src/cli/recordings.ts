import type { Recording } from '../pipeline.js';
import type { CliContext } from './context.js';
import { UsageError } from './context.js';

/** A recording that was named on the command line. */
export interface NamedRecording {
  /** As it was written. */
  readonly name: string;
  readonly recording: Recording;
}

/** Stands for the audio that comes on stdin. */
export const STDIN_NAME = '-';

/** @throws UsageError if stdin is named twice. */
export async function* namedRecordings(names: readonly string[], context: CliContext): AsyncGenerator<NamedRecording, void, undefined> {
  for (const name of names) {
    yield { name, recording: name === STDIN_NAME ? { kind: 'stream', stream: context.stdin } : { kind: 'file', path: name } };
  }
}

/** @throws UsageError */
export function checkNames(names: readonly string[]): void {
  if (names.filter((name) => name === STDIN_NAME).length > 1) throw new UsageError("expected '-' (stdin) once at most");
}
