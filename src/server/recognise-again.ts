import { setTimeout as sleep } from 'node:timers/promises';
import type { Recognition, SpeechEngine } from '../engine/speech-engine.js';
import { TonalitetError } from '../errors.js';

/** Times that one stretch is tried: a worker that crashed is replaced, and a stretch that crashes three workers is at fault itself. */
const MAX_TRIES = 3;

/** The longest that one try may take, in seconds: a 30 s stretch takes about two on a small machine, and work queues before it. */
const TRY_TIMEOUT_S = 60;

/** The wait before the engine's full queue is tried again, and how often it is: together about as long as a try may take. */
const QUEUE_WAIT_MS = 250;
const MAX_QUEUE_WAITS = 240;

/**
 * Recognises a stretch as a final, and tries again when the worker that had it is lost, hangs, or when the queue is full.
 *
 * @throws what the engine threw at last; `INFERENCE_FAILED` for a try that never ended; `ABORTED`.
 */
export async function recogniseAgain(engine: SpeechEngine, samples: Float32Array, signal: AbortSignal): Promise<Recognition> {
  let queueWaits = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await withTimeout(engine, samples, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof TonalitetError)) throw error;
      if (error.code === 'QUEUE_FULL' && queueWaits < MAX_QUEUE_WAITS) {
        queueWaits++;
        attempt--;
        await sleep(QUEUE_WAIT_MS, undefined, { ref: false });
      } else if (!['WORKER_CRASHED', 'INFERENCE_FAILED'].includes(error.code) || attempt >= MAX_TRIES) {
        throw error;
      }
    }
  }
}

async function withTimeout(engine: SpeechEngine, samples: Float32Array, signal: AbortSignal): Promise<Recognition> {
  const timeout = new AbortController();
  const settled = new AbortController();
  const recognition = engine.recognise(samples, { priority: 'final', signal: AbortSignal.any([signal, timeout.signal]) });
  const tooLong = sleep(TRY_TIMEOUT_S * 1000, undefined, { ref: false, signal: settled.signal }).then(() => {
    timeout.abort();
    throw new TonalitetError('INFERENCE_FAILED', `Expected a stretch of speech to be recognised within ${TRY_TIMEOUT_S} s, got no answer.`);
  });
  try {
    return await Promise.race([recognition, tooLong]);
  } finally {
    // Whichever lost the race may still reject, and nobody waits for it any more.
    recognition.catch(() => undefined);
    tooLong.catch(() => undefined);
    settled.abort();
  }
}
