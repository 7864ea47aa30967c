import { cp, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VerifiedModel } from '../../src/inference/verification.js';

/** One Whisper with random weights in both layouts; see test/golden/tiny_whisper.py. It hears one second. */
export const TINY_WHISPER: string = fileURLToPath(new URL('../golden/tiny-whisper/', import.meta.url));

export const TINY_LAYOUTS = ['own', 'hub'] as const;

/** The model in one of its layouts, as if it had been verified. */
export async function tinyWhisper(folder: string): Promise<VerifiedModel> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'));
  return {
    model: { name: 'tiny-whisper', version: '1', kind: 'speech', folder: 'tiny', licence: 'MIT', licenceFile: 'LICENSE', source: 'test', files: [] },
    paths: Object.fromEntries(files.map((file) => [file, join(folder, file)])),
  };
}

/** A copy of the hub layout with one of its JSON files changed. */
export async function changedHub(file: string, change: (content: Record<string, unknown>) => unknown): Promise<VerifiedModel> {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-hub-'));
  await cp(join(TINY_WHISPER, 'hub'), folder, { recursive: true });
  const path = join(folder, file);
  const changed = change(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>);
  await writeFile(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
  return tinyWhisper(folder);
}
