import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type * as Client from '../../src/client/index.js';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_WAITING_S, Microphone } from '../../src/client/index.js';
import { makeWav } from '../audio/make-wav.js';
import { PAUSE, speech } from '../server/fake-engine.js';
import { onCleanup, startServer, toL16 } from '../server/harness.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const BUILT = fileURLToPath(new URL('../../dist/', import.meta.url));
const missing = [CHROMIUM, join(BUILT, 'client', 'microphone.js')].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`SKIPPED: the microphone in Chromium, because these are not there: ${missing.join(', ')} (CHROMIUM_PATH names another Chromium; 'npm run build' builds).`);

/** The built client's files as they are, without a bundler: whatever a browser cannot load fails here. */
async function serveBuilt(): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://here');
    const path = normalize(join(BUILT, pathname));
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>microphone</title><button>start</button>');
    if (!path.startsWith(BUILT) || !existsSync(path)) return void response.writeHead(404).end();
    void readFile(path).then((bytes) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Opened {
  readonly page: Page;
  readonly origin: string;
  readonly requested: string[];
  readonly problems: string[];
}

async function open(words: Parameters<typeof speech>[0], allowed = true): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-microphone-'));
  onCleanup(async () => rm(folder, { recursive: true, force: true }));
  const wav = join(folder, 'microphone.wav');
  await writeFile(wav, makeWav({ sampleRateHz: 48_000, data: toL16(speech(words, 48_000)) }));
  const origin = await serveBuilt();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${wav}`,
      ...(allowed ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']),
    ],
  });
  onCleanup(async () => browser.close());
  const page = await browser.newPage();
  const requested: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(origin);
  return { page, origin, requested, problems };
}

describe.skipIf(missing.length > 0)('the microphone in Chromium, with the built client and no bundler', () => {
  it.each([16_000, 48_000])('streams a call at %i Hz to its end', async (sampleRateHz) => {
    const { page, origin, requested, problems } = await open(['bra', 'bra', 'bra', 'bra', ...PAUSE, ...PAUSE]);
    const { server } = await startServer({ origins: [origin] });
    const result = await page.evaluate(async ({ url, sampleRateHz }) => {
      // The page's own import: one that stands here would be rewritten by the test runner.
      // eslint-disable-next-line @typescript-eslint/no-implied-eval
      const load = new Function('path', 'return import(path)') as (path: string) => Promise<typeof Client>;
      const { Microphone, StreamClient } = await load('/client/index.js');
      const levels: number[] = [];
      const microphone = await Microphone.open({ sampleRateHz: sampleRateHz as 16_000, onLevel: (level) => levels.push(level) });
      const client = await StreamClient.connect({ url, encoding: 'l16', sampleRateHz: microphone.sampleRateHz, callId: 'mic' });
      const sent = client.writeAll(microphone);
      setTimeout(() => void microphone.close(), 5_000);
      await sent;
      const ended = await client.end();
      return { ended, rate: microphone.sampleRateHz, lostS: microphone.lostS, loudest: Math.max(...levels), quietest: Math.min(...levels) };
    }, { url: server.url, sampleRateHz });
    expect(result.rate).toBe(sampleRateHz);
    expect(result.ended.call_id).toBe('mic');
    // A busy machine drops some of the fake microphone's samples; tones are then heard as other words.
    expect(result.ended.comments[0]!.text).toMatch(/bra|lång|kö|tack/);
    expect(result.ended.duration_s).toBeGreaterThan(3);
    expect(result.ended.duration_s).toBeLessThan(7);
    expect(result.lostS).toBe(0);
    expect(result.loudest).toBeGreaterThan(0.1);
    expect(result.loudest).toBeLessThanOrEqual(1);
    expect(result.quietest).toBeLessThan(0.05);
    expect(problems).toEqual([]);
    // Only the client's own modules: nothing of Node, nothing from elsewhere.
    const modules = requested.filter((url) => url.endsWith('.js')).map((url) => new URL(url).pathname);
    expect(modules).toContain('/client/microphone.js');
    expect(modules.filter((path) => !/^\/(client\/[a-z0-9-]+|errors|comment-json)\.js$/.test(path))).toEqual([]);
    expect(requested.filter((url) => !url.startsWith(origin) && !url.startsWith('blob:'))).toEqual([]);
  }, 120_000);

  it('says what to do where the user does not allow it', async () => {
    const { page } = await open(['bra'], false);
    const error = await page.evaluate(async () => {
      // The page's own import: one that stands here would be rewritten by the test runner.
      // eslint-disable-next-line @typescript-eslint/no-implied-eval
      const load = new Function('path', 'return import(path)') as (path: string) => Promise<typeof Client>;
      const { Microphone } = await load('/client/index.js');
      return Microphone.open().then(() => undefined, (failure: { code: string; message: string }) => ({ code: failure.code, message: failure.message }));
    });
    expect(error).toEqual({ code: 'MICROPHONE_UNAVAILABLE', message: expect.stringMatching(/^Expected a microphone that may be heard, got Not\w+Error from the browser/) });
  }, 120_000);
});

describe('the microphone', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A browser whose sound is whatever the test says. */
  function browser({ refusesRate = false, state = 'running' } = {}): { say: (samples: Float32Array) => void; unplug: () => void; tracksStopped: () => number; contexts: number[] } {
    let port: { onmessage: ((event: { data: unknown }) => void) | null } | undefined;
    let ended: () => void = () => undefined;
    let stopped = 0;
    const contexts: number[] = [];
    const track = { stop: () => void stopped++, addEventListener: (_: string, listener: () => void) => void (ended = listener) };
    class Context {
      readonly sampleRate: number;
      readonly state = state;
      readonly audioWorklet = { addModule: async () => undefined };
      constructor({ sampleRate = 44_100 } = {}) {
        this.sampleRate = sampleRate;
        contexts.push(sampleRate);
      }
      createMediaStreamSource(): object {
        if (refusesRate && this.sampleRate !== 44_100) throw new Error('another rate');
        return { connect: () => undefined };
      }
      resume = async (): Promise<void> => undefined;
      close = async (): Promise<void> => undefined;
    }
    class Node {
      readonly port = { onmessage: null, postMessage: () => port!.onmessage!({ data: 'flushed' }), close: () => undefined };
      constructor() {
        port = this.port;
      }
      disconnect = (): void => undefined;
    }
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: async () => ({ getTracks: () => [track] }) } });
    vi.stubGlobal('AudioContext', Context);
    vi.stubGlobal('AudioWorkletNode', Node);
    return { say: (samples) => port!.onmessage!({ data: samples }), unplug: () => ended(), tracksStopped: () => stopped, contexts };
  }

  const FRAME = new Float32Array(640).fill(0.5);

  it('gives what it heard, and ends', async () => {
    const { say, tracksStopped } = browser();
    const levels: number[] = [];
    const microphone = await Microphone.open({ onLevel: (level) => levels.push(level) });
    say(FRAME);
    say(new Float32Array([2, -2]));
    await microphone.close();
    const pieces: Uint8Array[] = [];
    for await (const bytes of microphone) pieces.push(bytes);
    expect(pieces.map((bytes) => bytes.length)).toEqual([1_280, 4]);
    // Clipped, little-endian.
    expect([...pieces[1]!]).toEqual([0xff, 0x7f, 0x00, 0x80]);
    expect(levels[0]).toBeCloseTo(0.5);
    expect(tracksStopped()).toBe(1);
  });

  it('waits for a slow reader up to its limit, and counts what is left out', async () => {
    const { say } = browser();
    const microphone = await Microphone.open();
    for (let i = 0; i < (MAX_WAITING_S + 2) / 0.04; i++) say(FRAME);
    expect(microphone.lostS).toBeCloseTo(2);
    await microphone.close();
    let samples = 0;
    for await (const bytes of microphone) samples += bytes.length / 2;
    expect(samples / microphone.sampleRateHz).toBeCloseTo(MAX_WAITING_S);
  });

  it('gives what came until it was taken away, and then says so', async () => {
    const { say, unplug } = browser();
    const microphone = await Microphone.open();
    say(FRAME);
    unplug();
    const reader = microphone[Symbol.asyncIterator]();
    expect((await reader.next()).value).toHaveLength(1_280);
    await expect(reader.next()).rejects.toMatchObject({ code: 'MICROPHONE_UNAVAILABLE' });
  });

  it('lets go of the microphone when nobody reads on', async () => {
    const { say, tracksStopped } = browser();
    const microphone = await Microphone.open();
    say(FRAME);
    for await (const bytes of microphone) {
      expect(bytes).toHaveLength(1_280);
      break;
    }
    expect(tracksStopped()).toBe(1);
  });

  it("takes the microphone's own rate in browsers that connect it at no other", async () => {
    const { contexts } = browser({ refusesRate: true });
    const microphone = await Microphone.open();
    expect(contexts).toEqual([16_000, 44_100]);
    expect(microphone.sampleRateHz).toBe(44_100);
    await microphone.close();
  });

  it('does not wait for ever for a browser that wants a click first', async () => {
    const { tracksStopped } = browser({ state: 'suspended' });
    await expect(Microphone.open()).rejects.toMatchObject({ code: 'MICROPHONE_UNAVAILABLE', message: expect.stringContaining('click') });
    expect(tracksStopped()).toBe(1);
  });

  it('is not there outside of browsers', async () => {
    await expect(Microphone.open()).rejects.toMatchObject({ code: 'MICROPHONE_UNAVAILABLE' });
  });
});
