import { Option } from 'commander';
import type { Command } from 'commander';
import type { Verdict } from '../classification/verdict.js';
import { errorJson, verdictJson } from '../comment-json.js';
import { TonalitetError } from '../errors.js';
import { createTonalitet } from '../tonalitet.js';
import { untilAborted } from '../abort.js';
import { endsCommand } from './context.js';
import type { CliContext } from './context.js';
import { addEngineFlags, toOptions } from './engine-flags.js';
import type { EngineFlags } from './engine-flags.js';
import { EXIT_CODES } from './exit-codes.js';
import { inOrder } from './look-ahead.js';
import { STDIN_NAME } from './recordings.js';
import { verdictLine } from './reports.js';
import { openComments, readable } from './comment-file.js';
import { textLines } from './text-lines.js';
import type { LineFormat, TextLine } from './text-lines.js';

interface TextFlags extends EngineFlags {
  readonly json?: boolean;
  readonly format?: LineFormat;
}

/** Lines that are worked on at a time, for each worker: a few batches, so that each can be filled with texts of like length. */
const LINES_PER_WORKER = 64;

const EXAMPLES = `
Examples:
  $ tonalitet text comments.jsonl --json > results.jsonl
  $ echo "Hon var så hjälpsam!" | tonalitet text
  $ tail -f incoming.jsonl | tonalitet text --json

Takes JSON objects with a field 'text' (an 'id' is handed on), or plain text, one a line, and prints one result for each, in
order, as soon as it is there. A line that cannot be read gets {"line", "error": {"code", "message"}} in its place.
With --json, one object a line: line, id, text, tonality (positiv, skeptisk, negativ or null), reason, probabilities, uncertain,
areas, services, model. Otherwise tonality, probability, areas and text, with tabs between them.`;

export function registerText(program: Command, context: CliContext): void {
  addEngineFlags(program.command('text'))
    .description('tell the tonality of written comments, line by line')
    .argument('[file]', "comments, one a line; '-', or nothing, reads stdin", STDIN_NAME)
    .option('--json', 'print one JSON object a line')
    .addOption(new Option('--format <format>', 'how the lines are to be read (default: told by the first lines)').choices(['jsonl', 'plain']))
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: TextFlags) => classifyLines(file, flags, context));
}

async function classifyLines(file: string, flags: TextFlags, context: CliContext): Promise<void> {
  const { signal, output, progress } = context;
  const bytes = file === STDIN_NAME ? context.stdin : await openComments(file);
  progress.show('loading the model');
  await using tonalitet = await createTonalitet({ ...(await toOptions(flags)), parts: 'text' });
  progress.clear();
  const { models } = tonalitet;
  const classify = async (line: TextLine): Promise<Outcome> => {
    if (line.text instanceof TonalitetError) return { line, error: line.text };
    try {
      return { line, verdict: await tonalitet.classifyText(line.text, { signal }) };
    } catch (error) {
      return { line, error };
    }
  };
  const outcomes = inOrder(textLines(readable(bytes), flags.format), (flags.workers ?? 1) * LINES_PER_WORKER, classify);
  try {
    for (let next = await untilAborted(outcomes.next(), signal); next.done !== true; next = await untilAborted(outcomes.next(), signal)) {
      const { line, verdict, error } = next.value;
      const { number, id } = line;
      if (verdict === undefined) {
        if (endsCommand(error)) throw error;
        await output.line(JSON.stringify({ line: number, id, ...errorJson(error) }));
        context.setExitCode(EXIT_CODES.someFailed);
      } else if (flags.json === true) {
        await output.line(JSON.stringify({ line: number, id, text: line.text, ...verdictJson(verdict), model: models }));
      } else {
        await output.line(verdictLine(verdict, line.text as string));
      }
    }
  } finally {
    bytes.destroy();
  }
}

interface Outcome {
  readonly line: TextLine;
  readonly verdict?: Verdict;
  readonly error?: unknown;
}
