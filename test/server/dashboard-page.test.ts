import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.js';
import { reportHtml } from '../../src/report/report-html.js';
import { axeViolations, hasChromium, openBrowser, openPage, warnWithoutChromium } from './chromium.js';
import type { WatchedPage } from './chromium.js';
import { someResponses, startDashboard } from './dashboard-store.js';
import type { TestDashboard } from './dashboard-store.js';

warnWithoutChromium('the dashboard in a browser');

/** Pictures to look at: in the folder of DASHBOARD_SCREENSHOTS, or one of their own. */
const folder = process.env['DASHBOARD_SCREENSHOTS'] ?? (hasChromium ? await mkdtemp(join(tmpdir(), 'tonalitet-screenshots-')) : '');

async function picture(page: Page, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

async function loggedIn(dashboard: TestDashboard, role: 'reader' | 'analyst' | 'admin', path = '/rapport', options: Parameters<typeof openBrowser>[0] = {}): Promise<WatchedPage> {
  const watched = await openPage(await openBrowser(options), dashboard.server.url);
  const { page } = watched;
  await page.goto(`${dashboard.server.url}${path}`);
  await page.getByLabel('Nyckel').fill(dashboard.tokens[role]);
  await page.getByRole('button', { name: 'Logga in' }).click();
  await page.getByRole('button', { name: 'Logga ut' }).waitFor();
  // The page that asks for the token is a 401, which Chromium writes on the console.
  watched.problems.length = 0;
  return watched;
}

describe.skipIf(!hasChromium)('the dashboard in Chromium', () => {
  it('is read by keyboard alone: from the token over a choice and an area down to what was said', async () => {
    const dashboard = await startDashboard();
    const { page, outside, problems } = await openPage(await openBrowser(), dashboard.server.url);
    await page.goto(`${dashboard.server.url}/rapport`);
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = async (): Promise<unknown> => page.evaluate('document.activeElement.textContent.trim()');
    await press('Tab');
    expect(await focused()).toBe('Till innehållet');
    await press('Tab');
    await page.keyboard.type(dashboard.tokens.analyst);
    await press('Enter');
    await page.getByRole('heading', { name: 'Vad medborgarna tycker: alla kommuner' }).waitFor();
    problems.length = 0;
    // Straight to the contents, and on to the first area.
    await press('Tab', 'Enter');
    expect(page.url()).toMatch(/#innehall$/);
    for (let tabs = 0; tabs < 60 && (await focused()) !== 'Tid'; tabs++) await press('Tab');
    await press('Enter');
    await page.getByRole('heading', { name: 'Tid: alla kommuner' }).waitFor();
    expect(new URL(page.url()).searchParams.get('area')).toBe('tid');
    await page.getByRole('link', { name: 'negativa', exact: true }).focus();
    await press('Enter');
    await page.getByRole('heading', { name: 'Kommentarer i ord' }).waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({ area: 'tid', tonality: 'negativ' });
    expect(await page.getByRole('listitem').filter({ hasText: 'Väntetiderna är alldeles' }).count()).toBeGreaterThan(5);
    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
    expect(dashboard.acts.map(({ act }) => act)).toEqual(['comments_read']);
  }, 90_000);

  it('keeps its filters in the address, puts municipalities and periods beside each other, and goes back', async () => {
    const dashboard = await startDashboard();
    const { page, problems } = await loggedIn(dashboard, 'reader');
    await page.getByLabel('Indelning').selectOption('Kvartal');
    await page.getByText('Kommuner: alla').click();
    await page.getByLabel('Göteborg').check();
    await page.getByRole('button', { name: 'Visa' }).click();
    await page.getByRole('heading', { name: 'Vad medborgarna tycker: Göteborg' }).waitFor();
    await page.getByLabel('Enhet', { exact: true }).selectOption('Växel');
    await page.getByLabel('Jämför perioden').selectOption('kvartal 1 2019');
    await page.getByLabel('med perioden').selectOption('kvartal 1 2020');
    await page.getByRole('button', { name: 'Visa' }).click();
    await page.getByRole('heading', { name: 'Jämförelse: kvartal 1 2019 och kvartal 1 2020' }).waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({ period: 'quarter', municipality: '1480', unit: 'Växel', before: '2019-Q1', after: '2020-Q1' });
    await page.reload();
    expect(await page.getByLabel('Enhet', { exact: true }).inputValue()).toBe('Växel');
    await page.getByText('Kommuner: Göteborg').click();
    await page.getByLabel('Stockholm').check();
    await page.getByRole('button', { name: 'Visa' }).click();
    // The unit of one municipality cannot go with two.
    await page.getByRole('heading', { name: /^Jämförelse: Stockholm och Göteborg/ }).or(page.getByRole('heading', { name: /^Jämförelse: Göteborg och Stockholm/ })).waitFor();
    expect(new URL(page.url()).searchParams.get('unit')).toBeNull();
    await page.goBack();
    await page.getByRole('heading', { name: 'Vad medborgarna tycker: Göteborg, Växel' }).waitFor();
    expect(problems).toEqual([]);
  }, 90_000);

  it('shows what comes in without being asked, and leaves the reader where they are', async () => {
    const dashboard = await startDashboard();
    const { page, problems } = await loggedIn(dashboard, 'reader');
    const count = page.locator('dl.key dd').first();
    expect(await count.textContent()).toMatch(/^183/);
    const area = page.getByRole('link', { name: 'Tid', exact: true }).first();
    await area.focus();
    const scrolled = await page.evaluate('scrollY');
    // The first look at the store tells what is known; only what comes after it is news.
    await page.waitForTimeout(500);
    const [first] = someResponses();
    await dashboard.store.add(Array.from({ length: 7 }, (_, index) => ({ ...first!, id: `new-${index}`, contactedAt: new Date('2020-06-01T12:00:00Z') })));
    await expect.poll(async () => count.textContent(), { timeout: 20_000 }).toMatch(/^190/);
    expect(await page.getByRole('status').textContent()).toMatch(/^Uppdaterad \d\d:\d\d:\d\d\.$/);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Tid');
    expect(await page.evaluate('scrollY')).toBe(scrolled);
    expect(problems).toEqual([]);
  }, 90_000);

  it('takes a correction, also without script, and tells who was second that somebody was first', async () => {
    const dashboard = await startDashboard();
    const { page } = await loggedIn(dashboard, 'admin', '/rapport/kommentarer?tonality=negativ', { javaScriptEnabled: false });
    const quote = page.locator('.quotes > li').first();
    const id = (await quote.getAttribute('id'))!.slice(2);
    await quote.getByText('Rätta etiketterna').click();
    await quote.getByLabel('Hela kommentaren').selectOption('Skeptisk');
    await quote.getByLabel('Kommunala tjänster', { exact: true }).selectOption('Skeptisk');
    await quote.getByLabel('Bostad').check();
    await quote.getByRole('button', { name: 'Spara rättelsen' }).click();
    expect(await page.getByRole('status').textContent()).toBe('Rättelsen är sparad och räknas från och med nu.');
    expect((await dashboard.store.find(id))?.corrections).toMatchObject([{ by: 'ada', tonality: 'skeptisk', services: ['bostad'] }]);
    const other = page.locator('.quotes > li').first();
    const otherId = (await other.getAttribute('id'))!.slice(2);
    await dashboard.store.correct(otherId, { tonality: null, areas: [], services: [], by: 'bo', at: new Date() }, 0);
    await other.getByText('Rätta etiketterna').click();
    await other.getByRole('button', { name: 'Spara rättelsen' }).click();
    expect(await page.getByRole('main').textContent()).toContain('Någon annan har rättat kommentaren');
  }, 90_000);

  it.each([
    ['light', 1_280],
    ['light', 390],
    ['dark', 1_280],
    ['dark', 390],
  ] as const)('has no fault that axe finds, and is no wider than its window: %s, %i px', async (colorScheme, width) => {
    const dashboard = await startDashboard();
    const login = await openPage(await openBrowser({ colorScheme, width }), dashboard.server.url);
    await login.page.goto(`${dashboard.server.url}/rapport`);
    expect(await axeViolations(login.page)).toEqual([]);
    const { page, problems, outside } = await loggedIn(dashboard, 'admin', '/rapport', { colorScheme, width });
    const pages = {
      view: '/rapport',
      area: '/rapport?period=quarter&area=tid&municipality=1480',
      periods: '/rapport?before=2019&after=2020',
      municipalities: '/rapport?municipality=0180&municipality=1480',
      comments: '/rapport/kommentarer?search=v%C3%A4ntetid',
    };
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${dashboard.server.url}${path}`);
      await page.evaluate('document.querySelectorAll("details").forEach((fold, index) => (fold.open = index < 2))');
      expect([name, await axeViolations(page)]).toEqual([name, []]);
      expect([name, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([name, true]);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
    expect(problems).toEqual([]);
    expect(outside).toEqual([]);
  }, 180_000);

  it('prints without what one can only use on a screen', async () => {
    const dashboard = await startDashboard();
    const { page } = await loggedIn(dashboard, 'analyst');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Visa' }).isVisible()).toBe(false);
    expect(await page.getByRole('heading', { name: 'Områden' }).isVisible()).toBe(true);
    await picture(page, 'print');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  }, 90_000);

  it('sends few kilobytes of script', async () => {
    const dashboard = await startDashboard();
    const context = await openBrowser();
    const { page } = await openPage(context, dashboard.server.url);
    let bytes = 0;
    page.on('response', (response) => {
      if (/javascript/.test(response.headers()['content-type'] ?? '')) bytes += Number(response.headers()['content-length']);
    });
    await page.goto(`${dashboard.server.url}/rapport`, { waitUntil: 'networkidle' });
    expect(bytes).toBe((await stat(new URL('../../page/dashboard.js', import.meta.url))).size);
    expect(bytes).toBeLessThan(300_000);
  }, 60_000);

  it.each(['light', 'dark'] as const)("has a report in a file that axe finds no fault with either: %s", async (colorScheme) => {
    const dashboard = await startDashboard();
    const report = await buildReport(dashboard.store, { period: 'quarter', quotes: { source: dashboard.store, perGroup: 2 } });
    await mkdir(folder, { recursive: true });
    const path = join(folder, `report-${colorScheme}.html`);
    await writeFile(path, reportHtml(report));
    for (const width of [1_280, 390]) {
      const { page, outside } = await openPage(await openBrowser({ colorScheme, width }), dashboard.server.url);
      await page.goto(pathToFileURL(path).href);
      expect(await axeViolations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(outside).toEqual([]);
      await picture(page, `file-${colorScheme}-${width}`);
    }
  }, 90_000);
});
