import type { Command } from 'commander';
import { TonalitetError } from '../errors.js';
import { readSurveyFile } from '../survey/survey-file.js';
import type { CliContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';

const EXAMPLES = `
Examples:
  $ tonalitet survey check samples/survey.sv.yaml

Every fault is told with file, line and column. The fields are described in docs/survey.md, their schema is docs/survey.schema.json.`;

export function registerSurvey(program: Command, context: CliContext): void {
  const survey = program.command('survey').description('check survey files');
  survey
    .command('check')
    .description('check survey files, and tell the line and column of each fault')
    .argument('<files...>', 'survey files, in YAML or JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[]) => {
      for (const file of files) await check(file, context);
    });
}

async function check(file: string, context: CliContext): Promise<void> {
  try {
    const { id, version, questions, comment } = await readSurveyFile(file);
    const ending = comment === undefined ? 'no spoken comment' : `a spoken comment of at most ${comment.maxDurationS} s`;
    await context.output.line(`${file}: ok: ${id}, version ${version}, ${questions.length} questions, ${ending}`);
  } catch (error) {
    if (!(error instanceof TonalitetError) || error.code === 'OUTPUT_CLOSED') throw error;
    context.reportError(error);
    context.setExitCode(EXIT_CODES.someFailed);
  }
}
