import { connect } from 'node:net';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { makeWav } from '../audio/make-wav.js';
import { FakeEngine, PAUSE, speech } from './fake-engine.js';
import { isHealthy, startServer, toL16 } from './harness.js';
import type { TestServer } from './harness.js';

/** A WAV file of 16-bit samples at 16 kHz. */
function wav(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(makeWav({ sampleRateHz: 16_000, data: toL16(samples) }));
}

const RECORDING = wav(speech(['bra', 'tack', ...PAUSE, 'tack', ...PAUSE]));

type Body = NonNullable<RequestInit['body']>;

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

async function post({ server }: TestServer, path: string, body: Body, headers: Record<string, string> = {}): Promise<{ status: number; type: string | null; headers: Headers; json: Record<string, unknown> }> {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body, headers });
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, json: (await response.json()) as Record<string, unknown> };
}

describe('POST /v1/comments', () => {
  it('takes a recording as the body, and as a form', async () => {
    const test = await startServer();
    const raw = await post(test, '/v1/comments', RECORDING, { 'content-type': 'audio/wav' });
    expect(raw).toMatchObject({ status: 200, json: { text: 'bra tack tack', tonality: 'positiv', duration_s: 2.8 } });
    const asForm = await post(test, '/v1/comments', form({ file: new Blob([RECORDING]), note: 'x' }));
    expect(asForm.json['text']).toBe('bra tack tack');
    expect(asForm.json['segments']).toEqual(raw.json['segments']);
  });

  it.each([
    ['nothing', new Uint8Array(0), 422, 'unusable_input'],
    ['text', Buffer.from('Det här är ingen inspelning utan en text.'), 422, 'unusable_input'],
    ['a WAV that is cut off', RECORDING.subarray(0, 20_000), 422, 'unusable_input'],
  ])('refuses %s with a problem document', async (_, body, status, code) => {
    const test = await startServer();
    const answer = await post(test, '/v1/comments', body as Body);
    expect(answer).toMatchObject({ status, type: 'application/problem+json; charset=utf-8', json: { status, code } });
    expect(await isHealthy(test)).toBe(true);
  });

  it('does a request with an idempotency key once', async () => {
    const test = await startServer();
    const headers = { 'idempotency-key': 'a-1' };
    const first = await post(test, '/v1/comments', form({ file: new Blob([RECORDING]) }), headers);
    const { recognitions } = test.engine;
    const again = await post(test, '/v1/comments', form({ file: new Blob([RECORDING]) }), headers);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(test.engine.recognitions).toBe(recognitions);
    const other = await post(test, '/v1/comments', form({ file: new Blob([wav(speech(['kö']))]) }), headers);
    expect(other).toMatchObject({ status: 409, json: { code: 'conflict' } });
  });

  it('does not keep a failure under an idempotency key', async () => {
    const test = await startServer();
    const headers = { 'idempotency-key': 'a-2' };
    expect((await post(test, '/v1/comments', Buffer.from('not a recording'), headers)).status).toBe(422);
    expect((await post(test, '/v1/comments', RECORDING, headers)).status).toBe(200);
  });

  it.each([
    ['raw', () => new Uint8Array(200_000)],
    ['in a form', () => form({ file: new Blob([new Uint8Array(200_000)]) })],
  ])('refuses a recording that is too large, %s', async (_, body) => {
    const test = await startServer({ max_upload_bytes: 100_000 });
    const data = wav(speech(Array.from({ length: 20 }, () => 'bra' as const)));
    expect(data.length).toBeGreaterThan(200_000);
    const answer = await post(test, '/v1/comments', (body() instanceof FormData ? form({ file: new Blob([data]) }) : data) as Body);
    expect(answer).toMatchObject({ status: 413, json: { code: 'too_large' } });
    expect(await isHealthy(test)).toBe(true);
  });

  it.each([
    ['many parts', Array.from({ length: 500 }, (_, i) => `--b\r\ncontent-disposition: form-data; name="f${i}"\r\n\r\nx\r\n`).join('') + '--b--\r\n', 413],
    ['two files', ['one', 'two'].map((name) => `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\nRIFF\r\n`).join('') + '--b--\r\n', 413],
    ['an endless part header', `--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\nx-a: ${'y'.repeat(200_000)}\r\n\r\n`, 400],
    ['no end', '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nRIFF', 400],
    ['a file in another field', '--b\r\ncontent-disposition: form-data; name="other"; filename="x"\r\n\r\nRIFF\r\n--b--\r\n', 400],
  ])('refuses a multipart body with %s', async (_, body, status) => {
    const test = await startServer();
    const answer = await post(test, '/v1/comments', body, { 'content-type': 'multipart/form-data; boundary=b' });
    expect(answer.status).toBe(status);
    expect(await isHealthy(test)).toBe(true);
  });

  it('refuses a compressed body', async () => {
    const test = await startServer();
    expect((await post(test, '/v1/comments', RECORDING, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('refuses more uploads than it takes, and stops for a client that is gone', async () => {
    const engine = new FakeEngine();
    const test = await startServer({ max_uploads: 1 }, { engine });
    engine.recogniseMs = 400;
    const gone = connect(Number(new URL(test.server.url).port), '127.0.0.1');
    gone.write(`POST /v1/comments HTTP/1.1\r\nhost: x\r\ncontent-length: ${RECORDING.length + 1_000}\r\n\r\n`);
    gone.write(RECORDING);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await post(test, '/v1/comments', RECORDING)).status).toBe(503);
    gone.destroy();
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect((await post(test, '/v1/comments', RECORDING)).status).toBe(200);
    expect(engine.openFinders).toBe(0);
  });
});

describe('POST /v1/text', () => {
  it('takes JSON, plain text and a form', async () => {
    const test = await startServer();
    const json = { 'content-type': 'application/json' };
    expect((await post(test, '/v1/text', JSON.stringify({ text: 'bra' }), json)).json).toMatchObject({ tonality: 'positiv', areas: [] });
    expect((await post(test, '/v1/text', JSON.stringify({ texts: ['bra', 'kö', ''] }), json)).json['results']).toMatchObject([
      { tonality: 'positiv' },
      { tonality: 'negativ' },
      { tonality: null, reason: 'no_text' },
    ]);
    expect((await post(test, '/v1/text', 'kö', { 'content-type': 'text/plain' })).json['tonality']).toBe('negativ');
    expect((await post(test, '/v1/text', form({ text: 'bra' }))).json['tonality']).toBe('positiv');
  });

  it.each([
    ['{', 400],
    ['[]', 400],
    ['{}', 400],
    ['{"text":1}', 400],
    [JSON.stringify({ texts: Array.from({ length: 65 }, () => 'a') }), 400],
    [JSON.stringify({ text: 'a'.repeat(20_001) }), 413],
  ])('refuses %.20s with a problem document', async (body, status) => {
    const test = await startServer();
    expect(await post(test, '/v1/text', body, { 'content-type': 'application/json' })).toMatchObject({ status, json: { status } });
  });
});

describe("OpenAI's own client", () => {
  it('gets each response format', async () => {
    const { server } = await startServer();
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const file = await toFile(RECORDING, 'comment.wav');
    expect((await client.audio.transcriptions.create({ file, model: 'whisper-1' })).text).toBe('bra tack tack');
    const verbose = await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'verbose_json', timestamp_granularities: ['word'] });
    expect(verbose).toMatchObject({ duration: 2.8, text: 'bra tack tack', tonality: { tonality: 'positiv' } });
    expect(verbose.segments?.map((segment) => segment.text)).toEqual(['bra tack', 'tack']);
    expect(verbose.words?.map((word) => word.word)).toEqual(['bra', 'tack', 'tack']);
    expect(await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'text' })).toBe('bra tack tack\n');
    expect(await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'srt' })).toMatch(/^1\n00:00:00,000 --> 00:00:0[12],\d{3}\nbra tack\n\n2\n/);
    expect(await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'vtt' })).toMatch(/^WEBVTT\n\n00:00:00\.000 --> /);
  });

  it('gets errors that it understands', async () => {
    const { server } = await startServer();
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const create = async (bytes: Uint8Array<ArrayBuffer>, format = 'json'): Promise<unknown> =>
      client.audio.transcriptions.create({ file: await toFile(bytes, 'x.wav'), model: 'whisper-1', response_format: format as 'json' });
    await expect(create(new Uint8Array(0))).rejects.toMatchObject({ status: 422, code: 'unusable_input' });
    await expect(create(RECORDING, 'yaml')).rejects.toMatchObject({ status: 400, code: 'bad_message' });
  });
});
