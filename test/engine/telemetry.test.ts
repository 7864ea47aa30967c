import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { turnTelemetryOff } from '../../src/engine/telemetry.js';

const built = new URL('../../dist/engine/telemetry.js', import.meta.url);
const isBuilt = existsSync(fileURLToPath(built));
if (!isBuilt) console.warn('not tested: telemetry in threads of the caller, since dist/ is not built (npm test builds it)');

const before = process.env['ORT_DISABLE_TELEMETRY'];
afterEach(() => {
  process.env['ORT_DISABLE_TELEMETRY'] = before;
});

/** What the function does in a thread that has this environment: an error's code, or 'off'. */
async function inThread(env: Record<string, string>): Promise<string> {
  const program = `import { parentPort } from 'node:worker_threads';
    import(${JSON.stringify(built.href)}).then(({ turnTelemetryOff }) => { turnTelemetryOff(); parentPort.postMessage('off'); }).catch((error) => parentPort.postMessage(error.code));`;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { env });
  return new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
}

describe('the telemetry of ONNX Runtime', () => {
  it('is off before any thread loads the runtime, whatever the environment said', () => {
    process.env['ORT_DISABLE_TELEMETRY'] = '0';
    turnTelemetryOff();
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  });

  it.skipIf(!isBuilt)('is not left on where only the main thread can turn it off', async () => {
    expect(await inThread({})).toBe('INFERENCE_FAILED');
    expect(await inThread({ ORT_DISABLE_TELEMETRY: '0' })).toBe('INFERENCE_FAILED');
    expect(await inThread({ ORT_DISABLE_TELEMETRY: '1' })).toBe('off');
  });
});
