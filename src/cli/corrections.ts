import type { Command } from 'commander';
import type { Labels } from '../survey/response.js';
import type { StoredResponse } from '../survey/store.js';
import type { CliContext } from './context.js';
import { DB_FLAG, DB_HELP, openStore } from './store-flags.js';
import type { StoreFlags } from './store-flags.js';

/** Comments that are read at a time. */
const PAGE = 1_000;

const EXAMPLES = `
Examples:
  $ tonalitet corrections export --db pulsen.db > corrections.jsonl

One JSON object a line, in the form that the tonality model is trained with: text (redacted), tonality (null where the comment judges
nothing), aspects (area to tonality), services; and beside them who corrected it, when, and what the model had said.`;

export function registerCorrections(program: Command, context: CliContext): void {
  const corrections = program.command('corrections').description("work with people's corrections");
  corrections
    .command('export')
    .description('write the corrected comments out as training data')
    .requiredOption(DB_FLAG, DB_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: StoreFlags) => {
      await using store = await openStore(flags, false);
      for (let page = await store.corrected(PAGE); page.length > 0; page = await store.corrected(PAGE, page.at(-1)!.id)) {
        for (const response of page) {
          const line = trainingLine(response);
          if (line !== undefined) await context.output.line(line);
        }
      }
    });
}

/** Nothing where the text is gone: labels alone teach nothing. */
function trainingLine({ comment, corrections }: StoredResponse): string | undefined {
  const correction = corrections.at(-1);
  if (comment === null || comment.text === null || correction === undefined) return undefined;
  return JSON.stringify({
    text: comment.text,
    ...trainingLabels(correction),
    corrected_by: correction.by,
    corrected_at: correction.at.toISOString(),
    model: comment.verdict === null ? null : { ...trainingLabels(comment.verdict), name: comment.verdict.model },
  });
}

function trainingLabels({ tonality, areas, services }: Labels): Record<string, unknown> {
  return { tonality, aspects: Object.fromEntries(areas.map((label) => [label.area, label.tonality])), services };
}
