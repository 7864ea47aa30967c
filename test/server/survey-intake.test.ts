import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeWav } from '../audio/make-wav.js';
import { encodeMuLaw } from '../../src/audio/g711.js';
import { TonalitetError } from '../../src/errors.js';
import { ResultsFile } from '../../src/server/results-file.js';
import type { SurveyKeeping } from '../../src/server/survey-intake.js';
import { CallIds } from '../../src/survey/call-id.js';
import { ResponseSpool } from '../../src/survey/response-spool.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { ResponseStore } from '../../src/survey/store.js';
import { readSurveyFile } from '../../src/survey/survey-file.js';
import { PAUSE, speech } from './fake-engine.js';
import { TestClient, isHealthy, onCleanup, startServer, toL16 } from './harness.js';
import type { TestServer } from './harness.js';

const callIds = new CallIds(new Uint8Array(32));
const survey = await readSurveyFile(new URL('../../samples/survey.sv.yaml', import.meta.url).pathname);

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-intake-'));
  onCleanup(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function startKeeping(settings: Partial<SurveyKeeping> = {}, wrapStore: (store: ResponseStore) => ResponseStore = (store) => store): Promise<{ test: TestServer; store: ResponseStore; path: string }> {
  const path = join(await tempFolder(), 'pulsen.db');
  const store = await SqliteStore.open(path, { create: true });
  onCleanup(async () => store.close());
  const keeping: SurveyKeeping = { callIds, survey, municipality: '2480', unit: undefined, channel: 0, ...settings, store: wrapStore(store) };
  return { test: await startServer({}, { keeping }), store, path };
}

/** A call of our own protocol: keys, then words, then its end. */
async function nativeCall(test: TestServer, callId: string, { digits = '', words = [], metadata = {} }: { digits?: string; words?: Parameters<typeof speech>[0]; metadata?: object } = {}): Promise<TestClient> {
  const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
  client.json({ type: 'start', encoding: 'pcmu', sample_rate: 8_000, call_id: callId, tonality: 'comment', metadata });
  for (const digit of digits) client.json({ type: 'dtmf', digit });
  client.muLaw(speech([...words, ...PAUSE], 8_000));
  client.json({ type: 'CloseStream' });
  return client;
}

describe('a call that ends', () => {
  it('is one response, on the disk before its end is told', async () => {
    const { test, path } = await startKeeping();
    const client = await nativeCall(test, 'samtal-1', { digits: '15432250', words: ['bra', 'tack'], metadata: { unit: 'Växel', contacted_at: '2026-03-02T09:15:00+01:00' } });
    await client.message(({ type }) => type === 'ended');
    // Another connection to the same file, as after the loss of the process.
    await using other = await SqliteStore.open(path, { create: false });
    expect(await other.find(callIds.pseudonym('samtal-1'))).toMatchObject({
      municipality: '2480',
      unit: 'Växel',
      contactedAt: new Date('2026-03-02T08:15:00Z'),
      survey: { id: 'medborgarpulsen', version: survey.version },
      participation: 'completed',
      consent: true,
      comment: { state: 'classified', text: 'bra tack', verdict: { tonality: 'positiv', confidence: 0.9 } },
    });
    expect((await other.find(callIds.pseudonym('samtal-1')))!.ratings).toHaveLength(survey.questions.length);
    expect((await client.closed).code).toBe(1000);
  });

  it('comes from Twilio with its parameters, and from Asterisk with its channel variables', async () => {
    const { test, store } = await startKeeping({ municipality: undefined });
    const twilio = await TestClient.connect(`${test.wsUrl}/twilio`);
    const parameters = { municipality: '0180', consent: 'ja', rating_bemotande: '5', rating_helhet: '0' };
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    twilio.json({ event: 'start', sequenceNumber: '1', streamSid: 'MZ1', start: { streamSid: 'MZ1', callSid: 'CA1', tracks: ['inbound'], customParameters: parameters, mediaFormat } });
    const bytes = encodeMuLaw(speech(['lång', 'kö', ...PAUSE], 8_000));
    for (let i = 0; i < bytes.length / 160; i++) {
      const payload = Buffer.from(bytes.subarray(160 * i, 160 * (i + 1))).toString('base64');
      twilio.json({ event: 'media', sequenceNumber: String(i + 2), media: { track: 'inbound', chunk: String(i + 1), timestamp: String(20 * i), payload } });
    }
    twilio.json({ event: 'stop', sequenceNumber: String(Math.ceil(bytes.length / 160) + 2), stop: { callSid: 'CA1' } });
    await twilio.closed;
    await expect.poll(async () => store.find(callIds.pseudonym('CA1'))).toMatchObject({
      municipality: '0180',
      participation: 'completed',
      ratings: [
        { question: 'bemotande', value: 5 },
        { question: 'helhet', value: 10 },
      ],
      comment: { text: 'lång kö', verdict: { tonality: 'negativ' } },
    });

    const asterisk = await TestClient.connect(`${test.wsUrl}/asterisk?hangup=none`);
    const started = { event: 'MEDIA_START', connection_id: 'm1', channel: 'WebSocket/m1', channel_id: '17.1', format: 'ulaw', optimal_frame_size: 160, ptime: 20, channel_variables: { MUNICIPALITY: '1480' } };
    asterisk.json(started);
    for (const digit of '14') asterisk.json({ event: 'DTMF_END', digit });
    asterisk.socket.close(1000);
    await asterisk.closed;
    await expect.poll(async () => store.find(callIds.pseudonym('17.1'))).toMatchObject({ municipality: '1480', participation: 'abandoned', abandonedAt: 'kunskap', ratings: [{ question: 'bemotande', value: 4 }], comment: null });
  });

  it('keeps nothing that was said without consent, and no trial', async () => {
    const { test, store } = await startKeeping();
    await (await nativeCall(test, 'nej', { digits: '2', words: ['kö'] })).closed;
    expect(await store.find(callIds.pseudonym('nej'))).toMatchObject({ participation: 'declined', consent: false, comment: null });
    await (await nativeCall(test, 'prov', { digits: '1', words: ['bra'], metadata: { keep: 'no' } })).closed;
    expect(await store.find(callIds.pseudonym('prov'))).toBeUndefined();
  });

  it('is refused before anybody has spoken where nobody says which municipality it is about', async () => {
    const { test } = await startKeeping({ municipality: undefined });
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream`);
    client.json({ type: 'start', encoding: 'pcmu', sample_rate: 8_000 });
    expect(await client.message(({ type }) => type === 'error')).toMatchObject({ code: 'bad_message', message: expect.stringContaining('municipality') as string });
    expect((await client.closed).code).toBe(1007);
  });

  it('tells the client and the log, without a word of it, that it could not be kept', async () => {
    const { test } = await startKeeping({}, (store) => brokenAdd(store, new TonalitetError('STORE_FAILED', 'the disk is full')));
    const client = await nativeCall(test, 'trasig', { digits: '15', words: ['bra'] });
    expect(await client.message(({ type }) => type === 'error')).toMatchObject({ code: 'internal', message: expect.stringContaining('could not be kept') as string });
    expect((await client.closed).code).toBe(1011);
    expect(test.logLines.some((line) => line.includes('result not kept') && line.includes('STORE_FAILED'))).toBe(true);
    expect(test.logLines.join('')).not.toMatch(/\bbra\b/);
  });

  it('is kept beside a store that fails, and moves in when that can take it again', async () => {
    const spool = await ResponseSpool.open(join(await tempFolder(), 'waiting'));
    let broken = true;
    const fault = (): Error | undefined => (broken ? new TonalitetError('STORE_FAILED', 'the disk is full') : undefined);
    const { test, store } = await startKeeping({ spool }, (inner) => brokenAdd(inner, fault));
    const client = await nativeCall(test, 'utan-databas', { digits: '15', words: ['bra'] });
    // The client need not know: its answers are on the disk.
    expect(await client.message(({ type }) => type === 'ended')).toBeTruthy();
    expect((await client.closed).code).toBe(1000);
    expect((await ResponseSpool.open(spool.folder)).waiting).toBe(1);
    expect(await (await fetch(`${test.server.url}/metrics`)).text()).toContain('tonalitet_responses_waiting 1');
    const posted = await fetch(`${test.server.url}/v1/responses`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id: 'x', municipality: '2480', contacted_at: '2026-03-02', text: 'kö' }) });
    expect([posted.status, await posted.json()]).toEqual([202, { outcome: 'waiting', id: callIds.pseudonym('x') }]);
    expect(test.logLines.some((line) => line.includes('responses wait for the store') && line.includes('STORE_FAILED'))).toBe(true);
    broken = false;
    await expect.poll(async () => store.find(callIds.pseudonym('utan-databas')), { timeout: 15_000 }).toMatchObject({ participation: 'completed', comment: { text: 'bra', verdict: { tonality: 'positiv' } } });
    // What came without a tonality is then judged.
    await expect.poll(async () => (await store.find(callIds.pseudonym('x')))?.comment?.state, { timeout: 5_000 }).toBe('classified');
    expect(spool.waiting).toBe(0);
  }, 30_000);

  it('ends up on the disk though the server is stopped while the store is busy', async () => {
    const spool = await ResponseSpool.open(join(await tempFolder(), 'waiting'));
    const { test } = await startKeeping({ spool }, (store) => brokenAdd(store, new TonalitetError('STORE_BUSY', 'busy')));
    const client = await nativeCall(test, 'sista', { digits: '15' });
    await expect.poll(() => test.logLines.some((line) => line.includes('store busy'))).toBe(true);
    await test.server.stop();
    await client.closed;
    expect(spool.waiting).toBe(1);
  }, 30_000);

  it('waits for a store that is busy for a while', async () => {
    let busy = 2;
    const { test, store } = await startKeeping({}, (store) => brokenAdd(store, () => (busy-- > 0 ? new TonalitetError('STORE_BUSY', 'busy') : undefined)));
    await (await nativeCall(test, 'sen', { digits: '15' })).closed;
    expect(await store.find(callIds.pseudonym('sen'))).toMatchObject({ participation: 'abandoned' });
  });

  it('leaves the first response of a call id as it was, and says so', async () => {
    const { test, store } = await startKeeping();
    await (await nativeCall(test, 'en', { digits: '15' })).closed;
    const again = await nativeCall(test, 'en', { digits: '11' });
    expect(await again.message(({ type }) => type === 'error')).toMatchObject({ message: expect.stringContaining('another response') as string });
    expect((await store.find(callIds.pseudonym('en')))!.ratings).toEqual([{ question: 'bemotande', value: 5 }]);
  });
});

/** A store whose writes fail, always or as long as `fault` says so. */
function brokenAdd(store: ResponseStore, fault: Error | (() => Error | undefined)): ResponseStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'add') return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      return async (responses: Parameters<ResponseStore['add']>[0]) => {
        const error = typeof fault === 'function' ? fault() : fault;
        if (error !== undefined) throw error;
        return target.add(responses);
      };
    },
  });
}

describe('POST /v1/responses', () => {
  const post = async ({ server }: TestServer, body: unknown, type = 'application/json'): Promise<{ status: number; json: Record<string, unknown> }> => {
    const response = await fetch(`${server.url}/v1/responses`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': type } });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const one = (id: string, more: object = {}): object => ({ id, municipality: '2480', contacted_at: '2026-03-02T09:15:00+01:00', ratings: { bemotande: 4 }, text: 'bra, ring 070-123 45 67', ...more });

  it('takes one, redacts and classifies it, and takes it once', async () => {
    const { test, store } = await startKeeping();
    const id = callIds.pseudonym('a');
    expect(await post(test, one('a'))).toEqual({ status: 201, json: { outcome: 'added', id } });
    expect(await post(test, one('a'))).toEqual({ status: 200, json: { outcome: 'duplicate', id } });
    expect(await post(test, one('a', { ratings: { bemotande: 1 } }))).toMatchObject({ status: 409, json: { code: 'conflict' } });
    await expect.poll(async () => (await store.find(id))?.comment?.state).toBe('classified');
    const { comment } = (await store.find(id))!;
    expect(comment).toMatchObject({ verdict: { tonality: 'positiv' } });
    expect(comment!.text).not.toContain('070');
  });

  it('takes many, and tells of each what became of it', async () => {
    const { test } = await startKeeping();
    const { status, json } = await post(test, [one('b'), one('c', { ratings: { bemotande: 9 } }), one('b'), one('d', { municipality: '9999' })]);
    expect(status).toBe(200);
    expect(json['results']).toMatchObject([
      { outcome: 'added' },
      { outcome: 'rejected', reason: expect.stringContaining('ratings.bemotande') as string },
      { outcome: 'duplicate' },
      { outcome: 'rejected', reason: expect.stringContaining('municipality') as string },
    ]);
  });

  it('takes lines of JSON as it takes an array', async () => {
    const { test, store } = await startKeeping();
    const lines = [one('l1'), one('l2', { contacted_at: 'i går' }), one('l3')].map((each) => JSON.stringify(each));
    const { status, json } = await post(test, `${lines.join('\n')}\n\n`, 'application/x-ndjson');
    expect(status).toBe(200);
    expect(json['results']).toMatchObject([{ outcome: 'added' }, { outcome: 'rejected', pointer: '/1/contacted_at' }, { outcome: 'added' }]);
    expect(await store.find(callIds.pseudonym('l3'))).toBeTruthy();
    expect(await post(test, '{"id":1}\nhemlig', 'application/x-ndjson')).toMatchObject({ status: 400, json: { detail: expect.stringContaining('line 2') as string } });
  });

  it.each([
    ['a rating beyond its scale', { ratings: { bemotande: 9 } }, '#/ratings/bemotande'],
    ['a question that is not asked', { ratings: { nagot: 1 } }, '#/ratings'],
    ['an area that is none', { tonality: 'positiv', areas: [{ area: 'tid', tonality: 'positiv' }, { area: 'hemlig', tonality: 'positiv' }] }, '#/areas/1/area'],
    ['a municipality that is none', { municipality: '9999' }, '#/municipality'],
    ['a probability beyond 1', { tonality: 'positiv', probabilities: { positiv: 2, skeptisk: 0, negativ: 0 } }, '#/probabilities/positiv'],
  ])('points at %s', async (_, more, pointer) => {
    const { test } = await startKeeping();
    expect(await post(test, one('p', more))).toMatchObject({ status: 422, json: { code: 'unusable_input', errors: [{ pointer }] } });
  });

  it('takes a response with the recording of its comment, once', async () => {
    const { test, store } = await startKeeping();
    const send = async (id: string, words: Parameters<typeof speech>[0], more: object = {}): Promise<{ status: number; json: unknown }> => {
      const form = new FormData();
      form.set('response', JSON.stringify({ id, municipality: '2480', contacted_at: '2026-03-02T09:15:00+01:00', ratings: { bemotande: 4 }, ...more }));
      form.set('file', new Blob([makeWav({ sampleRateHz: 16_000, data: toL16(speech([...words, ...PAUSE])) })]), 'kommentar.wav');
      const response = await fetch(`${test.server.url}/v1/responses`, { method: 'POST', body: form });
      return { status: response.status, json: await response.json() };
    };
    expect(await send('i1', ['lång', 'kö'])).toEqual({ status: 201, json: { outcome: 'added', id: callIds.pseudonym('i1') } });
    expect(await store.find(callIds.pseudonym('i1'))).toMatchObject({ ratings: [{ value: 4 }], comment: { state: 'classified', recording: null, text: 'lång kö', verdict: { tonality: 'negativ', confidence: 0.9 } } });
    expect(await send('i1', ['lång', 'kö'])).toMatchObject({ status: 200, json: { outcome: 'duplicate' } });
    expect(await send('i1', ['bra'])).toMatchObject({ status: 409, json: { errors: [{ pointer: '#/id' }] } });
    // Nothing was said: that is kept too, as a comment without a word.
    expect(await send('i2', [])).toMatchObject({ status: 201 });
    expect(await store.find(callIds.pseudonym('i2'))).toMatchObject({ comment: { text: null, verdict: { tonality: null, reason: 'no_speech' } } });
    expect(await send('i3', ['bra'], { text: 'hemlig' })).toMatchObject({ status: 422, json: { errors: [{ pointer: '#/text' }] } });
    expect(await send('i4', ['bra'], { consent: false })).toMatchObject({ status: 422, json: { errors: [{ pointer: '#/consent' }] } });
    for (const fields of [{}, { response: 'hemlig' }, { response: '[]' }]) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([makeWav({ sampleRateHz: 16_000, data: toL16(speech(['bra'])) })]), 'kommentar.wav');
      expect((await fetch(`${test.server.url}/v1/responses`, { method: 'POST', body: form })).status).toBe(400);
    }
    expect(test.logLines.join('')).not.toContain('hemlig');
  }, 20_000);

  it.each([
    ['no JSON', '{"id":', 'application/json', 400, 'bad_message'],
    ['another type', '{}', 'text/plain', 415, 'unsupported_format'],
    ['a list of words', ['hemlig-ordalydelse'], 'application/json', 400, 'bad_message'],
    ['a recording by its path', { ...one('e'), recording: '/etc/passwd' }, 'application/json', 400, 'bad_message'],
    ['a field that is not known', { ...one('f'), 'hemlig ordalydelse': 1 }, 'application/json', 422, 'unusable_input'],
    ['too many', Array.from({ length: 1_001 }, () => ({})), 'application/json', 413, 'too_large'],
  ])('refuses %s with a problem document that quotes nothing', async (_, body, type, status, code) => {
    const { test } = await startKeeping();
    const answer = await post(test, body, type);
    expect(answer).toMatchObject({ status, json: { status, code } });
    expect(JSON.stringify(answer.json) + test.logLines.join('')).not.toContain('hemlig');
    expect(await isHealthy(test)).toBe(true);
  });

  it('is not there where nothing is kept', async () => {
    const test = await startServer();
    expect(await post(test, one('a'))).toMatchObject({ status: 404 });
  });
});

describe('the results file', () => {
  it('holds no personal identifiers', async () => {
    const path = join(await tempFolder(), 'results.jsonl');
    const file = await ResultsFile.open(path, (error) => {
      throw error;
    });
    const said = 'jag heter Anna Lindqvist och har nummer 070-123 45 67';
    const segment = { start: 0, end: 4, text: said, confidence: 0.9 };
    const comment = { channel: 0, text: said, segments: [segment], verdict: undefined, lost: [] };
    file.append({ kind: 'ended', callId: 'c', durationS: 4, comments: [comment, { ...comment, segments: [segment, segment] }], digits: [], metadata: {}, fault: undefined });
    await file.close();
    const line = await readFile(path, 'utf8');
    expect(line).not.toMatch(/070|Lindqvist/);
    expect(line).toContain('jag heter');
  });
});
