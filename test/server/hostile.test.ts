import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/server/web-socket.js';
import { FakeEngine, PAUSE, speech } from './fake-engine.js';
import { TestClient, isHealthy, onCleanup, startServer, upgradeStatus } from './harness.js';
import type { TestServer } from './harness.js';

const START = { type: 'start', encoding: 'pcmu', sample_rate: 8_000 };

function rawSocket({ server }: TestServer): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  onCleanup(() => void socket.destroy());
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const UPGRADE = 'GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

describe('before the upgrade', () => {
  it('ends a slow upgrade and a silent socket at the hello time-out', async () => {
    const test = await startServer({ hello_timeout_s: 1 });
    const slow = rawSocket(test);
    slow.write(UPGRADE.slice(0, 40));
    const silent = rawSocket(test);
    expect(await answerOf(slow)).toMatch(/^HTTP\/1\.1 408 /);
    await answerOf(silent);
    expect(await isHealthy(test)).toBe(true);
  }, 10_000);

  it('refuses headers over 16 KiB with 431', async () => {
    const test = await startServer();
    const socket = rawSocket(test);
    socket.write(`${UPGRADE}X-Large: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await isHealthy(test)).toBe(true);
  });

  it.each(['/../../etc/passwd', '/v1/../../secret', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/v1/stream%00', '/\\..\\..\\x', '*', 'http://other/'])(
    'has nothing at %s',
    async (path) => {
      const test = await startServer();
      const get = rawSocket(test);
      get.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(await answerOf(get)).toMatch(/^HTTP\/1\.1 (404|400|200 OK[^]*<!doctype html)/i);
      const upgrade = rawSocket(test);
      upgrade.write(UPGRADE.replace('/v1/stream', path) + '\r\n');
      expect(await answerOf(upgrade)).toMatch(/^(HTTP\/1\.1 (404|400) |$)/);
      expect(await isHealthy(test)).toBe(true);
    },
  );

  it('stands 500 connections at once, and refuses those over the limit with 503', async () => {
    const test = await startServer({ max_streams: 10 });
    const sockets: WebSocket[] = [];
    const status = async (): Promise<number> => {
      const socket = new WebSocket(`${test.wsUrl}/v1/stream`);
      sockets.push(socket);
      return new Promise((resolve) => {
        socket.once('open', () => resolve(101));
        socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
        socket.once('error', () => resolve(0));
      });
    };
    const statuses = await Promise.all(Array.from({ length: 500 }, status));
    expect(statuses.filter((code) => code === 101).length).toBe(10);
    expect(statuses.filter((code) => code === 503).length).toBe(490);
    for (const socket of sockets) socket.terminate();
    await expect.poll(async () => isHealthy(test).catch(() => false), { timeout: 8_000 }).toBe(true);
  }, 30_000);
});

describe('on the socket', () => {
  it.each([
    ['a 64 MiB message', (client: TestClient) => client.binary(new Uint8Array(64 * 1024 * 1024)), 1009],
    ['invalid JSON', (client: TestClient) => client.text('{"type":'), 1007],
    ['an unknown type', (client: TestClient) => client.json({ type: 'explode' }), 1007],
    ['JSON that is no object', (client: TestClient) => client.text('[1]'), 1007],
    ['a second start', (client: TestClient) => client.json(START), 4409],
    ['a digit that is none', (client: TestClient) => client.json({ type: 'dtmf', digit: '12' }), 1007],
    ['10,000 tiny messages', (client: TestClient) => Array.from({ length: 10_000 }, () => client.binary(Buffer.of(255))), 4429],
  ])('answers %s with its close code', async (_, attack, code) => {
    const test = await startServer();
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.json(START);
    attack(client);
    expect((await client.closed).code).toBe(code);
    if (code !== 1009) expect(client.messages.at(-1)).toMatchObject({ type: 'error', close_code: code });
    expect(await isHealthy(test)).toBe(true);
  });

  it.each([
    ['text for audio', 'hello', 1007],
    ['no encoding', '{"type":"start"}', 1003],
    ['an encoding that is not taken', '{"type":"start","encoding":"opus"}', 1003],
    ['a rate that is none', '{"type":"start","encoding":"l16","sample_rate":"8000; drop"}', 1003],
    ['five channels', '{"type":"start","encoding":"l16","channels":5}', 1003],
    ['another version', '{"type":"start","encoding":"l16","version":2}', 1007],
    ['Finalize', '{"type":"Finalize"}', 4409],
  ])('refuses %s as the first message', async (_, frame, code) => {
    const test = await startServer();
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.text(frame);
    expect((await client.closed).code).toBe(code);
  });

  it('refuses audio before start and after CloseStream', async () => {
    const test = await startServer({}, { engine: Object.assign(new FakeEngine(), { recogniseMs: 100 }) });
    const early = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    early.binary(new Uint8Array(160));
    expect(await early.closed).toEqual({ code: 4409, reason: 'out_of_order' });
    const late = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    late.json(START);
    late.muLaw(speech(['bra'], 8_000));
    late.json({ type: 'CloseStream' });
    late.binary(new Uint8Array(160));
    expect((await late.closed).code).toBe(4409);
    expect(await isHealthy(test)).toBe(true);
  });

  it('takes no compressed frame: 1002', async () => {
    const test = await startServer();
    const socket = rawSocket(test);
    socket.write(`${UPGRADE}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`);
    const answer = answerOf(socket);
    await new Promise((resolve) => socket.once('data', resolve));
    // FIN, RSV1 (compressed), text; masked, four bytes of a deflate stream that says it holds much more.
    socket.write(Buffer.from([0xc1, 0x84, 0, 0, 0, 0, 0xec, 0xc1, 0x01, 0x01]));
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).not.toMatch(/permessage-deflate/i);
    expect(Buffer.from(text, 'latin1').includes(Buffer.from([0x03, 0xea]))).toBe(true);
    expect(await isHealthy(test)).toBe(true);
  });

  it('ends a connection that never says hello: 4408', async () => {
    const test = await startServer({ hello_timeout_s: 1 });
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    expect(await client.closed).toEqual({ code: 4408, reason: 'hello_timeout' });
  });

  it('answers what came, and then ends a call that falls silent: 4408', async () => {
    const test = await startServer({ idle_timeout_s: 1 });
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(speech(['bra'], 8_000));
    expect((await client.closed).code).toBe(4408);
    expect(client.messages.map((message) => message['type']).slice(-2)).toEqual(['ended', 'error']);
    expect(client.messages.at(-2)).toMatchObject({ comments: [{ text: 'bra' }] });
  });

  it('answers what came, and then ends a call that is too long: 4413', async () => {
    const test = await startServer({ max_call_s: 2 });
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(speech(['bra', ...PAUSE, 'kö', 'kö', 'kö', 'kö', 'kö'], 8_000));
    expect((await client.closed).code).toBe(4413);
    expect(client.messages.at(-2)).toMatchObject({ type: 'ended', duration_s: 2, comments: [{ text: 'bra kö kö' }] });
  });

  it('frees everything when connections are reset in mid-stream', async () => {
    const test = await startServer();
    for (let i = 0; i < 20; i++) {
      const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
      client.json(START);
      client.muLaw(speech(['bra', 'kö'], 8_000));
      client.socket.terminate();
    }
    expect(await isHealthy(test)).toBe(true);
    await expect.poll(() => test.engine.openFinders, { timeout: 5_000 }).toBe(0);
  });

  it('holds a sender back rather than filling its memory', async () => {
    const engine = new FakeEngine();
    const test = await startServer({}, { engine });
    engine.recogniseMs = 300;
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.json({ ...START, partials: false, tonality: 'none' });
    const words = Array.from({ length: 40 }, () => ['bra', ...PAUSE] as const).flat();
    client.muLaw(speech(words, 8_000));
    client.json({ type: 'CloseStream' });
    expect((await client.closed).code).toBe(1000);
    expect((client.messages.at(-1) as { comments: { text: string }[] }).comments[0]!.text.split(' ')).toHaveLength(40);
  }, 20_000);
});

describe('overload and stopping', () => {
  it('refuses calls over the limit at the upgrade, and lets others go on', async () => {
    const test = await startServer({ max_streams: 2 });
    const clients = await Promise.all([1, 2].map(async () => TestClient.connect(`${test.wsUrl}/v1/stream`)));
    expect(await upgradeStatus(`${test.wsUrl}/v1/stream`)).toBe(503);
    for (const client of clients) {
      client.json(START);
      client.muLaw(speech(['bra', ...PAUSE], 8_000));
      client.json({ type: 'CloseStream' });
      expect((await client.closed).code).toBe(1000);
    }
    expect(await upgradeStatus(`${test.wsUrl}/v1/stream`)).toBe(101);
  });

  it('is not ready while models load, and says so', async () => {
    const { createServer } = await import('../../src/server/server.js');
    const { resolveSettings } = await import('../../src/server/settings.js');
    const { createLogger } = await import('../../src/server/logger.js');
    let loaded: (engine: FakeEngine) => void = () => undefined;
    const server = await createServer({
      settings: resolveSettings({ port: 0 }),
      createEngine: async () => new Promise((resolve) => (loaded = resolve)),
      log: createLogger('silent'),
    });
    onCleanup(async () => server.stop());
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    expect(await upgradeStatus(`${server.url.replace('http', 'ws')}/v1/stream`)).toBe(503);
    loaded(new FakeEngine());
    await server.ready;
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  it('drains: tells open calls, refuses new ones, answers what came, and ends', async () => {
    const engine = new FakeEngine();
    const test = await startServer({ drain_s: 1 }, { engine });
    const ends = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    const stays = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    for (const client of [ends, stays]) {
      client.json(START);
      client.muLaw(speech(['bra'], 8_000));
      await client.message((message) => message['type'] === 'speech_started');
    }
    const stopped = test.server.stop();
    await ends.message((message) => message['type'] === 'stopping');
    expect(await upgradeStatus(`${test.wsUrl}/v1/stream`)).toBe(503);
    ends.json({ type: 'CloseStream' });
    expect((await ends.closed).code).toBe(1000);
    expect((await stays.closed).code).toBe(1001);
    expect(stays.messages.find((message) => message['type'] === 'ended')).toMatchObject({ comments: [{ text: 'bra' }] });
    await stopped;
    expect(engine.disposed).toBe(true);
    const socket = new WebSocket(`${test.wsUrl}/v1/stream`);
    await new Promise((resolve) => socket.once('error', resolve));
  });
});
