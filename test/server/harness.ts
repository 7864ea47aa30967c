import { once } from 'node:events';
import { afterEach } from 'vitest';
import { encodeMuLaw } from '../../src/audio/g711.js';
import type { SpeechEngine } from '../../src/engine/speech-engine.js';
import { createLogger } from '../../src/server/logger.js';
import type { CallEnded } from '../../src/server/protocol.js';
import { createServer } from '../../src/server/server.js';
import type { DashboardSource, TonalitetServer } from '../../src/server/server.js';
import type { SurveyKeeping } from '../../src/server/survey-intake.js';
import { resolveSettings } from '../../src/server/settings.js';
import { WebSocket } from '../../src/server/web-socket.js';
import { FakeEngine } from './fake-engine.js';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export function onCleanup(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}

export interface TestServer {
  readonly server: TonalitetServer;
  readonly engine: FakeEngine;
  readonly logLines: string[];
  readonly results: CallEnded[];
  /** `ws://127.0.0.1:port` */
  readonly wsUrl: string;
}

/** A ready server on a free port, stopped after the test. */
export async function startServer(
  raw: Readonly<Record<string, unknown>> = {},
  {
    engine = new FakeEngine(),
    keepResults = false,
    keeping,
    wrap,
    dashboard,
  }: { engine?: FakeEngine; keepResults?: boolean; keeping?: SurveyKeeping; wrap?: (engine: FakeEngine) => SpeechEngine; dashboard?: DashboardSource } = {},
): Promise<TestServer> {
  const logLines: string[] = [];
  const results: CallEnded[] = [];
  const server = await createServer({
    settings: resolveSettings({ port: 0, drain_s: 0.2, ...raw }),
    createEngine: async () => wrap?.(engine) ?? engine,
    log: createLogger('debug', { write: (line) => void logLines.push(line) }),
    dashboard,
    onResult: keepResults ? (ended) => void results.push(ended) : undefined,
    keeping,
  });
  onCleanup(async () => server.stop());
  await server.ready;
  return { server, engine, logLines, results, wsUrl: server.url.replace('http', 'ws') };
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client that keeps what it gets. */
export class TestClient {
  readonly socket: WebSocket;
  readonly frames: (string | Uint8Array)[] = [];
  readonly closed: Promise<Closed>;
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      this.frames.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static async connect(url: string, options: { protocols?: string[]; headers?: Record<string, string>; origin?: string } = {}): Promise<TestClient> {
    const socket = new WebSocket(url, options.protocols ?? [], { ...(options.headers && { headers: options.headers }), ...(options.origin && { origin: options.origin }) });
    const client = new TestClient(socket);
    onCleanup(() => socket.terminate());
    await Promise.race([once(socket, 'open'), once(socket, 'error').then(([error]) => Promise.reject(error as Error))]);
    return client;
  }

  /** The text frames so far, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.frames.filter((frame) => typeof frame === 'string').map((frame) => JSON.parse(frame) as Record<string, unknown>);
  }

  json(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  text(frame: string): void {
    this.socket.send(frame);
  }

  binary(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** µ-law in frames of 20 ms, as fast as they go. */
  muLaw(samples8k: Float32Array): void {
    const bytes = encodeMuLaw(samples8k);
    for (let start = 0; start < bytes.length; start += 160) this.socket.send(bytes.subarray(start, start + 160));
  }

  /** Waits until a message is there that fits. */
  async message(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed without the message; got ${this.frames.length} frames`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async count(frames: number): Promise<void> {
    while (this.frames.length < frames && this.socket.readyState !== WebSocket.CLOSED) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The status of a refused upgrade. */
export async function upgradeStatus(url: string, options: { headers?: Record<string, string>; origin?: string; protocols?: string[] } = {}): Promise<number> {
  const socket = new WebSocket(url, options.protocols ?? [], { ...(options.headers && { headers: options.headers }), ...(options.origin && { origin: options.origin }) });
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (request, response) => {
      response.resume();
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', reject);
  });
}

/** 16-bit little-endian samples. */
export function toL16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(32_767 / 32_768, sample)) * 32_768), true));
  return bytes;
}

/** Whether the server still takes a call, which is what every hostile test ends with. */
export async function isHealthy({ wsUrl, server }: TestServer): Promise<boolean> {
  const ready = await fetch(`${server.url}/ready`);
  const client = await TestClient.connect(`${wsUrl}/v1/stream`);
  client.json({ type: 'start', encoding: 'pcmu', sample_rate: 8_000 });
  client.json({ type: 'CloseStream' });
  const { code } = await client.closed;
  return ready.status === 200 && code === 1000;
}
