import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CallBoard } from '../../src/server/call-board.js';
import { Connection } from '../../src/server/connection.js';
import type { ConnectionContext } from '../../src/server/connection.js';
import { createLogger } from '../../src/server/logger.js';
import { createMetrics } from '../../src/server/metrics.js';
import { PartialTurns } from '../../src/server/partial-turns.js';
import { NativeProtocol } from '../../src/server/protocols/native.js';
import { resolveSettings } from '../../src/server/settings.js';
import type { WebSocket } from '../../src/server/web-socket.js';
import { FakeEngine } from './fake-engine.js';

/** A socket without a network, whose reader can be as slow as a test wants. */
class FakeSocket extends EventEmitter {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly done: string[] = [];

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.done.push(`close ${code}`);
    this.emit('close', code);
  }

  terminate(): void {
    this.done.push('terminate');
    this.emit('close', 1006);
  }

  pause(): void {
    this.done.push('pause');
  }

  resume(): void {
    this.done.push('resume');
  }

  ping(): void {
    this.done.push('ping');
  }
}

function connect(raw: Readonly<Record<string, unknown>> = {}): { socket: FakeSocket; connection: Connection; clock: { ms: number }; closed: () => boolean } {
  const clock = { ms: 0 };
  const settings = resolveSettings(raw);
  const context: ConnectionContext = {
    engine: new FakeEngine(),
    turns: new PartialTurns(1),
    board: new CallBoard(),
    settings: () => settings,
    log: createLogger('silent'),
    metrics: createMetrics(() => ({ streams: 0, connections: 0, lagS: 0, partialsWaiting: 0, responsesWaiting: 0 })),
    now: () => clock.ms,
    onResult: undefined,
  };
  const socket = new FakeSocket();
  let closed = false;
  const connection = new Connection(context, {
    socket: socket as unknown as WebSocket,
    protocol: new NativeProtocol(),
    name: 'native',
    id: 'id-1',
    owner: '',
    onClosed: () => (closed = true),
  });
  return { socket, connection, clock, closed: () => closed };
}

const text = (message: object): [Buffer, boolean] => [Buffer.from(JSON.stringify(message)), false];

describe('a connection', () => {
  it('lets go of a reader for whom 4 MiB wait', async () => {
    const { socket, closed } = connect();
    socket.emit('message', ...text({ type: 'start', encoding: 'pcmu' }));
    expect(socket.sent).toHaveLength(1);
    socket.bufferedAmount = 5_000_000;
    socket.emit('message', ...text({ type: 'dtmf', digit: '1' }));
    expect(socket.done).toEqual(['terminate']);
    await expect.poll(closed).toBe(true);
  });

  it('pauses a sender that is 10 s ahead, and goes on when it has been heard', async () => {
    const { socket, connection } = connect();
    socket.emit('message', ...text({ type: 'start', encoding: 'pcmu' }));
    socket.emit('message', Buffer.alloc(8_000 * 30, 0xff), true);
    expect(socket.done).toEqual(['pause']);
    await expect
      .poll(() => {
        connection.tick();
        return socket.done;
      })
      .toEqual(['pause', 'resume']);
  });

  it('counts as a call with audio until 10 s after its last', () => {
    const { socket, connection, clock } = connect();
    socket.emit('message', ...text({ type: 'start', encoding: 'pcmu' }));
    expect(connection.active).toBe(true);
    clock.ms = 11_000;
    expect(connection.active).toBe(false);
    socket.emit('message', Buffer.alloc(160), true);
    expect(connection.active).toBe(true);
  });

  it('pings a subscriber, and lets one go that is not there any more', async () => {
    const { socket, connection, clock, closed } = connect();
    socket.emit('message', ...text({ type: 'subscribe', call_id: 'x' }));
    clock.ms = 50_000;
    connection.tick();
    socket.emit('pong');
    clock.ms = 100_000;
    connection.tick();
    expect(socket.done).toEqual(['ping', 'ping']);
    clock.ms = 111_000;
    connection.tick();
    expect(socket.done.at(-1)).toBe('close 4408');
    await expect.poll(closed).toBe(true);
  });
});
