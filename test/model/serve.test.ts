import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { makeToken } from '../../src/server/access.js';
import { makeWav } from '../audio/make-wav.js';
import { runCommand } from './run-command.js';
import { COMMAND, describeWithModels } from './with-models.js';

const running: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tonalitet-serve-'));
  folders.push(path);
  return path;
}

async function serve(...args: string[]): Promise<{ url: string; child: ChildProcess; log: () => string }> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', '--drain-s', '1', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)![0];
  await expect.poll(async () => (await fetch(`${url}/ready`)).status, { timeout: 60_000 }).toBe(200);
  return { url, child, log: () => log };
}

/** Two seconds of silence, 16 bits at 8 kHz. */
function silence(): Uint8Array {
  return makeWav({ data: new Uint8Array(32_000) });
}

it('makes a token without models', async () => {
  const { stdout, exitCode } = await runCommand(['serve', '--new-token', 'telefoni']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^token: tnl_[\w-]{43}\nentry: telefoni:[0-9a-f]{64}\n$/);
});

it('says what is wrong with its settings', async () => {
  const open = await runCommand(['serve', '--host', '0.0.0.0']);
  expect(open.exitCode).not.toBe(0);
  expect(open.stderr).toMatch(/^tonalitet: expected tokens or tls_client_ca to listen on 0\.0\.0\.0/);
  const unknown = join(await folder(), 'server.yaml');
  await writeFile(unknown, 'max_stream: 3\n');
  expect((await runCommand(['serve', '--config', unknown])).stderr).toContain('"max_stream"');
});

await describeWithModels('tonalitet serve and tonalitet stream', ['speech', 'vad', 'tonality'], () => {
  it('answers a recording as a call, keeps the result, and ends at SIGTERM', { timeout: 120_000 }, async () => {
    const path = await folder();
    const wav = join(path, 'comment.wav');
    await writeFile(wav, silence());
    const results = join(path, 'results.jsonl');
    const { url, child } = await serve('--results-file', results);
    const streamed = await runCommand(['stream', wav, '--url', url, '--fast']);
    expect(streamed).toMatchObject({ exitCode: 0, stdout: 'tonality: no_speech\n' });
    child.kill('SIGTERM');
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect([code, signal]).toEqual([143, null]);
    expect(JSON.parse(await readFile(results, 'utf8'))).toMatchObject({ duration_s: 2, comments: [{ text: '', reason: 'no_speech' }] });
  });

  it('takes tokens over from its file on SIGHUP', { timeout: 120_000 }, async () => {
    const config = join(await folder(), 'server.yaml');
    const first = makeToken('a');
    const second = makeToken('a');
    await writeFile(config, `tokens: [${first.entry}]\n`);
    const { url, child } = await serve('--config', config);
    const status = async (token: string): Promise<number> => (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status(first.token), await status(second.token)]).toEqual([200, 401]);
    await writeFile(config, `tokens: [${second.entry}]\n`);
    child.kill('SIGHUP');
    await expect.poll(async () => status(second.token)).toBe(200);
    expect(await status(first.token)).toBe(401);
  });
});
