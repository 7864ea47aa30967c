/**
 * Works on several inputs at a time and gives the results in the order of the inputs, each as soon as it and those before it
 * are there. No more than `ahead` inputs are taken before the result of the first of them has been given: memory is bounded,
 * and a slow reader slows the work down.
 *
 * @param work its failures are to be part of its results: what it throws ends the whole.
 */
export async function* inOrder<T, R>(inputs: AsyncIterable<T>, ahead: number, work: (input: T) => Promise<R>): AsyncGenerator<R, void, undefined> {
  const iterator = inputs[Symbol.asyncIterator]();
  const running: Promise<R>[] = [];
  let coming: Promise<IteratorResult<T>> | undefined;
  let ended = false;
  try {
    while (!ended || running.length > 0) {
      if (!ended && running.length < ahead) coming ??= iterator.next();
      const first = running[0];
      const inputCame = coming?.then(() => true);
      const resultCame = first?.then(() => false);
      if (await Promise.race([inputCame, resultCame].filter((event) => event !== undefined))) {
        const input = await coming!;
        coming = undefined;
        if (input.done === true) {
          ended = true;
          continue;
        }
        const result = work(input.value);
        // It is looked at when its turn comes; until then its failure is nobody's.
        void result.catch(() => undefined);
        running.push(result);
      } else {
        void running.shift();
        yield await first!;
      }
    }
  } finally {
    if (!ended) {
      void coming?.catch(() => undefined);
      // Not waited for: a generator that waits for its own input would not hear of it.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }
}
