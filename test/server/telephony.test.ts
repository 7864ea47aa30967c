import { createHmac } from 'node:crypto';
import { DeepgramClient } from '@deepgram/sdk';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { encodeALaw, encodeMuLaw } from '../../src/audio/g711.js';
import { PAUSE, speech } from './fake-engine.js';
import { TestClient, isHealthy, onCleanup, startServer, toL16, upgradeStatus } from './harness.js';

const run = promisify(execFile);

describe('/vosk', () => {
  it('gives exactly one reply to each binary message, and then the final and close 1000', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/vosk`);
    client.text('{ "config" : { "sample_rate" : 16000.000000 } }');
    const bytes = toL16(speech(['bra', 'tack', 'tack', 'tack', ...PAUSE, 'kö', 'kö']));
    let replies = 0;
    // A client that waits for each reply, as vosk-server's own do.
    for (let start = 0; start < bytes.length; start += 6_400) {
      client.binary(bytes.subarray(start, start + 6_400));
      await client.count(++replies);
    }
    expect(client.frames).toHaveLength(replies);
    client.text('{"eof" : 1}');
    expect((await client.closed).code).toBe(1000);
    expect(client.frames).toHaveLength(replies + 1);
    for (const message of client.messages) expect(typeof (message['text'] ?? message['partial'])).toBe('string');
    expect(client.messages.map((message) => message['text']).filter((text) => text !== undefined && text !== '')).toEqual(['bra tack tack tack', 'kö kö']);
    const { result } = client.messages.find((message) => message['text'] === 'bra tack tack tack') as { result: { word: string; start: number; end: number; conf: number }[] };
    expect(result.map(({ word }) => word)).toEqual(['bra', 'tack', 'tack', 'tack']);
    expect(result[0]!.start).toBeCloseTo(0, 1);
    expect(client.messages.some((message) => message['partial'] !== undefined && message['partial'] !== '')).toBe(true);
  });

  it('takes a whole recording in one message, 8 kHz where nothing is said', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/vosk`);
    const words = Array.from({ length: 30 }, () => ['bra', ...PAUSE] as const).flat();
    client.binary(toL16(speech(words, 8_000)));
    await client.count(1);
    expect((client.messages[0]!['text'] as string).split(' ')).toHaveLength(30);
    client.text('{"eof" : 1}');
    await client.closed;
    expect(client.messages[1]).toEqual({ text: '' });
  });

  it('gives alternatives and resets', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/vosk`);
    client.text('{"config":{"sample_rate":16000,"max_alternatives":2,"words":false}}');
    client.binary(toL16(speech(['bra'])));
    client.text('{"reset" : 1}');
    await client.count(2);
    expect(client.messages[1]).toEqual({ alternatives: [{ confidence: 0.9, text: 'bra' }] });
    client.binary(toL16(speech(['kö'])));
    client.text('{"eof" : 1}');
    await client.closed;
    expect(client.messages.at(-1)).toMatchObject({ alternatives: [{ text: 'kö' }] });
  });

  it('has a port of its own, where nothing else is', async () => {
    const { server } = await startServer({ vosk_port: 0 });
    const url = server.voskUrl!.replace('http', 'ws');
    const client = await TestClient.connect(`${url}/`);
    client.binary(toL16(speech(['bra'], 8_000)));
    client.text('{"eof" : 1}');
    await client.closed;
    expect(client.messages.at(-1)!['text']).toBe('bra');
    expect(await upgradeStatus(`${url}/v1/stream`)).toBe(404);
    expect((await fetch(`${server.voskUrl!}/metrics`)).status).toBe(404);
  });

  const python = (process.env['TONALITET_TEST_PYTHON'] ?? 'python3');
  let hasWebsockets = true;
  try {
    execFileSync(python, ['-c', 'import websockets'], { stdio: 'ignore' });
  } catch {
    hasWebsockets = false;
    console.warn('SKIPPED: the Python client of /vosk, because there is no Python with websockets (set TONALITET_TEST_PYTHON).');
  }

  it.skipIf(!hasWebsockets)('works with the sequence of the Python test client', async () => {
    const { wsUrl } = await startServer();
    const folder = await mkdtemp(join(tmpdir(), 'tonalitet-vosk-'));
    onCleanup(async () => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'audio.raw'), toL16(speech(['bra', 'tack', ...PAUSE, 'kö'])));
    await writeFile(
      join(folder, 'client.py'),
      `import asyncio, sys
import websockets

async def main(url, path):
    async with websockets.connect(url) as socket:
        await socket.send('{ "config" : { "sample_rate" : %d } }' % 16000)
        audio = open(path, 'rb').read()
        for start in range(0, len(audio), 6400):
            await socket.send(audio[start:start + 6400])
            print(await socket.recv())
        await socket.send('{"eof" : 1}')
        print(await socket.recv())

asyncio.run(main(sys.argv[1], sys.argv[2]))
`,
    );
    const { stdout } = await run(python, [join(folder, 'client.py'), `${wsUrl}/vosk`, join(folder, 'audio.raw')], { timeout: 15_000 });
    const replies = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(replies.map((reply) => reply['text']).filter(Boolean)).toEqual(['bra tack', 'kö']);
  }, 20_000);
});

describe('/twilio', () => {
  const start = (extra: object = {}) => ({
    event: 'start',
    sequenceNumber: '1',
    streamSid: 'MZ1',
    start: { streamSid: 'MZ1', callSid: 'CA77', tracks: ['inbound'], customParameters: { queue: 'bygglov' }, mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }, ...extra },
  });

  function media(samples: Float32Array, first = 2): { event: 'media'; sequenceNumber: string; media: Record<string, string> }[] {
    const bytes = encodeMuLaw(samples);
    return Array.from({ length: Math.ceil(bytes.length / 160) }, (_, i) => ({
      event: 'media',
      sequenceNumber: String(first + i),
      media: { track: 'inbound', chunk: String(i + 1), timestamp: String(20 * i), payload: Buffer.from(bytes.subarray(160 * i, 160 * (i + 1))).toString('base64') },
    }));
  }

  it('puts frames in order, keeps digits and parameters, and gives the results to who keeps them', async () => {
    const test = await startServer({}, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/twilio`);
    client.json({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    client.json(start());
    const frames = media(speech(['bra', 'tack', 'kö', ...PAUSE], 8_000));
    // Pairs swapped, and one digit among them.
    for (let i = 0; i + 1 < frames.length; i += 2) [frames[i], frames[i + 1]] = [frames[i + 1]!, frames[i]!];
    for (const frame of frames) client.json(frame);
    client.json({ event: 'dtmf', sequenceNumber: String(frames.length + 2), dtmf: { track: 'inbound_track', digit: '3' } });
    client.json({ event: 'stop', sequenceNumber: String(frames.length + 3), stop: { callSid: 'CA77' } });
    expect((await client.closed).code).toBe(1000);
    // Nothing that Twilio would warn about.
    expect(client.frames).toEqual([]);
    expect(test.results).toMatchObject([{ callId: 'CA77', metadata: { queue: 'bygglov', streamSid: 'MZ1' }, digits: [{ digit: '3' }], comments: [{ text: 'bra tack kö' }] }]);
  });

  it('fills in what is lost, so that times stay right', async () => {
    const test = await startServer({}, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/twilio`);
    client.json(start());
    const frames = media(speech(['bra', ...PAUSE, ...PAUSE, 'kö', ...PAUSE], 8_000));
    for (const [i, frame] of frames.entries()) if (i < 45 || i > 75) client.json(frame);
    client.json({ event: 'stop', sequenceNumber: String(frames.length + 2) });
    await client.closed;
    expect(test.results[0]!.comments[0]!.segments[1]!.start).toBeCloseTo(2, 1);
    expect(test.results[0]!.durationS).toBeCloseTo(frames.length * 0.02, 1);
  });

  it('answers though Twilio closes right after stop, or without it', async () => {
    const test = await startServer({}, { keepResults: true });
    for (const withStop of [true, false]) {
      const client = await TestClient.connect(`${test.wsUrl}/twilio`);
      client.json(start({ callSid: `CA-${withStop}` }));
      for (const frame of media(speech(['bra'], 8_000))) client.json(frame);
      if (withStop) client.json({ event: 'stop', sequenceNumber: '999' });
      client.socket.close(1000);
      await client.closed;
    }
    await expect.poll(() => test.results.length).toBe(2);
    expect(test.results.map((result) => result.comments[0]!.text)).toEqual(['bra', 'bra']);
  });

  it('keeps both tracks apart, the caller first, and sends text when asked', async () => {
    const test = await startServer({}, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/twilio?results=text`);
    client.json(start({ tracks: ['outbound', 'inbound'] }));
    const inbound = media(speech(['kö', ...PAUSE], 8_000));
    const outbound = media(speech(['tack', ...PAUSE], 8_000));
    let number = 2;
    inbound.forEach((frame, i) => {
      client.json({ ...frame, sequenceNumber: String(number++) });
      client.json({ ...outbound[i]!, sequenceNumber: String(number++), media: { ...outbound[i]!.media, track: 'outbound' } });
    });
    client.json({ event: 'stop', sequenceNumber: String(number) });
    await client.closed;
    expect(test.results[0]!.comments.map((comment) => comment.text)).toEqual(['kö', 'tack']);
    expect(client.messages.filter((message) => message['event'] === 'transcript').length).toBeGreaterThanOrEqual(2);
    expect(client.messages.every((message) => message['streamSid'] === 'MZ1')).toBe(true);
  });

  it.each([
    ['base64 that is none', { event: 'media', sequenceNumber: '2', media: { payload: 'not base64!' } }, 1007],
    ['a jump of the numbers', { event: 'media', sequenceNumber: '9999999', media: { payload: 'AAAA' } }, 1007],
    ['a second start', { ...start(), sequenceNumber: '2' }, 4409],
  ])('refuses %s', async (_, frame, code) => {
    const test = await startServer();
    const client = await TestClient.connect(`${test.wsUrl}/twilio`);
    client.json(start());
    client.json(frame);
    expect((await client.closed).code).toBe(code);
    expect(await isHealthy(test)).toBe(true);
  });

  it('refuses another format', async () => {
    const test = await startServer();
    const client = await TestClient.connect(`${test.wsUrl}/twilio`);
    client.json(start({ mediaFormat: { encoding: 'audio/opus', sampleRate: 48000 } }));
    expect((await client.closed).code).toBe(1003);
  });
});

describe('/asterisk', () => {
  it.each([
    ['plain', 'MEDIA_START connection_id:media_1 channel:WebSocket/media_1/0x51 channel_id:1761245643.1 format:alaw optimal_frame_size:160 ptime:20', 'DTMF_END digit:5', 'DTMF_END digit:#', 'ANSWER', 'HANGUP'],
    [
      'JSON',
      '{"event":"MEDIA_START","connection_id":"media_1","channel":"WebSocket/media_1/0x51","channel_id":"1761245643.1","format":"alaw","optimal_frame_size":160,"ptime":20,"channel_variables":{"QUEUE":"bygglov"}}',
      '{"event":"DTMF_END","channel_id":"1761245643.1","digit":"5"}',
      '{"event":"DTMF_END","digit":"#"}',
      '{"command":"ANSWER"}',
      '{"command":"HANGUP"}',
    ],
  ])('speaks the %s flavour: answers, keeps digits, hangs up at the key', async (_, started, digit, hash, answer, hangup) => {
    const test = await startServer({}, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/asterisk`, { protocols: ['media'] });
    expect(client.socket.protocol).toBe('media');
    client.text(started);
    const bytes = encodeALaw(speech(['bra', 'kö', ...PAUSE], 8_000));
    for (let start = 0; start < bytes.length; start += 160) client.binary(bytes.subarray(start, start + 160));
    client.text('MEDIA_XOFF');
    client.text(digit);
    client.text(hash);
    // It sends until the channel is gone.
    client.binary(bytes.subarray(0, 160));
    expect((await client.closed).code).toBe(1000);
    expect(client.frames).toEqual([answer, hangup]);
    expect(test.results).toMatchObject([{ callId: '1761245643.1', digits: [{ digit: '5' }, { digit: '#' }], comments: [{ text: 'bra kö', verdict: { tonality: 'negativ' } }] }]);
    expect(test.results[0]!.metadata['channel']).toBe('WebSocket/media_1/0x51');
  });

  it('takes slin16, and the shorter fields of the first versions, and its silent end', async () => {
    const test = await startServer({}, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/asterisk?hangup=none`);
    client.text('MEDIA_START connection_id:c9 channel:WebSocket/c9 format:slin16 optimal_frame_size:640');
    client.binary(toL16(speech(['tack', 'tack'])));
    client.text('DTMF_END digit:#');
    client.socket.close(1000);
    await client.closed;
    await expect.poll(() => test.results.length).toBe(1);
    expect(test.results[0]).toMatchObject({ callId: 'c9', digits: [{ digit: '#' }], comments: [{ text: 'tack tack' }] });
  });

  it('refuses a codec that it does not take, and media before its start', async () => {
    const test = await startServer();
    const opus = await TestClient.connect(`${test.wsUrl}/asterisk`);
    opus.text('MEDIA_START format:opus');
    expect((await opus.closed).code).toBe(1003);
    const early = await TestClient.connect(`${test.wsUrl}/asterisk`);
    early.binary(new Uint8Array(160));
    expect((await early.closed).code).toBe(4409);
  });
});

describe('/freeswitch', () => {
  it('takes metadata, L16 and stereo, and gives the last results at an empty frame', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/freeswitch?rate=16000`, { protocols: ['audio.drachtio.org'] });
    expect(client.socket.protocol).toBe('audio.drachtio.org');
    client.json({ uuid: 'fs-1', mixType: 'stereo', queue: 'bygglov' });
    const left = speech(['bra']);
    const both = new Float32Array(left.length * 2);
    left.forEach((sample, i) => (both[2 * i] = sample));
    client.binary(toL16(both));
    client.binary(new Uint8Array(0));
    await client.message((message) => message['type'] === 'finalized');
    expect(client.messages.find((message) => message['type'] === 'transcription' && (message['data'] as { is_final: boolean }).is_final)).toMatchObject({ data: { text: 'bra', channel: 0 } });
    client.json({ type: 'CloseStream' });
    expect((await client.closed).code).toBe(1000);
    expect(client.messages.at(-1)).toMatchObject({ type: 'ended', data: { call_id: 'fs-1', metadata: { queue: 'bygglov' } } });
  });

  it('takes audio without metadata at the rate of the configuration', async () => {
    const test = await startServer({ freeswitch_rate: 16_000 }, { keepResults: true });
    const client = await TestClient.connect(`${test.wsUrl}/freeswitch`);
    client.binary(toL16(speech(['kö', 'kö'])));
    client.socket.close();
    await expect.poll(() => test.results.length).toBe(1);
    expect(test.results[0]!.comments[0]!.text).toBe('kö kö');
  });
});

describe('/audiohook', () => {
  const ID = 'a1b2c3d4-0000-4000-8000-000000000001';
  const ORG = 'a1b2c3d4-0000-4000-8000-00000000000f';
  const SECRET = Buffer.from('a client secret of some length!!');
  const NIL = '00000000-0000-0000-0000-000000000000';

  class AudioHookClient {
    readonly client: TestClient;
    #seq = 0;

    constructor(client: TestClient) {
      this.client = client;
    }

    send(type: string, parameters: object, extra: object = {}): void {
      this.client.json({ version: '2', id: ID, type, seq: ++this.#seq, serverseq: this.client.messages.length, position: 'PT0S', parameters, ...extra });
    }

    open(extra: object = {}): void {
      const media = [
        { type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 },
        { type: 'audio', format: 'PCMU', channels: ['external'], rate: 8000 },
      ];
      this.send('open', { organizationId: ORG, conversationId: ID, participant: { id: ID, ani: '+4670', aniName: 'N', dnis: '+468' }, media, customConfig: { queue: 'bygglov' }, ...extra });
    }
  }

  function signed(authority: string, { secret = SECRET, created = Math.floor(Date.now() / 1000), nonce = 'abcdefghijklmnopqrstuvwx' + Math.random() } = {}): Record<string, string> {
    const headers: Record<string, string> = {
      'audiohook-organization-id': ORG,
      'audiohook-session-id': ID,
      'audiohook-correlation-id': ID,
      'x-api-key': 'key-1',
    };
    const names = ['@request-target', '@authority', ...Object.keys(headers)];
    const values: Record<string, string> = { '@request-target': '/audiohook', '@authority': authority, ...headers };
    const input = `(${names.map((name) => `"${name}"`).join(' ')});keyid="key-1";nonce="${nonce}";alg="hmac-sha256";created=${created};expires=${created + 10}`;
    const base = [...names.map((name) => `"${name}": ${values[name]!}`), `"@signature-params": ${input}`].join('\n');
    return { ...headers, 'signature-input': `sig1=${input}`, signature: `sig1=:${createHmac('sha256', secret).update(base).digest('base64')}:` };
  }

  it('opens, answers pings, gives transcripts and tonality, and closes', async () => {
    const { wsUrl } = await startServer();
    const { client, ...hook } = await (async () => {
      const test = new AudioHookClient(await TestClient.connect(`${wsUrl}/audiohook`));
      return { client: test.client, open: () => test.open(), send: test.send.bind(test) };
    })();
    hook.open();
    await client.count(1);
    expect(client.messages[0]).toMatchObject({ version: '2', id: ID, type: 'opened', seq: 1, clientseq: 1, parameters: { media: [{ format: 'PCMU', channels: ['external'], rate: 8000 }] } });
    hook.send('ping', { rtt: 'PT0.05S' });
    await client.message((message) => message['type'] === 'pong');
    client.muLaw(speech(['bra', 'kö', ...PAUSE], 8_000));
    const entity = (message: Record<string, unknown>): Record<string, unknown> => (message['parameters'] as { entities: Record<string, unknown>[] }).entities[0]!;
    const final = await client.message((message) => message['type'] === 'event' && entity(message)['type'] === 'transcript' && (entity(message)['data'] as { isFinal: boolean }).isFinal);
    expect(entity(final)).toMatchObject({ data: { channel: 'external', isFinal: true, alternatives: [{ interpretations: [{ type: 'display', transcript: 'bra kö' }] }] } });
    hook.send('close', { reason: 'end' });
    expect((await client.closed).code).toBe(1000);
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed' });
    expect(client.messages.filter((message) => message['type'] === 'event').map(entity).at(-1)).toMatchObject({ type: 'tonalitet', data: { scope: 'comment', tonality: 'negativ' } });
    client.messages.forEach((message, i) => expect(message['seq']).toBe(i + 1));
  });

  it('answers a connection probe without making a call of it', async () => {
    const test = await startServer({}, { keepResults: true });
    const hook = new AudioHookClient(await TestClient.connect(`${test.wsUrl}/audiohook`));
    hook.open({ conversationId: NIL, participant: { id: NIL } });
    await hook.client.count(1);
    hook.send('close', { reason: 'end' });
    expect((await hook.client.closed).code).toBe(1000);
    expect(hook.client.messages.map((message) => message['type'])).toEqual(['opened', 'closed']);
    expect(test.results).toEqual([]);
  });

  it.each([
    ['audio before open', (hook: AudioHookClient) => hook.client.binary(new Uint8Array(160)), 4409],
    ['a second open', (hook: AudioHookClient) => (hook.open(), hook.open()), 4409],
    ['a gap in the sequence', (hook: AudioHookClient) => hook.send('ping', {}, { seq: 5 }), 4409],
    ['another id', (hook: AudioHookClient) => (hook.open(), hook.send('ping', {}, { id: ORG })), 1007],
    ['another version', (hook: AudioHookClient) => hook.send('ping', {}, { version: '3' }), 1007],
    ['an unknown type', (hook: AudioHookClient) => (hook.open(), hook.send('explode', {})), 1007],
    ['media that is not taken', (hook: AudioHookClient) => hook.open({ media: [{ type: 'audio', format: 'OPUS', channels: ['external'], rate: 48000 }] }), 1003],
  ])('disconnects on %s', async (_, attack, code) => {
    const test = await startServer();
    const hook = new AudioHookClient(await TestClient.connect(`${test.wsUrl}/audiohook`));
    attack(hook);
    expect((await hook.client.closed).code).toBe(code);
    expect(hook.client.messages.at(-1)).toMatchObject({ type: 'disconnect', parameters: { reason: 'error' } });
    expect(await isHealthy(test)).toBe(true);
  });

  it('lets in only a valid signature, and each only once', async () => {
    const { wsUrl } = await startServer({ audiohook_keys: [`key-1:${SECRET.toString('base64')}`] });
    const url = `${wsUrl}/audiohook`;
    const { host } = new URL(wsUrl);
    expect(await upgradeStatus(url)).toBe(401);
    const headers = signed(host);
    expect(await upgradeStatus(url, { headers })).toBe(101);
    expect(await upgradeStatus(url, { headers })).toBe(401);
    expect(await upgradeStatus(url, { headers: signed('other.example') })).toBe(401);
    expect(await upgradeStatus(url, { headers: signed(host, { secret: Buffer.from('another secret of some length!!!') }) })).toBe(401);
    expect(await upgradeStatus(url, { headers: signed(host, { created: Math.floor(Date.now() / 1000) - 60 }) })).toBe(401);
    expect(await upgradeStatus(url, { headers: { ...signed(host), 'audiohook-session-id': ORG } })).toBe(401);
    expect(await upgradeStatus(url, { headers: { ...signed(host), 'x-api-key': 'key-2' } })).toBe(401);
  });
});

describe("Deepgram's own client at /v1/listen", () => {
  it('streams with only the address changed', async () => {
    const { server } = await startServer();
    const url = server.url.replace('http', 'ws');
    const client = new DeepgramClient({ apiKey: 'none', environment: { base: server.url, production: url, agent: url } as never });
    const connection = await client.listen.v1.connect({
      Authorization: 'Token none',
      model: 'nova-3',
      encoding: 'mulaw',
      sample_rate: 8000,
      interim_results: 'true',
      vad_events: 'true',
      utterance_end_ms: 1000,
    });
    const messages: Record<string, unknown>[] = [];
    connection.on('message', (message) => messages.push(message as unknown as Record<string, unknown>));
    const closed = new Promise((resolve) => connection.on('close', resolve));
    connection.connect();
    await connection.waitForOpen();
    const bytes = encodeMuLaw(speech(['bra', 'tack', 'kö', ...PAUSE], 8_000));
    for (let start = 0; start < bytes.length; start += 160) connection.sendMedia(bytes.slice(start, start + 160));
    connection.sendKeepAlive({ type: 'KeepAlive' });
    await expect.poll(() => messages.some((message) => message['type'] === 'Results' && message['speech_final'] === true)).toBe(true);
    connection.sendFinalize({ type: 'Finalize' });
    await expect.poll(() => messages.some((message) => message['from_finalize'] === true)).toBe(true);
    connection.sendCloseStream({ type: 'CloseStream' });
    await closed;
    const final = messages.find((message) => message['speech_final'] === true)!;
    expect(final).toMatchObject({ type: 'Results', is_final: true, channel_index: [0, 1], channel: { alternatives: [{ transcript: 'bra tack kö' }] } });
    expect((final as { channel: { alternatives: { words: { word: string }[] }[] } }).channel.alternatives[0]!.words.map(({ word }) => word)).toEqual(['bra', 'tack', 'kö']);
    expect(messages.map((message) => message['type'])).toEqual(expect.arrayContaining(['SpeechStarted', 'UtteranceEnd', 'Metadata']));
    expect(messages.find((message) => message['type'] === 'Metadata')).toMatchObject({ channels: 1, transaction_key: 'deprecated', tonality: [{ tonality: 'negativ' }] });
  });

  it('takes its token, and refuses an encoding that it does not have', async () => {
    const { makeToken } = await import('../../src/server/access.js');
    const { token, entry } = makeToken('deepgram');
    const { wsUrl } = await startServer({ tokens: [entry] });
    const url = `${wsUrl}/v1/listen?encoding=linear16&sample_rate=16000`;
    expect(await upgradeStatus(url)).toBe(401);
    expect(await upgradeStatus(url, { headers: { authorization: `Token ${token}` } })).toBe(101);
    expect(await upgradeStatus(url, { protocols: ['token', token] })).toBe(101);
    const client = await TestClient.connect(`${wsUrl}/v1/listen?encoding=opus`, { headers: { authorization: `Token ${token}` } });
    expect((await client.closed).code).toBe(1003);
    expect(client.messages[0]).toMatchObject({ type: 'Error', err_code: 'unsupported_format' });
  });
});
