import { describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { pressedKeys } from '../audio/dtmf-tones.js';
import { FakeEngine, PAUSE, speech } from './fake-engine.js';
import { TestClient, startServer, toL16 } from './harness.js';

const START = { type: 'start', encoding: 'pcmu', sample_rate: 8_000 };

function texts(client: TestClient): unknown[] {
  return client.messages.filter((message) => message['is_final'] === true).map((message) => message['text']);
}

describe('/v1/stream', () => {
  it('hears the keys in the audio, tells each once, and takes none for speech', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`, { protocols: ['tonalitet.v1'] });
    client.json({ ...START, tonality: 'comment' });
    client.muLaw(speech(['bra', ...PAUSE], 8_000));
    client.muLaw(pressedKeys('55#', { rateHz: 8_000, onS: 0.08, offS: 0.08 }));
    client.muLaw(speech([...PAUSE], 8_000));
    await client.message((message) => message['type'] === 'dtmf' && message['digit'] === '#');
    client.json({ type: 'dtmf', digit: '5' });
    client.json({ type: 'dtmf', digit: '7' });
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(texts(client)).toEqual(['bra']);
    const ended = client.messages.at(-1) as { readonly digits: readonly { readonly digit: string; readonly at: number }[] };
    expect(ended.digits.map(({ digit }) => digit)).toEqual(['5', '5', '#', '7']);
    expect(ended.digits[0]!.at).toBeCloseTo(1.2, 1);
  });

  it('answers a call with partials, finals, tonality, digits and the whole comment, in order', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`, { protocols: ['tonalitet.v1'] });
    client.json({ ...START, call_id: 'call-7', tonality: 'running', metadata: { queue: 'bygglov' } });
    client.muLaw(speech(['bra', 'tack', 'tack', 'tack', ...PAUSE], 8_000));
    await client.message((message) => message['is_final'] === true);
    client.json({ type: 'dtmf', digit: '4' });
    client.muLaw(speech(['lång', 'kö', ...PAUSE], 8_000));
    client.json({ type: 'CloseStream' });
    expect(await client.closed).toEqual({ code: 1000, reason: 'ended' });

    const kinds = client.messages.map((message) => message['type']);
    expect(kinds[0]).toBe('started');
    expect(kinds.at(-1)).toBe('ended');
    expect(client.messages[0]).toMatchObject({ version: 1, call_id: 'call-7', encoding: 'pcmu', sample_rate: 8_000, channels: 1 });
    expect(texts(client)).toEqual(['bra tack tack tack', 'lång kö']);
    expect(client.messages.filter((message) => message['type'] === 'tonality').map((message) => [message['scope'], message['tonality']])).toEqual([
      ['utterance', 'positiv'],
      ['comment', 'positiv'],
      ['utterance', 'negativ'],
      ['comment', 'negativ'],
    ]);
    const final = client.messages.find((message) => message['is_final'] === true)!;
    expect(final['start']).toBeCloseTo(0, 1);
    expect(final['utterance_end']).toBe(true);
    expect(client.messages.at(-1)).toMatchObject({
      call_id: 'call-7',
      metadata: { queue: 'bygglov' },
      digits: [{ digit: '4' }],
      comments: [{ channel: 0, text: 'bra tack tack tack lång kö', tonality: 'negativ', lost: [] }],
    });
    // Whatever partials there were, none came after the final of its utterance, and the stable part only grew.
    const finalised = new Set<unknown>();
    let stable = '';
    for (const message of client.messages.filter((candidate) => candidate['type'] === 'result')) {
      if (message['is_final'] === true) {
        finalised.add(message['utterance']);
        stable = '';
      } else {
        expect(finalised.has(message['utterance'])).toBe(false);
        expect((message['stable_text'] as string).startsWith(stable)).toBe(true);
        expect((message['text'] as string).startsWith(message['stable_text'] as string)).toBe(true);
        stable = message['stable_text'] as string;
      }
    }
  });

  it('gives a partial while speech goes on', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(speech(['bra', 'tack', 'bra'], 8_000));
    expect(await client.message((message) => message['is_final'] === false)).toMatchObject({ utterance: 0, stable_text: '' });
    client.muLaw(speech(['kö', 'kö', 'kö'], 8_000));
    await client.message((message) => message['is_final'] === false && message['stable_text'] !== '');
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(texts(client)).toEqual(['bra tack bra kö kö kö']);
  });

  it.each([
    ['pcma', 8_000],
    ['l16', 8_000],
    ['l16', 16_000],
    ['l16', 48_000],
  ] as const)('takes %s at %i Hz', async (encoding, rate) => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ type: 'start', encoding, sample_rate: rate, partials: false, tonality: 'none' });
    const samples = speech(['lång', 'kö', ...PAUSE], rate);
    const bytes = encoding === 'l16' ? toL16(samples) : (await import('../../src/audio/g711.js')).encodeALaw(samples);
    // Cut in the middle of samples.
    for (let start = 0; start < bytes.length; start += 321) client.binary(bytes.subarray(start, start + 321));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(client.messages.at(-1)).toMatchObject({ type: 'ended', comments: [{ text: 'lång kö' }] });
    expect((client.messages.at(-1) as { comments: object[] }).comments[0]).not.toHaveProperty('tonality');
  });

  it('keeps the two voices of a stereo stream apart', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ type: 'start', encoding: 'l16', sample_rate: 16_000, channels: 2 });
    const left = speech(['bra', 'bra', ...PAUSE]);
    const right = speech([undefined, 'kö', ...PAUSE]);
    const both = new Float32Array(left.length * 2);
    left.forEach((sample, i) => {
      both[2 * i] = sample;
      both[2 * i + 1] = right[i]!;
    });
    client.binary(toL16(both));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(client.messages.at(-1)).toMatchObject({
      comments: [
        { channel: 0, text: 'bra bra', tonality: 'positiv' },
        { channel: 1, text: 'kö', tonality: 'negativ' },
      ],
    });
  });

  it('ends what is open on Finalize, says so, and goes on', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(speech(['bra', 'tack'], 8_000));
    client.json({ type: 'Finalize' });
    await client.message((message) => message['type'] === 'finalized');
    expect(texts(client)).toEqual(['bra tack']);
    client.muLaw(speech(['kö'], 8_000));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(texts(client)).toEqual(['bra tack', 'kö']);
  });

  it('says no_speech of a call in which nobody spoke', async () => {
    const { wsUrl } = await startServer();
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(new Float32Array(8_000));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(client.messages.at(-1)).toMatchObject({ type: 'ended', duration_s: 1, comments: [{ text: '', tonality: null, reason: 'no_speech' }] });
  });

  it('lets another connection follow a call by its id', async () => {
    const { wsUrl } = await startServer();
    const follower = await TestClient.connect(`${wsUrl}/v1/stream`);
    follower.json({ type: 'subscribe', call_id: 'call-9' });
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    // The subscription has no answer of its own: a round trip shows that it was taken.
    follower.socket.ping();
    await new Promise((resolve) => follower.socket.once('pong', resolve));
    client.json({ ...START, call_id: 'call-9' });
    client.muLaw(speech(['bra', ...PAUSE], 8_000));
    client.socket.close(1000);
    expect((await follower.closed).code).toBe(1000);
    expect(follower.messages.at(-1)).toMatchObject({ type: 'ended', call_id: 'call-9', comments: [{ text: 'bra' }] });
  });
});

describe('what is accepted is answered, or told to be lost', () => {
  it('recognises again when the worker is lost', async () => {
    const engine = new FakeEngine();
    const { wsUrl } = await startServer({}, { engine });
    engine.recogniseFaults.push(new TonalitetError('WORKER_CRASHED', 'gone'), new TonalitetError('WORKER_CRASHED', 'gone'));
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ ...START, partials: false });
    client.muLaw(speech(['bra', ...PAUSE], 8_000));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(texts(client)).toEqual(['bra']);
  });

  it('says which stretch is lost when that does not help, and answers the rest', async () => {
    const engine = new FakeEngine();
    const { wsUrl, logLines } = await startServer({}, { engine });
    for (let i = 0; i < 3; i++) engine.recogniseFaults.push(new TonalitetError('WORKER_CRASHED', 'gone'));
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ ...START, partials: false });
    client.muLaw(speech(['bra', ...PAUSE], 8_000));
    await client.message((message) => message['type'] === 'lost');
    client.muLaw(speech(['kö', ...PAUSE], 8_000));
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(client.messages.find((message) => message['type'] === 'lost')).toMatchObject({ channel: 0, utterance: 0, start: 0 });
    expect(texts(client)).toEqual(['kö']);
    expect(client.messages.at(-1)).toMatchObject({ comments: [{ text: 'kö', lost: [{ start: 0 }] }] });
    expect(logLines.some((line) => line.includes('stretch lost'))).toBe(true);
  });

  it.each([1, 2, 5, 9, 12])('opens a new finder when it is lost at push %i, and hears again what was open', async (push) => {
    const engine = new FakeEngine();
    const { wsUrl } = await startServer({}, { engine });
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ ...START, partials: false });
    const samples = speech(['bra', 'kö', ...PAUSE, 'tack', ...PAUSE], 8_000);
    const original = engine.openSpeechFinder.bind(engine);
    let pushes = 0;
    engine.openSpeechFinder = async () => {
      const finder = await original();
      const { push: hear } = finder;
      finder.push = async (piece) => {
        if (++pushes === push) throw new TonalitetError('WORKER_CRASHED', 'gone');
        return hear.call(finder, piece);
      };
      return finder;
    };
    client.muLaw(samples);
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(texts(client)).toEqual(['bra kö', 'tack']);
    const starts = client.messages.filter((message) => message['is_final'] === true).map((message) => message['start'] as number);
    expect(starts[0]).toBeCloseTo(0, 1);
    expect(starts[1]).toBeCloseTo(1.6, 1);
    expect(client.messages.filter((message) => message['type'] === 'speech_started')).toHaveLength(2);
  });

  it('tells what was not heard when no finder can be had', async () => {
    const engine = new FakeEngine();
    const { wsUrl } = await startServer({}, { engine });
    engine.openSpeechFinder = async () => {
      throw new TonalitetError('WORKER_CRASHED', 'gone');
    };
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json(START);
    client.muLaw(speech(['bra'], 8_000));
    expect((await client.closed).code).toBe(1011);
    expect(client.messages.map((message) => message['type'])).toEqual(['started', 'lost', 'ended', 'error']);
  });

  it('tells a client that its answers lag, and when they have caught up', async () => {
    const engine = new FakeEngine();
    engine.recogniseMs = 2_600;
    const { wsUrl } = await startServer({}, { engine });
    const client = await TestClient.connect(`${wsUrl}/v1/stream`);
    client.json({ ...START, partials: false });
    client.muLaw(speech(['bra', ...PAUSE], 8_000));
    const behind = await client.message((message) => message['type'] === 'lag' && message['behind'] === true);
    expect(behind['lag_s']).toBeGreaterThan(2);
    await client.message((message) => message['type'] === 'lag' && message['behind'] === false);
  }, 10_000);
});
