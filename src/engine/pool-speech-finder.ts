import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import { TonalitetError } from '../errors.js';
import { SpeechFinder } from '../vad/speech-finder.js';
import type { FoundSpeech } from '../vad/speech-finder.js';
import type { LiveSpeechFinder, SpeechEvent } from './speech-engine.js';
import type { WorkerPool } from './worker-pool.js';

/** The most samples of one push: one second. */
const MAX_PUSH_SAMPLES = MODEL_SAMPLE_RATE_HZ;

/**
 * Finds speech with a model in another thread. Only the probabilities are made there: the samples and the state of the search
 * stay here, so that a thread that is lost takes nothing of the stream with it.
 */
export class PoolSpeechFinder implements LiveSpeechFinder {
  readonly #pool: WorkerPool;
  readonly #stream: number;
  readonly #finder: SpeechFinder;
  readonly #onClose: () => void;
  /** The end of what was asked for so far: one thing at a time, in order. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param stream a number that no other stream of the pool has. */
  constructor(pool: WorkerPool, stream: number, onClose: () => void) {
    this.#pool = pool;
    this.#stream = stream;
    this.#onClose = onClose;
    this.#finder = new SpeechFinder({
      push: async (samples) =>
        pool.submit(
          'listen',
          // A copy of these alone: a view would take the whole of what the finder holds along.
          { kind: 'samples', stream, samples: samples.slice() },
          { priority: 'final', length: seconds(samples.length), signal: undefined },
        ),
    });
  }

  async push(samples: Float32Array): Promise<readonly SpeechEvent[]> {
    if (!(samples instanceof Float32Array)) throw new TypeError(`expected samples as a Float32Array, got ${typeof samples}`);
    if (samples.length > MAX_PUSH_SAMPLES) throw new RangeError(`expected at most ${MAX_PUSH_SAMPLES} samples at a time, got ${samples.length}`);
    return this.#inTurn(async () => (await this.#finder.push(samples)).map(toSpeechEvent));
  }

  async openSpeech(): Promise<{ readonly startS: number; readonly samples: Float32Array } | undefined> {
    return this.#inTurn(async () => {
      const open = this.#finder.open();
      return open && { startS: seconds(open.start), samples: open.samples };
    });
  }

  async flush(): Promise<readonly SpeechEvent[]> {
    return this.#inTurn(async () => this.#finder.flush().map(toSpeechEvent));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    await this.#turn.catch(() => undefined);
    // Where the pool is gone, so is what it held of the stream.
    await this.#pool
      .submit('listen', { kind: 'close', stream: this.#stream }, { priority: 'final', length: 0, signal: undefined })
      .catch(() => undefined);
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new TonalitetError('DISPOSED', 'Expected a speech finder that is open, but it was closed. Open a new one.');
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function toSpeechEvent(found: FoundSpeech): SpeechEvent {
  return found.kind === 'start'
    ? { kind: 'speech_start', atS: seconds(found.at) }
    : { kind: 'speech_end', startS: seconds(found.start), endS: seconds(found.end), samples: found.samples };
}

function seconds(samples: number): number {
  return samples / MODEL_SAMPLE_RATE_HZ;
}
