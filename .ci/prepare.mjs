/**
 * Makes a checkout ready: installs the packages when they are missing or not those of package-lock.json, and builds `dist/`
 * when a source is newer than it. Does nothing, in a few milliseconds, when all is fresh. `npm run demo`, `npm test` and
 * `npm run check` start with it, so that each of them works on a machine that has only git, Node and npm.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE_MAJOR = 20;
const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
/** The lock file's digest, written after an installation that succeeded. */
const stamp = join(modules, '.tonalitet-installed');

const nodeMajor = Number(process.versions.node.split('.')[0]);
if (nodeMajor < OLDEST_NODE_MAJOR) {
  fail(`Expected Node ${OLDEST_NODE_MAJOR} or newer, got ${process.versions.node}. Install a current Node and try again.`);
}

const lockDigest = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
const isShared = existsSync(modules) && lstatSync(modules).isSymbolicLink();
if (!isShared && (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockDigest)) {
  say('Installing packages (once; a minute or two) …');
  // Install scripts stay off: the only one among the dependencies downloads CUDA libraries, which nothing here uses.
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lockDigest);
}

if (isStale()) {
  say('Building …');
  run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
}

/** Whether a source or a setting is newer than the last build. */
function isStale() {
  const built = join(root, 'dist', '.tsbuildinfo');
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));
  return [...sources, join(root, 'src'), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')].some((path) => statSync(path).mtimeMs > builtMs);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail(`${command} ${args.join(' ')} ended with ${error?.message ?? `exit code ${String(status)}`}. Its output above says why.`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
