import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { BUILT, describeWithModels } from './with-models.js';

const ENGINE = pathToFileURL(`${BUILT}engine/local-engine.js`).href;

/** Runs a program that starts an engine and gives it 20 s of noise to recognise, and that then does `then`. */
async function run(then: string): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; stderr: string; seconds: number }> {
  const program = `
    import { createSpeechEngine } from '${ENGINE}';
    const engine = await createSpeechEngine({ models: ['speech'] });
    const noise = Float32Array.from({ length: 320_000 }, () => Math.random() - 0.5);
    const results = Promise.allSettled([engine.recognise(noise), engine.recognise(noise)]);
    console.error('running');
    ${then}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let startMs = performance.now();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (text.includes('running')) startMs = performance.now();
  });
  return new Promise((resolve) => {
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stderr, seconds: (performance.now() - startMs) / 1_000 }));
  });
}

await describeWithModels('the end of a process in the middle of inference', ['speech'], () => {
  // Ended in native code, a thread would abort the process with SIGABRT. The moments reach from the encoder to the decoder.
  it.each([0, 100, 300, 700, 1_500])('by process.exit() after %i ms is prompt and clean', { timeout: 60_000 }, async (ms) => {
    const result = await run(`setTimeout(() => process.exit(7), ${ms});`);
    expect(result).toMatchObject({ exitCode: 7, signal: null, stderr: 'running\n' });
    expect(result.seconds).toBeLessThan(15);
  });

  it('by an error that nobody catches is clean', { timeout: 60_000 }, async () => {
    const result = await run(`setTimeout(() => { throw new Error('a mistake elsewhere'); }, 200);`);
    expect(result).toMatchObject({ exitCode: 1, signal: null });
    expect(result.stderr).toContain('a mistake elsewhere');
  });

  it('by dispose() waits for what runs, drops what waits, and then ends by itself', { timeout: 60_000 }, async () => {
    const result = await run(`
      await new Promise((resolve) => setTimeout(resolve, 100));
      await engine.dispose();
      const outcomes = (await results).map((outcome) => outcome.reason?.code ?? outcome.status);
      console.error(outcomes.join(' '));
    `);
    expect(result).toMatchObject({ exitCode: 0, signal: null });
    expect(result.stderr).toMatch(/running\n(fulfilled ?)+(DISPOSED ?)*\n/);
  });

  it('comes by itself where nobody disposes of the engine', { timeout: 60_000 }, async () => {
    expect(await run('await results;')).toMatchObject({ exitCode: 0, signal: null });
  });
});
