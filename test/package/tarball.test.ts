import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithModels } from '../model/with-models.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Packing compresses more than 100 MB. */
const SLOW = { timeout: 180_000 };

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

await describeWithModels('the package', ['speech', 'vad', 'tonality'], () => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tonalitet-package-'));
    const { stdout } = await run(npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root, maxBuffer: 1 << 24 });
    packed = (JSON.parse(stdout) as [Packed])[0];
    // Installed as npm would, but with the dependencies that are here: no network is needed.
    const installed = join(folder, 'node_modules', 'tonalitet');
    await mkdir(installed, { recursive: true });
    await run('tar', ['xzf', join(folder, packed.filename), '--strip-components', '1', '-C', installed]);
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies)) {
      if (name.includes('/')) await mkdir(join(folder, 'node_modules', name.split('/')[0]!), { recursive: true });
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
    }
    await mkdir(join(folder, 'node_modules', '.bin'));
    await symlink('../tonalitet/dist/cli/main.js', join(folder, 'node_modules', '.bin', 'tonalitet'));
  }, SLOW.timeout);

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('holds the program, the types, the weights of the manifest and their licences, and nothing of the workshop', async () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'dist/engine/worker.js']) {
      expect(paths).toContain(path);
    }
    for (const font of ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf', 'LICENSE']) expect(paths).toContain(`fonts/${font}`);
    const manifest = JSON.parse(await readFile(join(root, 'models', 'manifest.json'), 'utf8')) as {
      models: { folder: string; licenceFile: string; files: { path: string }[] }[];
    };
    for (const model of manifest.models) {
      for (const file of model.files) expect(paths).toContain(`models/${model.folder}/${file.path}`);
      expect(paths).toContain(`models/${model.licenceFile}`);
    }
    expect(paths.filter((path) => /(^|\/)(src|test|bench|recipe|data|node_modules)\/|\.tsbuildinfo$|\.py$/.test(path))).toEqual([]);
    expect(Math.max(...packed.files.map(({ size }) => size))).toBeLessThan(95e6);
  });

  it('works where it is installed: the command, and the library', SLOW, async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
    expect((await run(npx, ['--no-install', 'tonalitet', '--version'], { cwd: folder })).stdout.trim()).toBe(version);
    const verify = await run(npx, ['--no-install', 'tonalitet', 'models', 'verify'], { cwd: folder });
    expect(verify.stdout.match(/unchanged/g)).toHaveLength(3);
    const program = `
      import { createTonalitet } from 'tonalitet';
      const tonalitet = await createTonalitet({ parts: 'text' });
      console.log((await tonalitet.classifyText('Mycket bra service, tack!')).tonality);
      await tonalitet.dispose();
    `;
    expect((await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder })).stdout.trim()).toBe('positiv');
    expect(await readdir(join(folder, 'node_modules', 'tonalitet'))).not.toContain('samples');
  });
});
