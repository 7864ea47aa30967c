import { TonalitetError } from './errors.js';

/** @throws TonalitetError `ABORTED` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedError(signal);
}

/** The error for a signal that has fired, with the caller's reason as its cause. */
export function abortedError(signal: AbortSignal): TonalitetError {
  return new TonalitetError('ABORTED', "Stopped by the caller's AbortSignal before the work was done.", { cause: signal.reason });
}

/** Waits for a promise, but no longer than until the signal fires. The promise's own later outcome is then ignored. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    // Taken off again each time: a signal may outlive many thousands of reads.
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
