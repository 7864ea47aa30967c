import type { Command } from 'commander';
import { errorJson } from '../comment-json.js';
import { TonalitetError } from '../errors.js';
import { redactWithFindings } from '../redaction/redact.js';
import { openComments, readable } from './comment-file.js';
import type { CliContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { STDIN_NAME } from './recordings.js';
import { textLines } from './text-lines.js';
import type { TextLine } from './text-lines.js';

const EXAMPLES = `
Examples:
  $ tonalitet redact comments.jsonl > redacted.jsonl
  $ echo '{"id": 7, "text": "Ring Anna på 070-174 06 05."}' | tonalitet redact
  {"id":7,"text":"Ring [namn] på [telefonnummer].","found":[{"type":"name","start":5,"end":9},{"type":"phone","start":13,"end":26}]}

Takes JSON objects with a field 'text', or plain text, one a line. Prints the same object with the redacted 'text' and with
'found': the type of each identifier and its place in the text that came (UTF-16 code units, as JavaScript counts; end exclusive).
Types: personnummer, samordningsnummer, phone, email, address, account, card, plate, case_number, name. A line that cannot be read
gets {"line", "error": {"code", "message"}} in its place. What is found, and what is missed: docs/redaction.md.`;

export function registerRedact(program: Command, context: CliContext): void {
  program
    .command('redact')
    .description('take personal identifiers out of comments, line by line')
    .argument('[file]', "comments, one a line; '-', or nothing, reads stdin", STDIN_NAME)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string) => redactLines(file, context));
}

async function redactLines(file: string, context: CliContext): Promise<void> {
  const bytes = file === STDIN_NAME ? context.stdin : await openComments(file);
  try {
    for await (const line of textLines(readable(bytes), undefined)) {
      if (context.signal.aborted) throw new TonalitetError('ABORTED', 'Interrupted before the end of the comments.', { cause: context.signal.reason });
      const answer = answerTo(line);
      if ('error' in answer) context.setExitCode(EXIT_CODES.someFailed);
      await context.output.line(JSON.stringify(answer));
    }
  } finally {
    bytes.destroy();
  }
}

function answerTo({ number, text, fields }: TextLine): Record<string, unknown> {
  try {
    if (text instanceof TonalitetError) throw text;
    const redaction = redactWithFindings(text);
    return { ...fields, text: redaction.text, found: redaction.found };
  } catch (error) {
    return { line: number, ...errorJson(error) };
  }
}
