import { parentPort, workerData } from 'node:worker_threads';
import { TonalitetError } from '../errors.js';
import { toErrorMessage } from './error-message.js';
import { InferenceWork } from './inference-work.js';
import { ThreadControl } from './thread-control.js';
import type { ThreadData, ThreadRequest, ThreadResponse } from './work.js';

/** The program of an inference thread: loads its models, then does one batch after the other until it is told to end. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new TypeError('expected this module to be the program of a worker thread');
  const data = workerData as ThreadData;
  const control = new ThreadControl(data.control);
  const send = (response: ThreadResponse): void => port.postMessage(response);

  let work: InferenceWork;
  try {
    work = await InferenceWork.load(data, () => control.stopped);
  } catch (error) {
    control.busy = false;
    send({ kind: 'unusable', error: toErrorMessage(error) });
    port.close();
    return;
  }
  control.busy = false;
  let running: Promise<void> = Promise.resolve();
  const run = async (request: Extract<ThreadRequest, { kind: 'run' }>): Promise<void> => {
    // In this order: whoever asks the thread to stop then sees either that it is busy, or that it does not begin.
    control.busy = true;
    try {
      if (control.stopped) throw new TonalitetError('ABORTED', 'The work was not begun, because the program is about to end.');
      const results = await work.run(request.work, () => control.shouldStop(request.batch));
      send({ kind: 'done', batch: request.batch, results });
    } catch (error) {
      send({ kind: 'failed', batch: request.batch, error: toErrorMessage(error) });
    } finally {
      control.busy = false;
    }
    // Given up by its owner, and yet it came back: it makes room.
    if (control.stopped) port.close();
  };
  port.on('message', (request: ThreadRequest) => {
    running = running.then(async () => {
      if (request.kind === 'run') await run(request);
      else port.close();
    });
  });
  send({ kind: 'ready', models: work.models });
}

await main();
