import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { onCleanup } from './harness.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const hasChromium: boolean = existsSync(CHROMIUM);

/** Says aloud that tests are left out. */
export function warnWithoutChromium(what: string): void {
  if (!hasChromium) console.warn(`SKIPPED: ${what}, because there is no Chromium at ${CHROMIUM} (set CHROMIUM_PATH).`);
}

/** A page with what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Requests to anywhere but the origin. */
  readonly outside: string[];
  /** Errors on its console, and exceptions. */
  readonly problems: string[];
}

/** A new browser with nothing in it, closed after the test. */
export async function openBrowser(options: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number; readonly javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
  const { colorScheme = 'light', width = 1_280, javaScriptEnabled = true } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-chromium-'));
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args,
    colorScheme,
    locale: 'sv-SE',
    javaScriptEnabled,
    viewport: { width, height: 900 },
  });
  onCleanup(async () => {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  });
  return context;
}

export async function openPage(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const watched: WatchedPage = { page, outside: [], problems: [] };
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('file:')) watched.outside.push(url);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') watched.problems.push(message.text());
  });
  page.on('pageerror', (error) => watched.problems.push(error.message));
  return watched;
}

/** What axe finds against WCAG 2.1 A and AA, and good practice; each with the first element that it is about. */
export async function axeViolations(page: Page): Promise<unknown> {
  // Past the page's own policy, which lets in no script but its own.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate("axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 150)}`))");
}
