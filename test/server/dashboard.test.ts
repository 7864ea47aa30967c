import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sessions, SESSION_IDLE_S } from '../../src/server/dashboard/sessions.js';
import { LiveUpdates } from '../../src/server/dashboard/live-updates.js';
import { readQuoteChoice, readViewChoice, quotesHref, viewHref } from '../../src/server/dashboard/choice-url.js';
import { daysOfPeriod, planPeriods } from '../../src/report/period-tree.js';
import { PERIODS } from '../../src/survey/store-queries.js';
import { resolveSettings } from '../../src/server/settings.js';
import { upgradeStatus } from './harness.js';
import { someResponses, startDashboard } from './dashboard-store.js';
import type { TestDashboard } from './dashboard-store.js';

interface Row {
  readonly [name: string]: unknown;
  readonly comments?: number | null;
}

interface ReportAnswer {
  readonly scope: Row;
  readonly totals: readonly Row[];
  readonly units: readonly Row[];
  readonly municipalities: readonly Row[];
  readonly comparison: { readonly rows: readonly Row[] } | null;
}

async function report(dashboard: TestDashboard, query = ''): Promise<ReportAnswer> {
  const answer = await dashboard.get(`/rapport/api/report${query}`, 'reader');
  expect(answer.status).toBe(200);
  return (await answer.json()) as ReportAnswer;
}

/** A form as a browser sends it. */
async function post(dashboard: TestDashboard, path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${dashboard.server.url}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers: { origin: dashboard.server.url, ...headers } });
}

async function login(dashboard: TestDashboard, role: 'reader' | 'analyst' | 'admin'): Promise<string> {
  const answer = await post(dashboard, '/rapport/login', { token: dashboard.tokens[role], next: '/rapport?period=month' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/rapport?period=month']);
  return answer.headers.get('set-cookie')!.split(';')[0]!;
}

describe('roles', () => {
  it('let each do what it may, and nothing more', async () => {
    const dashboard = await startDashboard();
    const paths = ['/rapport/api/me', '/rapport/api/report', '/rapport/api/quotes'];
    const statuses = async (role?: keyof TestDashboard['tokens']): Promise<number[]> => Promise.all(paths.map(async (path) => (await dashboard.get(path, role)).status));
    expect(await statuses()).toEqual([401, 401, 401]);
    expect(await statuses('calls')).toEqual([401, 401, 401]);
    expect(await statuses('reader')).toEqual([200, 200, 403]);
    expect(await statuses('analyst')).toEqual([200, 200, 200]);
    expect(await statuses('admin')).toEqual([200, 200, 200]);
    const correct = async (role: 'analyst' | 'admin'): Promise<number> =>
      (await fetch(`${dashboard.server.url}/rapport/api/corrections`, {
        method: 'POST',
        headers: { authorization: `Bearer ${dashboard.tokens[role]}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'call-0', seen: 0, tonality: null }),
      })).status;
    expect([await correct('analyst'), await correct('admin')]).toEqual([403, 200]);
    // A role is for the dashboard alone, and a token for calls goes on as before. An address is no place for a token.
    const wsUrl = `${dashboard.wsUrl}/v1/stream`;
    expect(await upgradeStatus(wsUrl, { headers: { authorization: `Bearer ${dashboard.tokens.admin}` } })).toBe(401);
    expect(await upgradeStatus(wsUrl, { headers: { authorization: `Bearer ${dashboard.tokens.calls}` } })).toBe(101);
    expect((await dashboard.get(`/rapport/api/report?token=${dashboard.tokens.reader}`)).status).toBe(401);
    expect((await dashboard.get('/metrics', 'admin')).status).toBe(401);
  });

  it('are checked at the server, not by what a page shows: readers get no way to comments', async () => {
    const dashboard = await startDashboard();
    const [reader, analyst] = await Promise.all((['reader', 'analyst'] as const).map(async (role) => (await dashboard.get('/rapport', role)).text()));
    expect(reader).not.toContain('/rapport/kommentarer');
    expect(analyst).toContain('/rapport/kommentarer?');
    expect(reader).not.toContain('trevlig');
    expect((await dashboard.get('/rapport/kommentarer', 'reader')).status).toBe(403);
  });

  it('come from a proxy only where that was set, both headers are there, and the proxy is listed', async () => {
    const headers = { 'x-user': Buffer.from('Åsa').toString('latin1'), 'x-role': 'analyst' };
    const set = { proxy_user_header: 'X-User', proxy_role_header: 'X-Role' };
    const trusting = await startDashboard(set);
    expect(await (await trusting.get('/rapport/api/me', undefined, headers)).json()).toEqual({ name: 'Åsa', role: 'analyst', by: 'proxy' });
    expect((await trusting.get('/rapport/api/me', undefined, { 'x-role': 'admin' })).status).toBe(401);
    expect((await trusting.get('/rapport/api/me', undefined, { ...headers, 'x-role': 'root' })).status).toBe(401);
    // What a proxy's login lets through is no reason for another page to correct with it.
    const correction = { id: 'call-0', seen: '0', tonality: 'none' };
    const forged = await fetch(`${trusting.server.url}/rapport/kommentarer/ratta`, { method: 'POST', body: new URLSearchParams(correction), headers: { ...headers, 'x-role': 'admin' } });
    expect(forged.status).toBe(403);
    const elsewhere = await startDashboard({ ...set, proxy_addresses: ['10.1.2.3'] });
    expect((await elsewhere.get('/rapport/api/me', undefined, headers)).status).toBe(401);
    const off = await startDashboard();
    expect((await off.get('/rapport/api/me', undefined, headers)).status).toBe(401);
    // A proxy that says who is there, and no tokens: it is not open any more.
    const closed = await startDashboard({ ...set, tokens: [] });
    expect((await closed.get('/rapport/api/me')).status).toBe(401);
    expect(() => resolveSettings({ proxy_addresses: ['localhost'] })).toThrow(TypeError);
    expect(() => resolveSettings({ tokens: [`a:${'0'.repeat(64)}:root`] })).toThrow(TypeError);
  });

  it('are all of them open on loopback without tokens, which the page says; not to a foreign name for this machine', async () => {
    const dashboard = await startDashboard({ tokens: [] });
    expect(await (await dashboard.get('/rapport/api/me')).json()).toMatchObject({ role: 'admin', by: 'open' });
    expect(await (await dashboard.get('/rapport')).text()).toContain('Öppen utan nyckel');
    const { port } = new URL(dashboard.server.url);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: '/rapport/api/quotes', headers: { host: `evil.example:${port}` } }, (answer) => resolve(answer.resume().statusCode)).on('error', reject).end();
    });
    expect(status).toBe(401);
  });
});

describe('a browser that logs in', () => {
  it('gets a session of its own, which ends with the token, with logging out, and with time', async () => {
    const dashboard = await startDashboard();
    const first = await dashboard.get('/rapport?area=tid');
    expect(first.status).toBe(401);
    expect(await first.text()).toContain('value="/rapport?area=tid"');
    expect((await post(dashboard, '/rapport/login', { token: 'tnl_wrong' })).status).toBe(401);
    expect((await post(dashboard, '/rapport/login', { token: dashboard.tokens.calls })).status).toBe(401);
    const answer = await post(dashboard, '/rapport/login', { token: dashboard.tokens.reader, next: 'https://evil.example/rapport' });
    expect(answer.headers.get('location')).toBe('/rapport');
    expect(answer.headers.get('set-cookie')).toMatch(/^tonalitet_session=[\w-]{43}; Path=\/rapport; Max-Age=28800; HttpOnly; SameSite=Strict$/);
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    expect((await dashboard.get('/rapport', undefined, { cookie })).status).toBe(200);
    expect(dashboard.logLines.join('')).not.toContain(dashboard.tokens.reader);
    await post(dashboard, '/rapport/logout', {}, { cookie });
    expect((await dashboard.get('/rapport', undefined, { cookie })).status).toBe(401);
    const again = await login(dashboard, 'reader');
    await dashboard.server.reload(resolveSettings({ tokens: [`${'x'}:${'0'.repeat(64)}:reader`] }));
    expect((await dashboard.get('/rapport', undefined, { cookie: again })).status).toBe(401);
  });

  it('is not made to do anything by a page elsewhere', async () => {
    const dashboard = await startDashboard();
    const cookie = await login(dashboard, 'admin');
    const fields = { id: 'call-0', seen: '0', tonality: 'none' };
    for (const origin of ['https://evil.example', 'null']) {
      expect((await post(dashboard, '/rapport/kommentarer/ratta', fields, { cookie, origin })).status).toBe(403);
      expect((await post(dashboard, '/rapport/login', { token: dashboard.tokens.reader }, { origin })).status).toBe(403);
    }
    const without = await fetch(`${dashboard.server.url}/rapport/kommentarer/ratta`, { method: 'POST', body: new URLSearchParams(fields), headers: { cookie } });
    expect(without.status).toBe(403);
    expect((await dashboard.store.find('call-0'))?.corrections).toEqual([]);
    expect((await post(dashboard, '/rapport/kommentarer/ratta', fields, { cookie })).status).toBe(303);
    // A link from elsewhere comes without the cookie: the page asks again by itself.
    const linked = await dashboard.get('/rapport?area=tid', undefined, { 'sec-fetch-site': 'cross-site' });
    expect([linked.status, await linked.text()]).toEqual([200, expect.stringContaining('content="0;url=/rapport?area=tid"')]);
  });

  it('keeps as many sessions as there may be, the ones in use', () => {
    let now = 0;
    const sessions = new Sessions(() => now);
    const ids = Array.from({ length: 1_000 }, () => {
      now++;
      return sessions.open('t', 100_000);
    });
    now++;
    expect(sessions.tokenOf(ids[0], true)).toBe('t');
    now++;
    sessions.open('t', 100_000);
    expect([sessions.tokenOf(ids[0], true), sessions.tokenOf(ids[1], true), sessions.tokenOf(ids[2], true)]).toEqual(['t', undefined, 't']);
    now += SESSION_IDLE_S * 1_000 - 1;
    expect(sessions.tokenOf(ids[2], false)).toBe('t');
    now += 1;
    expect(sessions.tokenOf(ids[2], true)).toBeUndefined();
    const short = sessions.open('t', 10);
    now += 10_000;
    expect(sessions.tokenOf(short, true)).toBeUndefined();
    expect(sessions.tokenOf('__proto__', true)).toBeUndefined();
  });
});

describe('a view', () => {
  it('is what was chosen: grain, time, municipality, unit, area, and two of them beside each other', async () => {
    const dashboard = await startDashboard();
    const all = await report(dashboard);
    expect(all.totals.map(({ period, comments }) => [period, comments])).toEqual([['2019', 180], ['2020', 183]]);
    const one = await report(dashboard, '?municipality=1480&period=quarter&from=2020-01-01&to=2020-06-30');
    expect(one.scope).toMatchObject({ municipality: { code: '1480', name: 'Göteborg' }, from: '2020-01-01', to: '2020-06-30' });
    expect(one.units.map(({ unit, period }) => [unit, period])).toEqual([['Kontaktcenter', '2020-Q2'], ['Växel', '2020-Q2']]);
    const unit = await report(dashboard, '?municipality=1480&unit=V%C3%A4xel');
    expect(unit.totals.map(({ comments }) => comments)).toEqual([45, 45]);
    const both = await report(dashboard, '?municipality=1480&municipality=0180&to=2019-12-31');
    expect(both.comparison).toMatchObject({ kind: 'municipalities', period: '2019', sides: ['Göteborg', 'Stockholm'] });
    expect(both.comparison!.rows[1]).toMatchObject({ area: null, name: 'Stockholm', change: { positiv: expect.any(Number) } });
    const periods = await report(dashboard, '?before=2019&after=2020&municipality=1480');
    expect(periods.comparison!.rows.slice(0, 2)).toMatchObject([{ name: '2019', comments: 90, change: null }, { name: '2020', comments: 90 }]);
    // What lies beside is told of the last period only, so that an answer does not grow with periods times municipalities.
    expect(new Set(all.municipalities.map(({ period }) => period))).toEqual(new Set(['2020']));
  });

  it('leaves out small groups whichever way one looks, and makes no sums that would give them away', async () => {
    const dashboard = await startDashboard();
    const all = await report(dashboard);
    const shown = all.municipalities.filter(({ area, comments }) => area === null && comments !== null);
    // The small one is left out with another: beside the total it would be what is missing.
    expect(shown).toHaveLength(1);
    const hidden = await report(dashboard, '?municipality=2480');
    expect(hidden.totals.map(({ comments, suppressed }) => [comments, suppressed])).toEqual([[0, false], [null, true]]);
    const compared = await report(dashboard, '?municipality=2480&municipality=1480&municipality=0180');
    const totals = compared.comparison!.rows.filter(({ area }) => area === null).map(({ comments }) => comments);
    expect(totals).toEqual([null, ...['1480', '0180'].map((code) => shown.find(({ municipality }) => municipality === code)?.comments ?? null)]);
    // Whatever the grain, the same groups of a year are left out.
    for (const period of PERIODS.filter((grain) => grain !== 'year')) {
      const finer = await report(dashboard, `?period=${period}&municipality=2480&from=2020-05-01&to=2020-05-31`);
      for (const row of finer.totals) expect(row.comments === null || row.comments === 0).toBe(true);
    }
    const threshold = await startDashboard({ report_threshold: 2 });
    expect((await report(threshold, '?municipality=2480')).totals.map(({ comments }) => comments)).toEqual([0, 3]);
  });

  it('says what cannot be shown, and repeats nothing of it on a page', async () => {
    const dashboard = await startDashboard();
    for (const query of ['period=hour', 'from=2020-02-30', 'municipality=abc', `unit=${'x'.repeat(300)}`, 'area=%3Cscript%3E', 'municipality=9999', 'from=2021-01-01&to=2020-01-01', 'period=day&from=2010-01-01&to=2020-12-31']) {
      const json = await dashboard.get(`/rapport/api/report?${query}`, 'reader');
      expect([query, json.status]).toEqual([query, 400]);
      const page = await dashboard.get(`/rapport?${query}`, 'reader');
      expect([query, page.status]).toEqual([query, 400]);
      expect(await page.text()).not.toContain('<script>');
    }
    const empty = await startDashboard({}, []);
    expect(await (await empty.get('/rapport', 'reader')).text()).toContain('Det finns inga svar i databasen ännu.');
  });

  it('drops on the way what does not go together any more, so that the address tells what is shown', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.get('/rapport?municipality=0180&unit=V%C3%A4xel&before=2001&after=2020&from=&to=&area=', 'reader');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/rapport?period=year&municipality=0180']);
  });

  it('has addresses that are read back as they were written', () => {
    const day = fc.constantFrom('2019-01-01', '2020-12-31');
    const where = { municipalities: fc.constantFrom([], ['0180'], ['0180', '1480']), from: day, to: day, unit: fc.constantFrom(null, 'Växel & "Ö"', 'a=b') };
    fc.assert(
      fc.property(
        fc.record({ period: fc.constantFrom(...PERIODS), ...where, area: fc.constantFrom('tid' as const, 'helhet' as const) }, { requiredKeys: ['period', 'municipalities'] }),
        (choice) => {
          expect(readViewChoice(new URL(viewHref(choice), 'http://x').searchParams)).toEqual(choice);
        },
      ),
    );
    fc.assert(
      fc.property(fc.record({ uncertain: fc.boolean(), ...where, search: fc.constantFrom('kö "lång väntan"', 'å&ä=ö'), tonality: fc.constantFrom('none' as const, 'negativ' as const) }, { requiredKeys: ['uncertain', 'municipalities'] }), (choice) => {
        expect(readQuoteChoice(new URL(quotesHref(choice), 'http://x').searchParams)).toEqual(choice);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), fc.date({ min: new Date('1999-12-01'), max: new Date('2030-01-31'), noInvalidDate: true }), (period, date) => {
        const at = date.toISOString().slice(0, 10);
        const { shown, range } = planPeriods(period, { from: at, to: at });
        expect(daysOfPeriod(period, shown[0]!)).toEqual(range);
      }),
    );
  });
});

describe('comments', () => {
  it('are found by area, tonality and words, a page at a time, and each reading is written down first', async () => {
    const dashboard = await startDashboard();
    const read = async (query: string): Promise<{ quotes: Row[]; next: string | null }> => (await (await dashboard.get(`/rapport/api/quotes?${query}`, 'analyst')).json()) as never;
    const first = await read('tonality=negativ&search=v%C3%A4ntetid&limit=50');
    expect(first.quotes).toHaveLength(50);
    expect(first.quotes[0]).toMatchObject({ tonality: 'negativ', text: expect.stringContaining('Väntetiderna') });
    expect(first.quotes[0]).not.toHaveProperty('seen');
    const rest = [...first.quotes];
    for (let { next } = first; next !== null; ) {
      const page = await read(`tonality=negativ&search=v%C3%A4ntetid&limit=50&after=${next}`);
      rest.push(...page.quotes);
      next = page.next;
    }
    expect(new Set(rest.map(({ id }) => id)).size).toBe(120);
    expect(dashboard.acts.flatMap(({ ids }) => ids)).toEqual(rest.map(({ id }) => id));
    expect(dashboard.acts[0]).toMatchObject({ who: { name: 'anna', role: 'analyst', by: 'token' }, act: 'comments_read', choice: { tonality: 'negativ', search: 'yes' } });
    // A search may be a citizen's name.
    expect(JSON.stringify(dashboard.acts)).not.toContain('väntetid');
    expect(dashboard.logLines.join('')).not.toMatch(/ntetid/);
    for (const query of ['search=%22%22', 'search=*', 'after=x', 'limit=101', 'limit=0', 'tonality=arg', `search=${'a'.repeat(201)}`]) {
      expect([query, (await dashboard.get(`/rapport/api/quotes?${query}`, 'analyst')).status]).toEqual([query, 400]);
    }
    const page = await (await dashboard.get('/rapport/kommentarer?search=trevliga', 'analyst')).text();
    expect(page).toContain('&#60;b&#62;<mark>trevlig</mark>');
    expect(page).not.toContain('Rätta etiketterna');
  });

  it('are not given where that cannot be written down', async () => {
    const dashboard = await startDashboard();
    dashboard.acts.push = () => {
      throw new Error('the disk is full');
    };
    const answer = await dashboard.get('/rapport/api/quotes', 'analyst');
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('trevlig')]);
  });

  it('are corrected by who may, unless somebody else was first', async () => {
    const dashboard = await startDashboard();
    const cookie = await login(dashboard, 'admin');
    const page = await (await dashboard.get('/rapport/kommentarer?tonality=negativ', undefined, { cookie })).text();
    const id = /name="id" value="([\w-]+)"/.exec(page)![1]!;
    const fields = { id, seen: '0', return: '/rapport/kommentarer?tonality=negativ', tonality: 'positiv', 'area.tid': 'positiv', 'area.helhet': '', service: 'bostad' };
    const before = await report(dashboard);
    const saved = await post(dashboard, '/rapport/kommentarer/ratta', fields, { cookie });
    expect(saved.headers.get('location')).toBe(`/rapport/kommentarer?tonality=negativ&rattad=1#c-${id}`);
    expect((await dashboard.store.find(id))?.corrections).toMatchObject([{ by: 'ada', tonality: 'positiv', areas: [{ area: 'tid', tonality: 'positiv' }], services: [] }]);
    const sum = ({ totals }: ReportAnswer): unknown => totals.map(({ corrected }) => corrected).reduce((a, b) => Number(a) + Number(b), 0);
    expect([sum(before), sum(await report(dashboard))]).toEqual([0, 1]);
    expect((await post(dashboard, '/rapport/kommentarer/ratta', fields, { cookie })).status).toBe(409);
    expect((await post(dashboard, '/rapport/kommentarer/ratta', { ...fields, id: 'nobody' }, { cookie })).status).toBe(404);
    expect((await post(dashboard, '/rapport/kommentarer/ratta', { ...fields, seen: '-1' }, { cookie })).status).toBe(400);
    expect((await post(dashboard, '/rapport/kommentarer/ratta', { ...fields, return: 'x'.repeat(20_000) }, { cookie })).status).toBe(413);
    const away = await post(dashboard, '/rapport/kommentarer/ratta', { ...fields, seen: '1', return: '//evil.example/rapport/kommentarer' }, { cookie });
    expect(away.headers.get('location')).toMatch(/^\/rapport\/kommentarer\?rattad=1#/);
    expect(dashboard.acts.filter(({ act }) => act === 'labels_corrected')[0]).toMatchObject({ who: { name: 'ada', by: 'session' }, ids: [id] });
    const json = async (body: unknown): Promise<number> =>
      (await fetch(`${dashboard.server.url}/rapport/api/corrections`, { method: 'POST', headers: { authorization: `Bearer ${dashboard.tokens.admin}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })).status;
    expect(await json({ id, seen: 2, tonality: 'negativ', areas: { kommunala_tjanster: 'negativ' }, services: ['bostad'] })).toBe(200);
    for (const wrong of [[], {}, { id, seen: 3, tonality: 'arg' }, { id, seen: 3, tonality: null, areas: { tid: 'negativ' } }, { id, seen: 3, tonality: 'negativ', services: ['bostad'] }, { id: 7, seen: 3, tonality: null }]) {
      expect([wrong, await json(wrong)]).toEqual([wrong, 400]);
    }
  });
});

describe('live updates', () => {
  it('tell open views that something changed, and nothing of what', async () => {
    const dashboard = await startDashboard();
    const stream = await dashboard.get('/rapport/api/events', 'reader');
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const hear = async (wanted: string): Promise<void> => {
      while (!heard.includes(wanted)) heard += (await reader.read()).value ?? '';
    };
    await hear('retry');
    // Time for the first look.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await dashboard.store.add([{ ...someResponses()[0]!, id: 'new' }]);
    await hear('event: changed\ndata: 1\n\n');
    expect(heard).toMatch(/^retry: \d+\n\nevent: changed\ndata: 1\n\n$/);
    await reader.cancel();
    expect((await dashboard.get('/rapport/api/events')).status).toBe(401);
  });

  it('have as many clients as may be, are not asked for by nobody, and let go of who may no longer look', async () => {
    const dashboard = await startDashboard({ max_live_views: 1 });
    const first = await dashboard.get('/rapport/api/events', 'reader');
    expect((await dashboard.get('/rapport/api/events', 'analyst')).status).toBe(503);
    await first.body!.cancel();
    await expect.poll(async () => {
      const answer = await dashboard.get('/rapport/api/events', 'analyst');
      await answer.body!.cancel();
      return answer.status;
    }).toBe(200);

    let asked = 0;
    let welcome = true;
    const live = new LiveUpdates({ revision: async () => String(++asked), maxViewers: () => 1, now: () => performance.now(), failed: () => undefined, lookMs: 5, announceMs: 0, heartbeatMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(asked).toBe(0);
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => live.open(response, () => welcome)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const ended = fetch(`http://127.0.0.1:${port}/`).then(async (answer) => answer.text());
    await expect.poll(() => asked).toBeGreaterThan(2);
    welcome = false;
    expect(await ended).toMatch(/event: changed/);
    await expect.poll(() => live.viewers).toBe(0);
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(asked).toBe(before);
    server.close();
  });
});
