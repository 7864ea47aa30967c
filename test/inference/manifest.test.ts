import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { findModel, modelFilePath, packagedModelsDir, readManifest, resolveModelsDir } from '../../src/inference/manifest.js';
import { verifiedPath, verifyModel } from '../../src/inference/verification.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tonalitet-models-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

const WEIGHTS = Buffer.from('weights');

function model(over: object = {}): Record<string, unknown> {
  return {
    name: 'whisper-base',
    version: '1',
    kind: 'speech',
    folder: 'whisper/base',
    licence: 'MIT',
    licenceFile: 'whisper/LICENSE',
    source: 'https://example.org',
    files: [{ path: 'encoder.onnx', sizeBytes: WEIGHTS.length, sha256: createHash('sha256').update(WEIGHTS).digest('hex') }],
    ...over,
  };
}

async function writeManifest(...models: readonly object[]): Promise<void> {
  await writeFile(join(dir, 'manifest.json'), JSON.stringify({ format: 1, models }));
}

async function writeWeights(bytes: Uint8Array = WEIGHTS): Promise<void> {
  await mkdir(join(dir, 'whisper', 'base'), { recursive: true });
  await writeFile(join(dir, 'whisper', 'base', 'encoder.onnx'), bytes);
}

async function errorOf(promise: Promise<unknown>): Promise<TonalitetError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TonalitetError);
  return error as TonalitetError;
}

describe('the models folder', () => {
  it("is the caller's, or the environment's, or the package's", () => {
    vi.stubEnv('TONALITET_MODELS', '');
    expect(resolveModelsDir(undefined)).toBe(packagedModelsDir());
    expect(packagedModelsDir().endsWith(`${sep}models`)).toBe(true);
    vi.stubEnv('TONALITET_MODELS', 'elsewhere');
    expect(resolveModelsDir(undefined)).toBe(resolve('elsewhere'));
    expect(resolveModelsDir('mine')).toBe(resolve('mine'));
  });
});

describe('readManifest', () => {
  it('gives the models', async () => {
    await writeManifest(model());
    const manifest = await readManifest(dir);
    expect(manifest.models).toEqual([model()]);
    expect(modelFilePath(manifest, manifest.models[0]!, 'encoder.onnx')).toBe(join(dir, 'whisper', 'base', 'encoder.onnx'));
  });

  it('says where it looked if there is none', async () => {
    const error = await errorOf(readManifest(dir));
    expect(error.code).toBe('MODEL_MISSING');
    expect(error.message).toContain(join(dir, 'manifest.json'));
    expect(error.message).toContain('TONALITET_MODELS');
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format": 2, "models": []}'],
    ['no models', '{"format": 1}'],
    ['a number', '7'],
  ])('refuses %s', async (_name, content) => {
    await writeFile(join(dir, 'manifest.json'), content);
    expect((await errorOf(readManifest(dir))).code).toBe('MODEL_INVALID');
  });

  it.each([
    { folder: '../elsewhere' },
    { folder: '/etc' },
    { folder: 'a//b' },
    { folder: 'a\\..\\..\\b' },
    { folder: 'C:/models' },
    { folder: '.' },
    { files: [{ path: '../../encoder.onnx', sizeBytes: 1, sha256: 'a'.repeat(64) }] },
    { files: [{ path: 'encoder.onnx', sizeBytes: 0, sha256: 'a'.repeat(64) }] },
    { files: [{ path: 'encoder.onnx', sizeBytes: 2 ** 40, sha256: 'a'.repeat(64) }] },
    { files: [{ path: 'encoder.onnx', sizeBytes: 1, sha256: 'A'.repeat(64) }] },
    { files: [] },
    { kind: 'poetry' },
    { name: 'n'.repeat(1_001) },
  ])('refuses %o', async (over) => {
    await writeManifest(model(over));
    const error = await errorOf(readManifest(dir));
    expect(error.code).toBe('MODEL_INVALID');
    expect(error.message).toContain(Object.keys(over)[0]);
  });

  it('lets no path lead out of the folder', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', ':', '\0', '-', ' '), minLength: 1, maxLength: 10 }), async (folder) => {
        await writeManifest(model({ folder }));
        const manifest = await readManifest(dir).catch(() => undefined);
        if (manifest !== undefined) expect(modelFilePath(manifest, manifest.models[0]!, 'encoder.onnx').startsWith(dir + sep)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('does not read a file that is far too large', async () => {
    await writeFile(join(dir, 'manifest.json'), Buffer.alloc(1_048_577, 0x20));
    expect((await errorOf(readManifest(dir))).message).toMatch(/at most 1048576 bytes, got 1048577/);
  });
});

describe('findModel', () => {
  it('gives the first of a kind, or the named one', async () => {
    await writeManifest(model(), model({ name: 'kb-whisper-base' }));
    const manifest = await readManifest(dir);
    expect(findModel(manifest, 'speech').name).toBe('whisper-base');
    expect(findModel(manifest, 'speech', 'kb-whisper-base').name).toBe('kb-whisper-base');
  });

  it('says what there is instead', async () => {
    await writeManifest(model());
    const manifest = await readManifest(dir);
    expect(() => findModel(manifest, 'vad')).toThrow(/a vad model .* got none/);
    expect(() => findModel(manifest, 'speech', 'small')).toThrow(/'small' .* got 'whisper-base'/);
  });
});

describe('verifyModel', () => {
  it('gives the paths of files that are what the manifest says', async () => {
    await writeManifest(model());
    await writeWeights();
    const manifest = await readManifest(dir);
    const verified = await verifyModel(manifest, manifest.models[0]!);
    expect(verifiedPath(verified, 'encoder.onnx')).toBe(join(dir, 'whisper', 'base', 'encoder.onnx'));
    expect(structuredClone(verified)).toEqual(verified);
    expect(() => verifiedPath(verified, 'decoder.onnx')).toThrow(/'decoder.onnx'.*got encoder.onnx/);
  });

  it('refuses a missing file', async () => {
    await writeManifest(model());
    const manifest = await readManifest(dir);
    const error = await errorOf(verifyModel(manifest, manifest.models[0]!));
    expect(error.code).toBe('MODEL_MISSING');
    expect(error.message).toContain('encoder.onnx');
  });

  it('refuses another size, and another content', async () => {
    await writeManifest(model());
    const manifest = await readManifest(dir);
    await writeWeights(Buffer.from('weight'));
    const size = await errorOf(verifyModel(manifest, manifest.models[0]!));
    expect(size.code).toBe('MODEL_TAMPERED');
    expect(size.message).toMatch(/Expected 7 bytes .* got 6/);
    await writeWeights(Buffer.from('Weights'));
    const content = await errorOf(verifyModel(manifest, manifest.models[0]!));
    expect(content.code).toBe('MODEL_TAMPERED');
    expect(content.message).toMatch(/sha256 [0-9a-f]{64} .* got [0-9a-f]{64}/);
  });

  it('accepts a file that was mended, and notices one that was changed afterwards', async () => {
    await writeManifest(model());
    const manifest = await readManifest(dir);
    const path = join(dir, 'whisper', 'base', 'encoder.onnx');
    await writeWeights(Buffer.from('Weights'));
    await errorOf(verifyModel(manifest, manifest.models[0]!));
    await writeWeights();
    await verifyModel(manifest, manifest.models[0]!);
    await writeWeights(Buffer.from('Weights'));
    await utimes(path, 1, 1);
    expect((await errorOf(verifyModel(manifest, manifest.models[0]!))).code).toBe('MODEL_TAMPERED');
  });
});
