import type { Command } from 'commander';
import { errorJson } from '../comment-json.js';
import { readManifest, resolveModelsDir } from '../inference/manifest.js';
import type { Model } from '../inference/manifest.js';
import { verifyModel } from '../inference/verification.js';
import { throwIfAborted } from '../abort.js';
import type { CliContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';

interface ModelsFlags {
  readonly models?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ tonalitet models list
  $ tonalitet models verify --json
  $ tonalitet models list --models /srv/tonalitet/models`;

export function registerModels(program: Command, context: CliContext): void {
  const models = program.command('models').description('list the models, and check that they are unchanged').addHelpText('after', EXAMPLES);
  addFlags(models.command('list'))
    .description('what is installed, from where, and under which licence')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ModelsFlags) => list(flags, context));
  addFlags(models.command('verify'))
    .description('check the size and sha256 of every file of every model')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ModelsFlags) => verify(flags, context));
}

function addFlags(command: Command): Command {
  return command
    .option('--models <folder>', 'the folder with manifest.json and the models (default: TONALITET_MODELS, otherwise those of the package)')
    .option('--json', 'print one JSON object a line');
}

async function list({ models, json }: ModelsFlags, { output }: CliContext): Promise<void> {
  const manifest = await readManifest(resolveModelsDir(models));
  for (const model of manifest.models) {
    if (json === true) {
      await output.line(JSON.stringify(modelJson(model)));
      continue;
    }
    const { name, version, kind, folder, licence, licenceFile, source } = model;
    await output.line(
      [
        `${name} ${version} (${kind})`,
        `  folder   ${folder}, ${megabytes(sizeBytes(model))} MB`,
        `  licence  ${licence} (${licenceFile})`,
        `  source   ${source}`,
      ].join('\n'),
    );
  }
}

async function verify({ models, json }: ModelsFlags, context: CliContext): Promise<void> {
  const manifest = await readManifest(resolveModelsDir(models));
  for (const model of manifest.models) {
    throwIfAborted(context.signal);
    const failure = await verifyModel(manifest, model).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const { name, version } = model;
    if (json === true) {
      await context.output.line(JSON.stringify({ name, version, ok: failure === undefined, ...(failure && errorJson(failure.error)) }));
    } else {
      await context.output.line(`${name} ${version}: ${failure === undefined ? `unchanged (${model.files.length} files, sha256)` : 'NOT AS IN THE MANIFEST'}`);
    }
    if (failure === undefined) continue;
    context.reportError(failure.error, name);
    context.setExitCode(EXIT_CODES.someFailed);
  }
}

function modelJson(model: Model): object {
  const { name, version, kind, folder, licence, licenceFile, source, files } = model;
  return {
    name,
    version,
    kind,
    folder,
    licence,
    licence_file: licenceFile,
    source,
    size_bytes: sizeBytes(model),
    files: files.map((file) => ({ path: file.path, size_bytes: file.sizeBytes, sha256: file.sha256 })),
  };
}

function sizeBytes({ files }: Model): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
