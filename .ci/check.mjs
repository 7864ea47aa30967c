/**
 * The checks of the house, each one a pass or a failure: types, lint, the rooms' walls, dead code, the package's shape, its
 * public types. `node .ci/check.mjs NAME…` runs some of them; `--fix` lets api-extractor write its report anew.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const fix = process.argv.includes('--fix');
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

/** name, what it guards, the package's program under node_modules, its arguments */
const checks = [
  ['types', 'the strict compiler, tests and benches included', 'typescript/bin/tsc', ['-p', 'tsconfig.json']],
  ['lint', 'eslint: floating promises, network globals, default exports', 'eslint/bin/eslint.js', ['.', '--max-warnings', '0']],
  ['rooms', 'dependency-cruiser: who may import whom, no cycles', 'dependency-cruiser/bin/dependency-cruise.mjs', ['src', 'test', '--config', '.dependency-cruiser.mjs']],
  ['unused', 'knip: files, exports and dependencies that nobody uses', 'knip/bin/knip.js', []],
  ['package', 'publint: what npm will publish', 'publint/src/cli.js', ['--strict']],
  ['package-types', 'attw: the types resolve for ESM users', '@arethetypeswrong/cli/dist/index.js', ['--pack', '.', '--profile', 'esm-only']],
  ['public-api', 'api-extractor: the public types are those in docs/api', '@microsoft/api-extractor/bin/api-extractor', ['run', '--config', '.ci/api-extractor.json', ...(fix ? ['--local'] : [])]],
];

const known = checks.map(([name]) => name);
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Expected checks among ${known.join(', ')}; got ${unknown.join(', ')}.\n`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const [name, guards, program, args] of checks) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (status === 0) passed += 1;
  else failed += 1;
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(13)} ${seconds.padStart(5)} s  ${guards}\n`);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
