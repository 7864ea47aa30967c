import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeToken } from '../../src/server/access.js';
import { checkSettings, resolveSettings, settingsFromEnvironment } from '../../src/server/settings.js';
import { WebSocket } from '../../src/server/web-socket.js';
import { PAUSE, speech } from './fake-engine.js';
import { TestClient, onCleanup, startServer, upgradeStatus } from './harness.js';

const CANARY = 'bra';

describe('tokens', () => {
  it('let in who has one, by any of the ways in which clients can send it', async () => {
    const { token, entry } = makeToken('telefoni');
    const { wsUrl, server } = await startServer({ tokens: [entry] });
    const url = `${wsUrl}/v1/stream`;
    expect(await upgradeStatus(url)).toBe(401);
    expect(await upgradeStatus(url, { headers: { authorization: 'Bearer wrong' } })).toBe(401);
    expect(await upgradeStatus(url, { headers: { authorization: `Bearer ${'x'.repeat(5_000)}` } })).toBe(401);
    expect(await upgradeStatus(url, { headers: { authorization: `Bearer ${token}` } })).toBe(101);
    expect(await upgradeStatus(url, { headers: { authorization: `Token ${token}` } })).toBe(101);
    expect(await upgradeStatus(url, { headers: { authorization: `Basic ${Buffer.from(`user:${token}`).toString('base64')}` } })).toBe(101);
    expect(await upgradeStatus(url, { protocols: ['tonalitet.v1', `tonalitet.token.${token}`] })).toBe(101);
    expect(await upgradeStatus(`${url}?token=${token}`)).toBe(101);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await fetch(`${server.url}/v1/text`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it('are rotated without a restart, and limit the streams of their holder', async () => {
    const old = makeToken('a');
    const next = makeToken('a');
    const { wsUrl, server } = await startServer({ tokens: [old.entry] });
    const url = `${wsUrl}/v1/stream`;
    await server.reload(resolveSettings({ tokens: [`${next.entry}:1`] }));
    expect(await upgradeStatus(url, { headers: { authorization: `Bearer ${old.token}` } })).toBe(401);
    const client = await TestClient.connect(url, { headers: { authorization: `Bearer ${next.token}` } });
    expect(await upgradeStatus(url, { headers: { authorization: `Bearer ${next.token}` } })).toBe(503);
    client.socket.terminate();
  });

  it('do not let one follow the calls of another', async () => {
    const one = makeToken('one');
    const two = makeToken('two');
    const { wsUrl } = await startServer({ tokens: [one.entry, two.entry] });
    const follower = await TestClient.connect(`${wsUrl}/v1/stream`, { headers: { authorization: `Bearer ${two.token}` } });
    follower.json({ type: 'subscribe', call_id: 'x' });
    const client = await TestClient.connect(`${wsUrl}/v1/stream`, { headers: { authorization: `Bearer ${one.token}` } });
    client.json({ type: 'start', encoding: 'pcmu', call_id: 'x' });
    client.json({ type: 'CloseStream' });
    await client.closed;
    expect(follower.frames).toEqual([]);
  });
});

describe('origins', () => {
  it('lets only the own page and listed ones connect', async () => {
    const { wsUrl, server } = await startServer({ origins: ['https://enkat.example'] });
    const url = `${wsUrl}/v1/stream`;
    const port = new URL(server.url).port;
    expect(await upgradeStatus(url, { origin: 'https://evil.example' })).toBe(403);
    // A name that resolves to this machine is no page of ours.
    expect(await upgradeStatus(url, { origin: `http://rebound.example:${port}` })).toBe(403);
    expect(await upgradeStatus(url, { origin: 'null' })).toBe(403);
    expect(await upgradeStatus(url, { origin: `http://localhost:${port}` })).toBe(101);
    expect(await upgradeStatus(url, { origin: 'https://enkat.example' })).toBe(101);
    expect((await fetch(`${server.url}/v1/text`, { method: 'POST', body: '{"text":"x"}', headers: { origin: 'https://evil.example' } })).status).toBe(403);
  });
});

describe('settings', () => {
  it('refuse to listen to strangers unless told to', () => {
    const check = (raw: Record<string, unknown>) => () => checkSettings(resolveSettings(raw));
    const { entry } = makeToken('a');
    expect(check({ host: '0.0.0.0' })).toThrow(/tokens or tls_client_ca/);
    expect(check({ host: '0.0.0.0', tokens: [entry] })).toThrow(/tls_key and tls_cert/);
    expect(check({ host: '0.0.0.0', insecure: true })).not.toThrow();
    expect(check({ host: '::1' })).not.toThrow();
    expect(check({ tls_key: 'k' })).toThrow(/together/);
  });

  it('come from file, environment and flags, the later before the earlier', () => {
    const environment = settingsFromEnvironment({ TONALITET_PORT: '9000', TONALITET_TOKENS: '', TONALITET_ORIGINS: 'https://a.example, https://b.example' });
    expect(resolveSettings({ port: 1, max_streams: 3 }, environment)).toMatchObject({ port: 9_000, maxStreams: 3, origins: ['https://a.example', 'https://b.example'] });
    expect(resolveSettings({ port: 1 }, environment, { port: '8' }).port).toBe(8);
  });

  it.each([
    [{ port: 70_000 }, /port to be a whole number from 0 to 65535, got 70000/],
    [{ max_streams: '1.5' }, /max_streams to be a whole number/],
    [{ insecure: 'yes' }, /insecure to be true or false/],
    [{ log_level: 'loud' }, /log_level to be one of/],
    [{ nonsense: 1 }, /known setting, got "nonsense"/],
    [{ tokens: ['a:secret'] }, /name:sha256/],
    [{ origins: ['nowhere'] }, /origins/],
  ])('name what is wrong: %o', (raw, message) => {
    expect(() => resolveSettings(raw)).toThrow(message);
  });

  it('do not show a secret that is wrong', () => {
    expect(() => resolveSettings({ audiohook_keys: [{ key: 'hush' }] })).not.toThrow(/hush/);
    expect(() => resolveSettings({ tokens: ['name:hush-hush'] })).not.toThrow(/hush-hush/);
  });
});

describe('logs', () => {
  it('have the call, and never a word or a token', async () => {
    const { token, entry } = makeToken('telefoni');
    const test = await startServer({ tokens: [entry] });
    const client = await TestClient.connect(`${test.wsUrl}/v1/stream?token=${token}`);
    client.json({ type: 'start', encoding: 'pcmu', call_id: 'call-1', metadata: { note: 'hemligt' } });
    client.muLaw(speech([CANARY, ...PAUSE], 8_000));
    client.json({ type: 'CloseStream' });
    await client.closed;
    await fetch(`${test.server.url}/v1/text?token=${token}`, { method: 'POST', body: JSON.stringify({ text: `${CANARY} hemligt` }), headers: { 'content-type': 'application/json' } });
    await test.server.stop();
    const log = test.logLines.join('');
    expect(log).toContain('"call_id":"call-1"');
    expect(log).not.toMatch(new RegExp(`${CANARY}|hemligt|${token}|${entry.split(':')[1]!}`));
    for (const line of test.logLines) expect(JSON.parse(line)).toMatchObject({ event: expect.any(String) as string });
  });
});

function openssl(...args: string[]): boolean {
  try {
    execFileSync('openssl', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const hasOpenssl = openssl('version');
if (!hasOpenssl) console.warn('SKIPPED: TLS tests, because there is no openssl to make certificates with.');

describe.skipIf(!hasOpenssl)('TLS', () => {
  async function certificates(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'tonalitet-tls-'));
    onCleanup(async () => rm(folder, { recursive: true, force: true }));
    await issue(folder, 'server');
    await issue(folder, 'client');
    return folder;
  }

  async function issue(folder: string, name: string): Promise<void> {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`), '-subj', `/CN=${name}`);
  }

  const settings = (folder: string) => ({ tls_key: join(folder, 'server.key'), tls_cert: join(folder, 'server.crt') });

  async function fingerprint(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${url}/health`, { rejectUnauthorized: false, agent: false }, (response) => {
        resolve((response.socket as TLSSocket).getPeerCertificate().fingerprint256);
        response.resume();
      });
      request.on('error', reject);
      request.end();
    });
  }

  it('serves wss, and takes over renewed files without a restart', async () => {
    const folder = await certificates();
    const test = await startServer(settings(folder));
    expect(test.server.url).toMatch(/^https:/);
    const before = await fingerprint(test.server.url);
    await issue(folder, 'server');
    await test.server.reload(resolveSettings(settings(folder)));
    expect(await fingerprint(test.server.url)).not.toBe(before);
    // A renewal that went wrong leaves the old ones in place.
    await writeFile(join(folder, 'server.crt'), 'half writ');
    await test.server.reload(resolveSettings(settings(folder)));
    expect(await fingerprint(test.server.url)).toMatch(/^[0-9A-F:]+$/);
    const socket = new WebSocket(`${test.server.url.replace('https', 'wss')}/v1/stream`, { rejectUnauthorized: false });
    onCleanup(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  });

  it('asks for a client certificate where authorities are set', async () => {
    const folder = await certificates();
    const { readFile } = await import('node:fs/promises');
    const test = await startServer({ ...settings(folder), tls_client_ca: join(folder, 'client.crt') });
    const open = async (options: object): Promise<boolean> => {
      const socket = new WebSocket(`${test.server.url.replace('https', 'wss')}/v1/stream`, { rejectUnauthorized: false, ...options });
      onCleanup(() => socket.terminate());
      return new Promise((resolve) => socket.once('open', () => resolve(true)).once('error', () => resolve(false)));
    };
    expect(await open({})).toBe(false);
    expect(await open({ key: await readFile(join(folder, 'client.key')), cert: await readFile(join(folder, 'client.crt')) })).toBe(true);
    expect(await open({ key: await readFile(join(folder, 'server.key')), cert: await readFile(join(folder, 'server.crt')) })).toBe(false);
  });
});
