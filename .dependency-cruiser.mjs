/**
 * The walls of the house. Data flows one way, and every native or network package has one importer, so that "what touches the
 * model, the database, the network?" has a one-line answer.
 */
const only = (name, comment, packagePattern, importer) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: importer },
  to: { path: packagePattern },
});

const room = (name, comment, mayImport) => ({
  name: `room-${name}`,
  comment,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [`^src/(${[name, ...mayImport].join('|')})/`, '^src/(errors|abort)\\.ts$'] },
});

const packages = (names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;

export default {
  forbidden: [
    { name: 'no-cycles', comment: 'Type-only imports count too.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', comment: 'A module that nothing imports is dead.', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '^src/(index|cli/main|engine/worker|.*/index|.*\\.d)\\.ts$' }, to: {} },
    { name: 'src-alone', comment: 'The product never imports tests, benches or samples.', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|samples)/' } },
    { name: 'no-dev-dependencies', comment: 'What ships depends on what ships.', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] } },

    room('audio', 'Bytes to samples; knows nothing of models.', []),
    room('inference', 'The engine and its files; knows nothing of speech or text.', ['text']),
    room('vad', 'Samples to stretches of speech.', ['audio', 'inference']),
    room('transcription', 'Stretches to text.', ['audio', 'inference', 'vad']),
    room('classification', 'Text to tonality and areas.', ['inference']),
    room('redaction', 'Text to redacted text; pure.', []),
    room('engine', 'All inference behind threads.', ['audio', 'inference', 'vad', 'transcription', 'classification']),
    room('survey', 'Answers and their store; cannot reach a model.', ['classification', 'redaction', 'audio']),
    room('report', 'Numbers to pages; cannot reach a model.', ['classification', 'redaction', 'survey']),

    { name: 'errors-alone', comment: 'errors.ts imports nothing.', severity: 'error', from: { path: '^src/errors\\.ts$' }, to: { path: '.' } },
    { name: 'commands-are-leaves', comment: 'Nothing but the command line imports the command line.', severity: 'error', from: { path: '^src/', pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    { name: 'library-without-store-or-sockets', comment: 'index.ts is the library: importing it opens no database and no socket.', severity: 'error', from: { path: '^src/index\\.ts$' }, to: { path: '^src/(survey|report|server|client|cli)/', reachable: true } },

    only('one-importer-onnxruntime', 'inference/session.ts alone runs models.', packages(['onnxruntime-node', 'onnxruntime-common']), '^src/inference/session\\.ts$'),
    only('one-importer-tokenizers', 'inference/tokenizer.ts alone wraps the tokenizers, which come without types.', packages(['@huggingface/tokenizers']), '^src/inference/tokenizer\\.ts$'),
    only('one-importer-sqlite', 'One file speaks to SQLite.', packages(['@libsql']), '^src/survey/[a-z-]*sqlite[a-z-]*\\.ts$'),
    only('one-importer-postgres', 'One file speaks to PostgreSQL.', packages(['pg']), '^src/survey/postgres-database\\.ts$'),
    only('one-importer-stemmer', 'Words are stemmed in one file, those that are searched and those that are searched for.', packages(['snowball-stemmers']), '^src/survey/swedish-stems\\.ts$'),
    only('one-importer-excel', 'One file makes workbooks.', packages(['write-excel-file']), '^src/report/report-xlsx\\.ts$'),
    only('one-importer-pdf', 'One file makes PDF.', packages(['pdfkit']), '^src/report/pdf-document\\.ts$'),
    only('one-importer-ws', 'The server and the client, one file each.', packages(['ws']), '^src/(server|client)/[a-z-]+\\.ts$'),
    only('network-builtins', 'Sockets are opened by the server, the client, and the command that fetches models.', '^(node:)?(net|tls|http|https|http2|dgram|dns)$', '^src/(server|client)/|^src/cli/models-pull\\.ts$'),
    only('process-builtins', 'Programs are started by audio/ffmpeg.ts alone; threads by the engine.', '^(node:)?child_process$', '^src/audio/ffmpeg\\.ts$'),
    only('thread-builtins', 'Threads belong to the engine.', '^(node:)?worker_threads$', '^src/engine/'),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
