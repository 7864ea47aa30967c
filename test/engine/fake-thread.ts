import { EventEmitter } from 'node:events';
import { ThreadControl } from '../../src/engine/thread-control.js';
import type { Thread } from '../../src/engine/inference-thread.js';
import type { Batch, ErrorMessage, ThreadData, ThreadRequest } from '../../src/engine/work.js';

/** What a fake thread does with a batch: gives results, fails, ends, or never answers. */
export type Behaviour = (work: Batch, control: ThreadControl) => Promise<readonly unknown[] | ErrorMessage | 'crash' | 'hang'>;

/** A thread without a thread: it answers as told, in later turns of the event loop. */
export class FakeThread extends EventEmitter implements Thread {
  readonly control: ThreadControl;
  readonly batches: Batch[] = [];
  referenced = true;
  closed = false;
  readonly #behaviour: Behaviour;

  constructor(data: ThreadData, behaviour: Behaviour, unusable?: ErrorMessage) {
    super();
    this.control = new ThreadControl(data.control);
    this.#behaviour = behaviour;
    setImmediate(() => {
      this.control.busy = false;
      if (unusable === undefined) this.emit('message', { kind: 'ready', models: { speech: { name: 'fake', version: '1' } } });
      else this.emit('message', { kind: 'unusable', error: unusable });
    });
  }

  postMessage(request: ThreadRequest): void {
    if (request.kind === 'close') {
      this.end(0);
      return;
    }
    this.batches.push(request.work);
    void this.#run(request);
  }

  end(exitCode: number): void {
    this.closed = true;
    setImmediate(() => this.emit('exit', exitCode));
  }

  ref(): void {
    this.referenced = true;
  }

  unref(): void {
    this.referenced = false;
  }

  async #run({ batch, work }: Extract<ThreadRequest, { kind: 'run' }>): Promise<void> {
    this.control.busy = true;
    const outcome = await this.#behaviour(work, this.control);
    if (outcome === 'hang') return;
    this.control.busy = false;
    if (outcome === 'crash') {
      this.emit('error', new Error('out of memory'));
      this.end(1);
    } else if ('code' in outcome) {
      this.emit('message', { kind: 'failed', batch, error: outcome });
    } else {
      this.emit('message', { kind: 'done', batch, results: outcome });
    }
  }
}
