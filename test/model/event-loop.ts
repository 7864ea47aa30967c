import { readFileSync } from 'node:fs';

/** How often the timer asks for its turn. */
const TICK_MS = 2;

/**
 * The longest time, in milliseconds, for which the event loop of this thread gave a timer no turn while something was going
 * on. What the thread spent waiting for a core, because others had them, is taken off where the system tells (Linux).
 */
export async function longestBlockMs(during: () => Promise<unknown>): Promise<number> {
  let worst = 0;
  let last = performance.now();
  let lastWaited = waitedForCoreMs();
  const timer = setInterval(() => {
    const now = performance.now();
    const waited = waitedForCoreMs();
    worst = Math.max(worst, now - last - TICK_MS - (waited - lastWaited));
    last = now;
    lastWaited = waited;
  }, TICK_MS);
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  return worst;
}

/** Called from the main thread of the process alone. */
function waitedForCoreMs(): number {
  if (process.platform !== 'linux') return 0;
  // Nanoseconds on a core, nanoseconds of waiting for one, number of turns.
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
}
