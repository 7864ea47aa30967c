import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { OnnxSession, float32Output, float32Tensor, int64Tensor } from '../../src/inference/session.js';

/** A graph: a, b float32 [n] -> sum, product float32 [n]. Made with onnx.helper (IR 8, opset 16). */
const GRAPH =
  'CAgSADp+ChAKAWEKAWISA3N1bSIDQWRkChQKAWEKAWISB3Byb2R1Y3QiA011bBIEdGVzdFoQCgFhEgsKCQgBEgUKAxIBbloQCgFiEgsKCQgBEgUKAxIBbmISCgNzdW0S' +
  'CwoJCAESBQoDEgFuYhYKB3Byb2R1Y3QSCwoJCAESBQoDEgFuQgQKABAQ';

let dir: string;
let path: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tonalitet-session-'));
  path = join(dir, 'graph.onnx');
  await writeFile(path, Buffer.from(GRAPH, 'base64'));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

const good = (): Parameters<typeof OnnxSession.load>[0] => ({ path, modelName: 'test', threads: 1, inputs: ['a', 'b'], outputs: ['sum', 'product'] });

const two = (values: readonly number[]) => float32Tensor(Float32Array.from(values), [values.length]);

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof TonalitetError ? error.code : undefined;
}

describe('OnnxSession', () => {
  it('runs a graph, and takes its outputs as inputs', async () => {
    const session = await OnnxSession.load(good());
    const first = await session.run({ a: two([1, 2]), b: two([3, 4]) });
    expect(float32Output(first, 'sum', [2])).toEqual(Float32Array.of(4, 6));
    const second = await session.run({ a: first['sum']!, b: first['product']! }, ['product']);
    expect(Object.keys(second)).toEqual(['product']);
    expect(float32Output(second, 'product', [-1])).toEqual(Float32Array.of(12, 48));
    await session.release();
  });

  it.each([
    [{ inputs: ['a'] }, /take a and give/],
    [{ inputs: ['a', 'b', 'c'] }, /take a, b, c .* got a, b/],
    [{ outputs: ['sum', 'quotient'] }, /quotient.* got .* sum, product/],
  ])('refuses a graph with other names: %o', async (over, message) => {
    await expect(OnnxSession.load({ ...good(), ...over })).rejects.toThrow(message);
    expect(await codeOf(OnnxSession.load({ ...good(), ...over }))).toBe('MODEL_INVALID');
  });

  it('refuses what is no graph', async () => {
    const other = join(dir, 'other.onnx');
    await writeFile(other, 'not a graph');
    expect(await codeOf(OnnxSession.load({ ...good(), path: other }))).toBe('MODEL_INVALID');
    expect(await codeOf(OnnxSession.load({ ...good(), path: join(dir, 'missing.onnx') }))).toBe('MODEL_INVALID');
  });

  it('reports a failed run with its code, and goes on', async () => {
    const session = await OnnxSession.load(good());
    expect(await codeOf(session.run({ a: two([1, 2]), b: two([1, 2, 3]) }))).toBe('INFERENCE_FAILED');
    expect(await codeOf(session.run({ a: two([1]), b: int64Tensor(BigInt64Array.of(1n), [1]) }))).toBe('INFERENCE_FAILED');
    await session.run({ a: two([1]), b: two([1]) });
    await session.release();
  });

  it('is released once, and runs no more', async () => {
    const session = await OnnxSession.load(good());
    await session.release();
    await session.release();
    expect(await codeOf(session.run({ a: two([1]), b: two([1]) }))).toBe('DISPOSED');
  });

  it.each([0, -1, 1.5, Number.NaN])('does not take %d threads', async (threads) => {
    await expect(OnnxSession.load({ ...good(), threads })).rejects.toThrow(RangeError);
  });
});

describe('float32Output', () => {
  it('refuses what is missing, of other dimensions or of another type', () => {
    const tensors = { a: two([1, 2]), b: int64Tensor(BigInt64Array.of(1n), [1]) };
    expect(() => float32Output(tensors, 'c', [1])).toThrow(/got none/);
    expect(() => float32Output(tensors, 'a', [3])).toThrow(/float32 \[3\], got \[2\]/);
    expect(() => float32Output(tensors, 'a', [1, 2])).toThrow(/got \[2\]/);
    expect(() => float32Output(tensors, 'b', [1])).toThrow(TonalitetError);
  });
});
