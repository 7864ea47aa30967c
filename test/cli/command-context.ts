import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import type { CliContext } from '../../src/cli/context.js';
import { Output } from '../../src/cli/output.js';
import { ProgressLine } from '../../src/cli/progress-line.js';

/** What a command printed and how it ended. */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly errors: readonly unknown[];
  readonly exitCode: number;
}

/** Runs a command in this process. What it throws is thrown. */
export async function runCommand(register: (program: Command, context: CliContext) => void, args: readonly string[], stdin = ''): Promise<CommandResult> {
  let printed = '';
  const errors: unknown[] = [];
  let exitCode = 0;
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      printed += chunk.toString();
      done();
    },
  });
  const program = new Command('tonalitet').exitOverride().configureOutput({ writeErr: () => undefined });
  register(program, {
    stdin: Readable.from([Buffer.from(stdin)]),
    output: new Output(sink),
    progress: new ProgressLine(sink),
    signal: new AbortController().signal,
    reportError: (error) => errors.push(error),
    allowTime: () => undefined,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  await program.parseAsync([...args], { from: 'user' });
  return { lines: printed.split('\n').slice(0, -1), errors, exitCode };
}
