import { isMainThread } from 'node:worker_threads';
import { TonalitetError } from '../errors.js';

/**
 * ONNX Runtime's switch. Since 1.29 its official builds for Linux and macOS make an identifier of the device, note what models are loaded
 * and how they run in a database under the user's cache folder, and send that to their maker (microsoft/onnxruntime, pull request
 * 27379). Set to 1 before the runtime is loaded, none of it is made.
 */
const SWITCH = 'ORT_DISABLE_TELEMETRY';
const OFF = '1';

/**
 * Turns the telemetry of ONNX Runtime off, whatever the environment said. To be called before a thread loads it.
 *
 * @throws TonalitetError `INFERENCE_FAILED` in a thread of the caller's whose environment does not turn it off: a thread has a copy of
 *   the environment, and native code does not see what is changed there.
 */
export function turnTelemetryOff(): void {
  if (isMainThread) process.env[SWITCH] = OFF;
  else if (process.env[SWITCH] !== OFF) {
    throw new TonalitetError('INFERENCE_FAILED', `Expected ${SWITCH}=${OFF} in the environment of the process, since models are loaded from a thread of its own; otherwise ONNX Runtime would send usage data out. Set it before the process starts, or in its main thread before that thread does.`);
  }
}
