import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { StreamClient } from '../../src/client/index.js';
import type { StreamMessage } from '../../src/client/index.js';
import { WebSocketServer } from '../../src/server/web-socket.js';
import { PAUSE, speech } from '../server/fake-engine.js';
import { onCleanup, startServer, toL16 } from '../server/harness.js';

const FORMAT = { encoding: 'l16', sampleRateHz: 16_000 } as const;

async function collect(client: StreamClient): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for await (const message of client) messages.push(message);
  return messages;
}

describe('StreamClient', () => {
  it('streams a call and gives its messages', async () => {
    const { server } = await startServer();
    const client = await StreamClient.connect({ url: server.url, ...FORMAT, callId: 'c1' });
    const messages = collect(client);
    await client.write(toL16(speech(['bra', 'tack', ...PAUSE])));
    client.digit('2');
    const ended = await client.end();
    expect(ended).toMatchObject({ call_id: 'c1', comments: [{ text: 'bra tack', tonality: 'positiv' }], digits: [{ digit: '2' }] });
    expect((await messages).at(-1)).toEqual(ended);
  });

  it('sends all of a stream of Node, in whatever pieces it comes', async () => {
    const { server } = await startServer();
    const client = await StreamClient.connect({ url: server.url, ...FORMAT });
    const bytes = toL16(speech(['kö', 'tack', ...PAUSE]));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 999) }, (_, i) => bytes.subarray(999 * i, 999 * (i + 1)));
    await client.writeAll(Readable.from(pieces));
    expect((await client.end()).comments[0]!.text).toBe('kö tack');
  });

  it('is held back by a server that is slow', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onCleanup(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    let received = 0;
    server.on('connection', (socket) => {
      socket.on('message', (data) => (received += (data as Buffer).length));
      socket.pause();
      setTimeout(() => socket.resume(), 400);
      onCleanup(() => socket.terminate());
    });
    const { port } = server.address() as { port: number };
    const client = await StreamClient.connect({ url: `ws://127.0.0.1:${port}`, ...FORMAT, maxReconnects: 0 });
    const started = performance.now();
    // More than the sockets of both sides hold.
    for (let i = 0; i < 40; i++) await client.write(new Uint8Array(1_000_000));
    expect(performance.now() - started).toBeGreaterThan(350);
    await expect.poll(() => received).toBeGreaterThan(40_000_000);
  }, 20_000);

  it('opens a lost connection anew and loses nothing that had no final', async () => {
    const { server, wsUrl } = await startServer();
    // A line between the two that breaks once: the server's socket is cut in mid-call.
    const { WebSocket } = await import('../../src/server/web-socket.js');
    const line = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onCleanup(() => void line.close());
    await new Promise((resolve) => line.once('listening', resolve));
    let cuts = 0;
    line.on('connection', (near) => {
      const far = new WebSocket(`${wsUrl}/v1/stream`);
      const early: [Buffer, boolean][] = [];
      let bytes = 0;
      near.on('message', (data, isBinary) => {
        bytes += (data as Buffer).length;
        if (cuts === 0 && bytes > 60_000) {
          cuts++;
          far.terminate();
          near.terminate();
        } else if (far.readyState === WebSocket.OPEN) far.send(data as Buffer, { binary: isBinary });
        else early.push([data as Buffer, isBinary]);
      });
      far.on('open', () => early.forEach(([data, binary]) => far.send(data, { binary })));
      far.on('message', (data) => near.send((data as Buffer).toString()));
      far.on('close', (code) => (code === 1006 ? near.terminate() : near.close(code)));
      far.on('error', () => undefined);
      near.on('error', () => undefined);
    });
    const { port } = line.address() as { port: number };
    const client = await StreamClient.connect({ url: `ws://127.0.0.1:${port}`, ...FORMAT });
    const messages = collect(client);
    const bytes = toL16(speech(['bra', ...PAUSE, 'kö', 'kö', ...PAUSE, 'tack', ...PAUSE]));
    for (let start = 0; start < bytes.length; start += 640) {
      await client.write(bytes.subarray(start, start + 640));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const ended = await client.end();
    expect(cuts).toBe(1);
    expect(ended.comments[0]!.text).toBe('bra kö kö tack');
    expect(ended.comments[0]).not.toHaveProperty('tonality');
    const finals = (await messages).filter((message) => message.type === 'result' && message.is_final);
    expect(finals.map((message) => (message as { text: string }).text)).toEqual(['bra', 'kö kö', 'tack']);
    expect((finals[2] as { start: number }).start).toBeCloseTo(2.8, 1);
    expect((await messages).some((message) => message.type === 'reconnected')).toBe(true);
    expect(server.url).toBeTruthy();
  }, 20_000);

  it('says why when it is refused, and when the call is ended for a fault', async () => {
    await expect(StreamClient.connect({ url: 'ws://127.0.0.1:1', ...FORMAT })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const { server } = await startServer({ max_call_s: 1 });
    const client = await StreamClient.connect({ url: server.url, ...FORMAT });
    await client.write(toL16(new Float32Array(32_000)));
    // The answers to what was taken came before: the call counts as ended.
    expect((await client.end()).duration_s).toBe(1);
  });
});
