import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, describeWithModels } from '../model/with-models.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const samples = fileURLToPath(new URL('../../samples/', import.meta.url));

/** Dozens of processes, of which several load the models. */
const LONG_MS = 420_000;

/**
 * How a program is run with nothing but the loopback interface: in a network namespace of its own, where every attempt to leave,
 * native code's and other programs' too, is counted by the kernel. Root may do so; elsewhere often everybody, as root of a user
 * namespace. `undefined` where neither can.
 */
const namespace = [['-n'], ['-rn']].find((flags) => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0);
if (namespace === undefined) console.warn('\n*** LEFT OUT: the network namespace of the network test needs unshare (util-linux), ip (iproute2) and the right to use them ***\n');
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

const isolated = (program: readonly string[]): string[] => (namespace === undefined ? [...program] : ['unshare', ...namespace, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...program]);

let folder: string;
let home: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-network-'));
  home = join(folder, 'home');
  log = join(folder, 'guard.log');
  await mkdir(home);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function run([program, ...args]: readonly string[], guarded: boolean): Promise<string> {
  // Nothing of this environment: CI and ORT_DISABLE_TELEMETRY would silence the telemetry of a dependency here and not at a user's.
  const environment = { PATH: process.env['PATH'], HOME: home, TMPDIR: tmpdir() };
  const guard = guarded ? { NODE_OPTIONS: `--import=${new URL('network-guard.mjs', import.meta.url).href}`, NETWORK_GUARD_LOG: log } : {};
  const child = spawn(program!, args, { env: { ...environment, ...guard, WITH_FFMPEG: hasFfmpeg ? '1' : '0' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
}

/** What the guard refused. */
async function refused(): Promise<string[]> {
  return (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

/** Runs a program in the namespace, and says how often something there found no way out. */
async function leftWithoutRoute(program: string): Promise<number> {
  const count = `${program}; awk '/^Ip:/ { if (!n) { for (i = 1; i <= NF; i++) if ($i == "OutNoRoutes") n = i } else print $n }' /proc/net/snmp`;
  return Number((await run(isolated(['sh', '-c', count]), false)).trim().split('\n').at(-1));
}

describe('the guard of the network test', () => {
  it('notes every way out of a Node program, in threads too', { timeout: 60_000 }, async () => {
    const tried = (await run(isolated([process.execPath, here('network-attempts.mjs')]), true)).trim().split('\n');
    expect(tried).toHaveLength(22);
    const lines = await refused();
    const times = (line: string): number => lines.filter((one) => one === line).length;
    for (const line of ['connect 2001:db8::7', 'dns lookup telemetry.example.com', 'dns resolve4 telemetry.example.com', 'dns resolveTxt telemetry.example.com', 'udp send 203.0.113.7']) {
      expect(times(line), line).toBe(2);
    }
    // Six of the attempts open a connection to the first address, twice each.
    expect(times('connect 203.0.113.7')).toBe(12);
  });

  it.skipIf(namespace === undefined)('has the kernel count what Node does not see', { timeout: 60_000 }, async () => {
    expect(await leftWithoutRoute('true')).toBe(0);
    expect(await leftWithoutRoute(`'${process.execPath}' -e "require('net').connect(443, '203.0.113.7').on('error', () => process.exit(0))"`)).toBeGreaterThan(0);
  });
});

interface WholeJob {
  readonly steps: readonly { readonly step: string; readonly exitCode: number; readonly stdout: string; readonly stderr: string }[];
  readonly kernel: { readonly withoutRoute: number; readonly interfaces: readonly string[] } | null;
}

await describeWithModels('without a network', ['speech', 'vad', 'tonality'], () => {
  it('everything works, from a recording to the report and in the server, and nothing tries to reach one', { timeout: LONG_MS }, async () => {
    const job = JSON.parse(await run(isolated([process.execPath, here('whole-job.mjs'), COMMAND, samples, folder]), true)) as WholeJob;
    expect(job.steps.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    const said = (step: string): string => job.steps.find((one) => one.step === step)!.stdout;
    expect(JSON.parse(said(`classify ${join(folder, 'a.wav')}`))).toMatchObject({ tonality: 'positiv' });
    expect(said('library')).toBe('"positiv"');
    expect(said('upload')).toMatch(/augusti/i);
    expect(await refused()).toEqual([]);
    // An identifier of the device, or events that are kept to be sent later, would lie here.
    expect(await readdir(home)).toEqual([]);
    if (namespace !== undefined) expect(job.kernel).toEqual({ withoutRoute: 0, interfaces: ['lo'] });
  });
});
