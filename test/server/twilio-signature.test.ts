import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeToken } from '../../src/server/access.js';
import { resolveSettings } from '../../src/server/settings.js';
import { isHealthy, startServer, upgradeStatus } from './harness.js';

const AUTH_TOKEN = '12345abcde12345abcde12345abcde12';

const signed = (address: string, authToken = AUTH_TOKEN): { headers: Record<string, string> } => ({
  headers: { 'x-twilio-signature': createHmac('sha1', authToken).update(address).digest('base64') },
});

describe("Twilio's signature", () => {
  it('lets in who signed the address behind a proxy, however it is written', async () => {
    const { wsUrl } = await startServer({ twilio_auth_tokens: [AUTH_TOKEN], public_url: 'https://tal.example' });
    const url = `${wsUrl}/twilio`;
    for (const address of ['wss://tal.example/twilio', 'https://tal.example/twilio', 'wss://tal.example/twilio/', 'wss://tal.example:443/twilio']) {
      expect([address, await upgradeStatus(url, signed(address))]).toEqual([address, 101]);
    }
    for (const address of ['wss://other.example/twilio', 'ws://tal.example/twilio', 'wss://tal.example/vosk', 'wss://tal.example:8443/twilio', '']) {
      expect([address, await upgradeStatus(url, signed(address))]).toEqual([address, 401]);
    }
    expect(await upgradeStatus(url, signed('wss://tal.example/twilio', 'another auth token of some length'.replaceAll(' ', '-')))).toBe(401);
    // The query belongs to what is signed.
    expect(await upgradeStatus(`${url}?results=text`, signed('wss://tal.example/twilio'))).toBe(401);
    expect(await upgradeStatus(`${url}?results=text`, signed('wss://tal.example/twilio?results=text'))).toBe(101);
  });

  it('takes the address of the request where no proxy is in front', async () => {
    const { wsUrl } = await startServer({ twilio_auth_tokens: [AUTH_TOKEN] });
    expect(await upgradeStatus(`${wsUrl}/twilio`, signed(`${wsUrl}/twilio`))).toBe(101);
    expect(await upgradeStatus(`${wsUrl}/twilio`, signed('wss://tal.example/twilio'))).toBe(401);
  });

  it('is wanted where auth tokens are set, and another path does not take it', async () => {
    const test = await startServer({ twilio_auth_tokens: [AUTH_TOKEN] });
    const { wsUrl } = test;
    expect(await upgradeStatus(`${wsUrl}/twilio`)).toBe(401);
    for (const signature of ['', 'no base64!', 'A'.repeat(10_000), Buffer.alloc(32).toString('base64')]) {
      expect(await upgradeStatus(`${wsUrl}/twilio`, { headers: { 'x-twilio-signature': signature } })).toBe(401);
    }
    expect(test.logLines.join('')).not.toContain(AUTH_TOKEN);
    expect(await isHealthy(test)).toBe(true);
  });

  it('stands beside the tokens, for systems that sign nothing', async () => {
    const { token, entry } = makeToken('signalwire');
    const { wsUrl } = await startServer({ twilio_auth_tokens: ['a-secondary-auth-token', AUTH_TOKEN], tokens: [entry] });
    const url = `${wsUrl}/twilio`;
    expect(await upgradeStatus(url)).toBe(401);
    expect(await upgradeStatus(url, { headers: { authorization: `Bearer ${token}` } })).toBe(101);
    expect(await upgradeStatus(url, signed(url))).toBe(101);
    // A signature that is wrong is not made good by a token.
    expect(await upgradeStatus(url, { headers: { ...signed('wss://x').headers, authorization: `Bearer ${token}` } })).toBe(401);
    expect(await upgradeStatus(`${wsUrl}/vosk`, signed(`${wsUrl}/vosk`))).toBe(401);
  });

  it('wants settings that can be meant', () => {
    expect(() => resolveSettings({ twilio_auth_tokens: ['short'] })).toThrow(/twilio_auth_tokens/);
    expect(() => resolveSettings({ twilio_auth_tokens: ['secret with spaces in it'] })).toThrow(/^(?!.*secret)/);
    for (const url of ['tal.example', 'https://tal.example/path', 'ftp://tal.example', 'https://user@tal.example']) {
      expect(() => resolveSettings({ public_url: url })).toThrow(/public_url/);
    }
    expect(resolveSettings({ public_url: 'https://tal.example/' }).publicUrl).toBe('https://tal.example');
  });
});
