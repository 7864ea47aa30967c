import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/cli/look-ahead.js';

async function* numbers(count: number, taken: number[] = []): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    taken.push(i);
    yield i;
  }
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('work on several inputs', () => {
  it('gives the results in the order of the inputs, whichever ends first', async () => {
    const work = async (i: number): Promise<number> => wait((i * 7) % 11, i);
    expect(await collect(inOrder(numbers(20), 5, work))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('runs no further ahead than it may, while the reader waits', async () => {
    const taken: number[] = [];
    const results = inOrder(numbers(100, taken), 3, async (i) => i);
    expect((await results.next()).value).toBe(0);
    await wait(20);
    expect(taken.length).toBeLessThanOrEqual(4);
    await results.return();
  });

  it('gives a result as soon as it is there, while the next input is still to come', async () => {
    let more: (value: number) => void = () => undefined;
    async function* slow(): AsyncGenerator<number> {
      yield 1;
      yield await new Promise<number>((resolve) => {
        more = resolve;
      });
    }
    const results = inOrder(slow(), 10, async (i) => i * 10);
    expect((await results.next()).value).toBe(10);
    const next = results.next();
    await wait(5);
    more(2);
    expect((await next).value).toBe(20);
    expect((await results.next()).done).toBe(true);
  });

  it('ends with the error of its input or of its work, and ends the input', async () => {
    let ended = false;
    async function* failing(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
        throw new Error('input');
      } finally {
        ended = true;
      }
    }
    await expect(collect(inOrder(failing(), 1, async (i) => i))).rejects.toThrow('input');
    await expect(
      collect(
        inOrder(failing(), 1, async () => {
          throw new Error('work');
        }),
      ),
    ).rejects.toThrow('work');
    expect(ended).toBe(true);
  });
});
