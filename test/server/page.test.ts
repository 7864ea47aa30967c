import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { makeWav } from '../audio/make-wav.js';
import { PAUSE, speech } from './fake-engine.js';
import { onCleanup, startServer, toL16 } from './harness.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
if (!present) console.warn(`SKIPPED: the web page, because there is no Chromium at ${CHROMIUM} (set CHROMIUM_PATH).`);

/** A WAV file at 48 kHz, which is what the fake microphone plays over and over. */
function wav48(samples: Float32Array): Uint8Array {
  return makeWav({ sampleRateHz: 48_000, data: toL16(samples) });
}

describe.skipIf(!present)('the web page in Chromium', () => {
  async function open(): Promise<{ page: Page; wav: string; outside: string[]; problems: string[] }> {
    const folder = await mkdtemp(join(tmpdir(), 'tonalitet-page-'));
    onCleanup(async () => rm(folder, { recursive: true, force: true }));
    const wav = join(folder, 'microphone.wav');
    await writeFile(wav, wav48(speech(['bra', 'tack', 'bra', ...PAUSE, ...PAUSE], 48_000)));
    const { server } = await startServer();
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${wav}`, '--autoplay-policy=no-user-gesture-required'],
    });
    onCleanup(async () => browser.close());
    const page = await browser.newPage();
    const outside: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) outside.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    const response = await page.goto(server.url);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
    return { page, wav, outside, problems };
  }

  it('hears the microphone, by keyboard alone, and shows text, tonality, level and latency', async () => {
    const { page, outside, problems } = await open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    // A busy machine drops some of the fake microphone's samples, and tones are then heard as other words.
    await expect.poll(async () => page.locator('#finals').textContent(), { timeout: 20_000 }).toMatch(/tack|bra/);
    expect(await page.getByRole('button', { name: 'Sluta tala in' }).getAttribute('aria-pressed')).toBe('true');
    await expect.poll(async () => page.evaluate("document.getElementById('level').value"), { timeout: 10_000 }).toBeGreaterThan(0.1);
    await expect.poll(async () => page.locator('#tonality').textContent(), { timeout: 5_000 }).toMatch(/^(positiv|skeptisk|negativ)$/);
    expect(await page.locator('#latency').textContent()).toMatch(/^\d+,\d s$/);
    await page.keyboard.press('Enter');
    await expect.poll(async () => page.locator('#status').textContent(), { timeout: 5_000 }).toBe('Klart.');
    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  it('takes a file, and says in Swedish what is wrong with one', async () => {
    const { page, wav } = await open();
    await page.locator('#file').setInputFiles(wav);
    await expect.poll(async () => page.locator('#finals').textContent(), { timeout: 5_000 }).toBe('bra tack bra');
    expect(await page.locator('#tonality').textContent()).toBe('positiv');
    await page.locator('#file').setInputFiles({ name: 'x.wav', mimeType: 'audio/wav', buffer: Buffer.from('ingen inspelning') });
    await expect.poll(async () => page.locator('#status').textContent(), { timeout: 5_000 }).toMatch(/^Inspelningen kunde inte användas/);
  }, 60_000);

  it('has no fault that axe finds', async () => {
    const { page } = await open();
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    // Past the page's own policy, which lets in no script but its own.
    const source = await (await import('node:fs/promises')).readFile(axe, 'utf8');
    await page.evaluate(source);
    const violations = await page.evaluate("axe.run().then((result) => result.violations.map((violation) => violation.id))");
    expect(violations).toEqual([]);
  }, 60_000);
});
