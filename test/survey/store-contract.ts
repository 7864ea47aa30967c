import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditVerifier } from '../../src/survey/audit-log.js';
import { AREAS, SERVICES } from '../../src/classification/labels.js';
import type { Correction, StoredVerdict } from '../../src/survey/response.js';
import { PARTICIPATIONS } from '../../src/survey/response.js';
import { PERIODS } from '../../src/survey/store-queries.js';
import type { CommentQuery, Grouping, QuoteQuery, ResponseFilter } from '../../src/survey/store-queries.js';
import { MAX_BATCH } from '../../src/survey/store.js';
import type { NewResponse, ResponseStore, StoredResponse } from '../../src/survey/store.js';
import { classified, redacted, response, someCorrection, someResponse, someVerdict, verdict } from './make-responses.js';
import { dayOf, groups, items, outcomeCounts } from './naive-counts.js';

/** A database to test: made empty for each test, and opened as often as a test wants. */
export interface TestDatabase {
  open(): Promise<ResponseStore>;
  remove(): Promise<void>;
}

const someDay = fc.constantFrom('2019-11-15', '2019-12-31', '2020-01-01', '2020-02-29', '2020-03-01', '2020-03-31', '2020-04-01', '2020-05-20');
const someFilter: fc.Arbitrary<ResponseFilter> = fc.record(
  {
    from: someDay,
    to: someDay,
    municipalities: fc.subarray(['0180', '1480', '2584', '0114']),
    units: fc.subarray([null, 'Kontaktcenter', 'Växel "Ö"']),
  },
  { requiredKeys: [] },
);
const someGrouping: fc.Arbitrary<Grouping> = fc.record({ period: fc.constantFrom(...PERIODS), municipality: fc.boolean(), unit: fc.boolean() }, { requiredKeys: [] });

type Step =
  | { readonly kind: 'add'; readonly responses: readonly Omit<NewResponse, 'id' | 'digest'>[] }
  | { readonly kind: 'correct'; readonly which: number; readonly correction: Correction }
  | { readonly kind: 'classify'; readonly which: number; readonly verdict: StoredVerdict };
const someSteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), responses: fc.array(someResponse, { maxLength: 12 }) }),
    fc.record({ kind: fc.constant('correct' as const), which: fc.nat(), correction: someCorrection }),
    fc.record({ kind: fc.constant('classify' as const), which: fc.nat(), verdict: someVerdict }),
  ),
  { minLength: 1, maxLength: 8 },
);

/** What every database must do, whichever it is. */
export function testStore(name: string, make: () => Promise<TestDatabase>, numRuns: number): void {
  describe(name, () => {
    let database: TestDatabase;
    let store: ResponseStore;
    beforeEach(async () => {
      database = await make();
      store = await database.open();
    });
    afterEach(async () => {
      await store.close();
      await database.remove();
    });

    describe('forgetting', () => {
      const record = { actor: 'arkivet', action: 'delete', subject: '', detail: 'KS 2026/1' } as const;
      const old = (id: string, change: Partial<NewResponse> = {}): NewResponse =>
        response(id, { contactedAt: new Date('2019-06-01T10:00:00Z'), comment: { ...classified(), text: redacted(`ord om ${id}`) }, ...change });
      const counted = async (): Promise<number> => (await store.extent()).responses;

      it('forgets the words of a day and before, and counts on', async () => {
        const waiting = { state: 'pending', recording: null, text: redacted('väntar'), verdict: null } as const;
        await store.add([old('a'), old('b', { comment: waiting }), response('c')]);
        expect(await store.privacy.expired('text', '2019-06-01')).toEqual([]);
        expect(await store.privacy.expired('text', '2019-06-02')).toEqual([{ municipality: '0180', count: 2, firstDay: '2019-06-01', lastDay: '2019-06-01' }]);
        expect(await store.privacy.forget('text', '2019-06-02', 1, () => record)).toBe(1);
        expect(await store.privacy.forget('text', '2019-06-02', 10, () => record)).toBe(1);
        expect(await store.privacy.forget('text', '2019-06-02', 10, () => record)).toBe(0);
        expect((await store.find('a'))?.comment).toMatchObject({ text: null, state: 'classified' });
        expect((await store.find('b'))?.comment).toMatchObject({ text: null, state: 'failed' });
        expect((await store.quotes({ limit: 10, search: 'ord' })).quotes).toEqual([]);
        expect(await store.backlog()).toMatchObject({ waiting: 0, dead: 1 });
        expect(await counted()).toBe(3);
        expect((await store.privacy.auditEntries(10, 0)).map(({ seq }) => seq)).toEqual([1, 2]);
      });

      it('forgets responses whose ids stay taken until their counts go', async () => {
        await store.add([old('a'), response('c')]);
        expect(await store.privacy.forget('response', '2019-06-02', 10, () => record)).toBe(1);
        expect(await store.find('a')).toBeUndefined();
        expect(await counted()).toBe(2);
        expect(await store.add([old('a')])).toEqual(['duplicate']);
        expect(await store.add([old('a', { digest: 'another' })])).toEqual(['conflict']);
        expect(await store.privacy.forget('aggregate', '2019-07-05', 10, () => record)).toBe(1);
        expect(await counted()).toBe(1);
        expect(await store.add([old('a')])).toEqual(['added']);
      });

      it('erases one with its part in the counts, once', async () => {
        await store.add([old('a'), old('b')]);
        await store.correct('a', { by: 'anna', at: new Date(), tonality: 'negativ', areas: [], services: [] }, 0);
        expect(await store.privacy.erase('a', { ...record, action: 'erase', subject: 'a' })).toMatchObject({ id: 'a' });
        expect(await store.privacy.erase('a', record)).toBeUndefined();
        expect(await counted()).toBe(1);
        expect((await store.quotes({ limit: 10 })).quotes.map(({ id }) => id)).toEqual(['b']);
        expect(await store.corrected(10)).toEqual([]);
        expect(await store.add([old('a')])).toEqual(['duplicate']);
      });

      it('forgets where recordings lay, and gives up what was to be heard in them', async () => {
        const spoken = { state: 'pending', recording: '/r/a.wav', text: null, verdict: null } as const;
        await store.add([old('a', { comment: spoken }), old('b', { comment: { ...classified(), recording: '/r/b.wav' } }), response('c')]);
        expect(await store.privacy.expiredRecordings('2019-06-02', 10)).toEqual([
          { id: 'a', path: '/r/a.wav' },
          { id: 'b', path: '/r/b.wav' },
        ]);
        await store.privacy.forgetRecordings(['a', 'b'], record);
        expect(await store.privacy.expiredRecordings('2019-06-02', 10)).toEqual([]);
        expect((await store.find('a'))?.comment?.state).toBe('failed');
        expect((await store.find('b'))?.comment).toMatchObject({ state: 'classified', recording: null });
      });

      it('keeps one chain of what several wrote at the same time', async () => {
        const other = await database.open();
        await Promise.all([store, other, store, other, store].map(async (one, i) => one.privacy.audit({ ...record, detail: String(i) })));
        await other.close();
        const verifier = new AuditVerifier();
        for (const entry of await store.privacy.auditEntries(10, 0)) verifier.add(entry);
        expect(verifier.verdict()).toEqual({ kind: 'whole', head: await store.privacy.auditHead() });
        expect((await store.privacy.auditHead()).seq).toBe(5);
      });
    });

    it('gives back what it was handed, after it was closed and opened too', async () => {
      const full = response('a', {
        unit: 'Växel "Ö"',
        answeredAt: new Date('2020-03-05T11:00:00.123Z'),
        survey: { id: 'medborgarpulsen', version: 2 },
        consent: true,
        ratings: [{ question: 'bemotande', value: 5 }, { question: 'vantetid', value: 0 }],
        comment: {
          state: 'classified',
          recording: 'calls/a.wav',
          text: redacted('Hon var trevlig 😊, men jag fick "vänta".\n'),
          verdict: verdict({
            tonality: 'skeptisk',
            areas: [{ area: 'handlaggare', tonality: 'positiv', probability: 0.9312 }, { area: 'kommunala_tjanster', tonality: 'negativ', probability: null }],
            services: ['forskola_skola', 'ovrigt'],
            probabilities: { positiv: 0.1, skeptisk: 0.7, negativ: 0.2 },
            uncertain: true,
            confidence: 0.8123,
            model: 'tonality 1.0.0',
          }),
        },
      });
      const bare = response('b', { participation: 'abandoned', abandonedAt: 'vantetid', consent: false });
      const silent = response('c', { comment: classified({ tonality: null, reason: 'no_speech' }) });
      const waiting = response('d', { comment: { state: 'pending', recording: 'd.wav', text: null, verdict: null } });
      const all = [full, bare, silent, waiting];
      expect(await store.add(all)).toEqual(['added', 'added', 'added', 'added']);
      await store.close();
      store = await database.open();
      for (const { digest: _, ...expected } of all) expect(await store.find(expected.id)).toEqual({ ...expected, corrections: [] });
      expect(await store.find('e')).toBeUndefined();
    });

    it('takes the same response once, and never replaces one by another', async () => {
      const first = response('a', { comment: classified({ tonality: 'negativ' }) });
      const other = { ...first, digest: 'another', comment: classified({ tonality: 'positiv' }) };
      expect(await store.add([first, first, other, response('b')])).toEqual(['added', 'duplicate', 'conflict', 'added']);
      expect(await store.add([other, first])).toEqual(['conflict', 'duplicate']);
      expect((await store.find('a'))?.comment).toEqual(first.comment);
      expect((await store.extent()).responses).toBe(2);
      expect(await store.known(['b', 'x', 'a'])).toEqual(new Map([['a', first.digest], ['b', 'digest of b']]));
    });

    it('takes all of a batch or nothing of it', async () => {
      const broken = { ...response('c'), municipality: null } as unknown as NewResponse;
      await expect(store.add([response('b'), broken])).rejects.toThrow();
      expect(await store.find('b')).toBeUndefined();
      expect(await store.extent()).toMatchObject({ responses: 0, firstDay: null, municipalities: [] });
      expect(await store.add([response('b')])).toEqual(['added']);
      await expect(store.add(Array.from({ length: MAX_BATCH + 1 }, (_, index) => response(`${index}`)))).rejects.toThrow(RangeError);
    });

    it('counts a correction in place of the model, and keeps both', async () => {
      const areas = [{ area: 'tid', tonality: 'negativ', probability: 0.6 }] as const;
      await store.add([response('a', { comment: classified({ tonality: 'negativ', areas, uncertain: true }) }), response('b')]);
      const first: Correction = { tonality: 'positiv', areas: [{ area: 'tid', tonality: 'positiv', probability: null }], services: [], by: 'anna', at: new Date('2021-01-01T10:00:00Z') };
      const second: Correction = { tonality: null, areas: [], services: [], by: 'bo', at: new Date('2021-01-02T10:00:00Z') };
      expect(await store.correct('a', first, 0)).toBe('corrected');
      expect(await store.countComments({ subject: 'areas' })).toMatchObject([{ area: 'tid', outcomes: { positiv: 1, negativ: 0 }, corrected: 1, uncertain: 0 }]);
      expect(await store.correct('a', second, 0)).toBe('changed_meanwhile');
      expect(await store.correct('a', second, 1)).toBe('corrected');
      expect(await store.countComments({ subject: 'areas' })).toEqual([]);
      expect(await store.countComments({ subject: 'comments' })).toMatchObject([{ outcomes: { positiv: 0, negativ: 0, no_opinion: 1 }, corrected: 1 }]);
      const found = await store.find('a');
      expect(found?.comment?.verdict).toEqual(verdict({ tonality: 'negativ', areas, uncertain: true }));
      expect(found?.corrections).toEqual([first, second]);
      expect(await store.corrected(5)).toEqual([found]);
      expect(await store.corrected(5, 'a')).toEqual([]);
      expect(await store.correct('b', first, 0)).toBe('not_found');
      expect(await store.correct('x', first, 0)).toBe('not_found');
    });

    it('classifies a comment once', async () => {
      await store.add([response('a', { comment: { state: 'pending', recording: null, text: redacted('Bra!'), verdict: null } }), response('b')]);
      const found = verdict({ tonality: 'positiv', areas: [{ area: 'helhet', tonality: 'positiv', probability: 0.5 }] });
      expect(await store.classify('a', found)).toBe(true);
      expect(await store.classify('a', verdict({ tonality: 'negativ' }))).toBe(false);
      expect(await store.classify('b', found)).toBe(false);
      expect(await store.classify('x', found)).toBe(false);
      expect((await store.find('a'))?.comment).toEqual({ state: 'classified', recording: null, text: 'Bra!', verdict: found });
      expect(await store.countComments({ subject: 'comments' })).toMatchObject([{ outcomes: { positiv: 1, pending: 0 } }]);
    });

    it('hands out what waits to one at a time, and again where nobody said what became of it', async () => {
      const waiting = { state: 'pending', recording: 'a.wav', text: null, verdict: null } as const;
      await store.add([response('a', { comment: waiting }), response('b', { comment: { ...waiting, recording: null, text: redacted('Bra!') } }), response('c')]);
      await store.add([response('d', { comment: classified() })]);
      const at = (second: number): Date => new Date(Date.UTC(2020, 0, 1, 0, 0, second));
      expect(await store.backlog()).toMatchObject({ waiting: 2, dead: 0 });
      const [first] = await store.claim(1, at(0), at(10));
      expect(first).toEqual({ id: 'a', text: null, recording: 'a.wav', attempts: 1 });
      expect(await store.claim(5, at(1), at(11))).toEqual([{ id: 'b', text: 'Bra!', recording: null, attempts: 1 }]);
      expect(await store.claim(5, at(9), at(19))).toEqual([]);
      await store.extendClaim(['b'], at(20));
      expect(await store.claim(5, at(12), at(22))).toMatchObject([{ id: 'a', attempts: 2 }]);
      await store.release(['a'], at(13));
      expect(await store.claim(5, at(13), at(23))).toMatchObject([{ id: 'a', attempts: 2 }]);
      expect(await store.classify('b', verdict())).toBe(true);
      expect(await store.backlog()).toEqual({ waiting: 1, dead: 0, nextDue: at(23) });
      expect(await store.classify('a', verdict(), redacted('Det var bra.'))).toBe(true);
      expect((await store.find('a'))?.comment).toMatchObject({ recording: 'a.wav', text: 'Det var bra.' });
      expect(await store.backlog()).toEqual({ waiting: 0, dead: 0, nextDue: null });
    });

    it('keeps what was given up with its reason, until it is tried again', async () => {
      const waiting = { state: 'pending', recording: 'x.wav', text: null, verdict: null } as const;
      await store.add(['a', 'b', 'c'].map((id) => response(id, { comment: waiting })));
      const now = new Date('2020-01-01T00:00:00Z');
      const later = new Date('2020-01-01T01:00:00Z');
      await store.claim(3, now, later);
      await store.postpone('a', 'AUDIO_INVALID', null);
      await store.postpone('b', 'WORKER_CRASHED', later);
      await store.postpone('c', 'AUDIO_EMPTY', null);
      expect(await store.deadLetters(1)).toEqual([{ id: 'a', municipality: '0180', reason: 'AUDIO_INVALID', attempts: 1 }]);
      expect(await store.deadLetters(5, 'a')).toMatchObject([{ id: 'c', reason: 'AUDIO_EMPTY' }]);
      expect(await store.countComments({ subject: 'comments' })).toMatchObject([{ outcomes: { pending: 1, failed: 2 } }]);
      expect(await store.retry(now, ['c', 'b', 'x'])).toBe(1);
      expect((await store.find('c'))?.comment?.state).toBe('pending');
      expect(await store.claim(5, now, later)).toMatchObject([{ id: 'c', attempts: 1 }]);
      expect(await store.retry(now)).toBe(1);
      expect(await store.countComments({ subject: 'comments' })).toMatchObject([{ outcomes: { pending: 3, failed: 0 } }]);
      expect(await store.deadLetters(5)).toEqual([]);
    });

    it('says what it holds', async () => {
      await store.add([
        response('a', { municipality: '1480', unit: 'Kontaktcenter', ratings: [{ question: 'helhet', value: 9 }] }),
        response('b', { municipality: '1480', contactedAt: new Date('2018-12-31T23:30:00Z') }),
        response('c', { municipality: '0180', contactedAt: new Date('2021-06-30T22:30:00Z') }),
      ]);
      expect(await store.extent()).toEqual({
        responses: 3,
        firstDay: '2019-01-01',
        lastDay: '2021-07-01',
        municipalities: ['0180', '1480'],
        units: [{ municipality: '0180', unit: null }, { municipality: '1480', unit: null }, { municipality: '1480', unit: 'Kontaktcenter' }],
        questions: ['helhet'],
      });
    });

    it('reads comments by what they say of what, the latest first and a page at a time', async () => {
      const said = (id: string, day: number, change: Partial<StoredVerdict>, more: Partial<NewResponse> = {}): NewResponse =>
        response(id, { contactedAt: new Date(Date.UTC(2020, 2, day, 12)), comment: { ...classified(change), text: redacted(`Text ${id}`) }, ...more });
      const tid = (tonality: 'positiv' | 'negativ'): StoredVerdict['areas'] => [{ area: 'tid', tonality, probability: null }];
      await store.add([
        said('a', 1, { tonality: 'negativ', areas: tid('negativ') }),
        said('b', 3, { tonality: 'negativ', areas: tid('positiv'), uncertain: true }),
        said('c', 2, { tonality: null, reason: 'no_opinion' }, { municipality: '1480', unit: 'Växel' }),
        said('d', 3, { tonality: 'positiv', areas: [{ area: 'kommunala_tjanster', tonality: 'positiv', probability: null }], services: ['bostad'] }),
        response('e', { comment: classified({ tonality: 'negativ' }) }),
        response('f', { comment: { state: 'pending', recording: null, text: redacted('Väntar'), verdict: null } }),
      ]);
      const ids = async (query: Omit<QuoteQuery, 'limit'>): Promise<string> => (await store.quotes({ limit: 10, ...query })).quotes.map(({ id }) => id).join('');
      expect(await ids({})).toBe('fdbca');
      expect(await ids({ area: 'tid' })).toBe('ba');
      expect(await ids({ area: 'tid', tonality: 'negativ' })).toBe('a');
      expect(await ids({ tonality: 'negativ' })).toBe('ba');
      expect(await ids({ tonality: null })).toBe('c');
      expect(await ids({ service: 'bostad' })).toBe('d');
      expect(await ids({ uncertain: true })).toBe('b');
      expect(await ids({ state: 'pending' })).toBe('f');
      expect(await ids({ filter: { from: '2020-03-02', to: '2020-03-03', municipalities: ['0180'] } })).toBe('db');
      expect(await ids({ filter: { units: ['Växel'] } })).toBe('c');
      const first = await store.quotes({ limit: 2, filter: { to: '2020-03-03' } });
      const second = await store.quotes({ limit: 2, filter: { to: '2020-03-03' }, after: first.next! });
      expect([first, second].map(({ quotes }) => quotes.map(({ id }) => id).join(''))).toEqual(['db', 'ca']);
      expect(second.next).toBeNull();
      await store.correct('a', { tonality: 'positiv', areas: tid('positiv'), services: [], by: 'anna', at: new Date() }, 0);
      expect(await ids({ area: 'tid', tonality: 'positiv' })).toBe('ba');
      expect((await store.quotes({ limit: 10, filter: { to: '2020-03-01' } })).quotes).toEqual([
        { id: 'a', municipality: '0180', unit: null, day: '2020-03-01', text: 'Text a', labels: { tonality: 'positiv', areas: tid('positiv'), services: [] }, uncertain: false, corrected: true },
      ]);
      await expect(store.quotes({ limit: 501 })).rejects.toThrow(RangeError);
      await expect(store.quotes({ limit: 1, after: 'x' })).rejects.toThrow(RangeError);
    });

    it('finds comments by their words in any inflection, and by phrases, and reads nothing else as syntax', async () => {
      const said = (id: string, text: string, day: number): NewResponse =>
        response(id, { contactedAt: new Date(Date.UTC(2020, 2, day, 12)), comment: { ...classified({ tonality: day > 2 ? 'negativ' : 'positiv' }), text: redacted(text) } });
      await store.add([
        said('a', 'Väntetiden var lång, men handläggaren var trevlig.', 1),
        said('b', 'LÅNGA väntetider hos växeln!', 2),
        said('c', 'Trevliga människor. Bygglovet tog lång tid.', 3),
        response('d', { comment: { state: 'pending', recording: 'd.wav', text: null, verdict: null } }),
      ]);
      const ids = async (search: string, query: Omit<QuoteQuery, 'limit' | 'search'> = {}): Promise<string> =>
        (await store.quotes({ limit: 10, search, ...query })).quotes.map(({ id }) => id).join('');
      expect(await ids('väntetid')).toBe('ba');
      expect(await ids('trevlig handläggare')).toBe('a');
      expect(await ids('trevlig')).toBe('ca');
      expect(await ids('trevlig', { tonality: 'negativ' })).toBe('c');
      expect(await ids('"lång väntetid"')).toBe('b');
      expect(await ids('"bygglovet tog" trevliga')).toBe('c');
      expect(await ids('vantetid')).toBe('');
      for (const search of ['trevlig*', 'NEAR(trevlig)', 'stems:trevlig', '"trevlig', '(trevlig', '^trevlig -', "trevlig' OR '1'='1"]) await ids(search);
      expect(await ids('trevlig" - (')).toBe('ca');
      for (const search of ['', ' "" ', '*', 'a'.repeat(201), 'ett '.repeat(13)]) await expect(store.quotes({ limit: 5, search })).rejects.toThrow(RangeError);
      expect(await store.classify('d', verdict(), redacted('Snöröjningen var bra.'))).toBe(true);
      expect(await ids('snöröjning')).toBe('d');
      const first = await store.quotes({ limit: 1, search: 'lång' });
      expect([first.quotes[0]?.id, (await store.quotes({ limit: 5, search: 'lång', after: first.next! })).quotes.map(({ id }) => id).join('')]).toEqual(['c', 'ba']);
    });

    it('has another revision after each change, made here or by another process', async () => {
      const seen = [await store.revision()];
      const look = async (): Promise<void> => {
        const now = await store.revision();
        expect(seen).not.toContain(now);
        expect(await store.revision()).toBe(now);
        seen.push(now);
      };
      await store.add([response('a', { comment: classified() })]);
      await look();
      await store.correct('a', { tonality: 'negativ', areas: [], services: [], by: 'anna', at: new Date() }, 0);
      await look();
      const other = await database.open();
      await other.add([response('b')]);
      await other.close();
      await look();
    });

    it('refuses a day that is none', async () => {
      await expect(store.countComments({ subject: 'areas', filter: { from: '2020-02-30' } })).rejects.toThrow(RangeError);
      await expect(store.countRatings({ filter: { to: 'idag' } })).rejects.toThrow(RangeError);
    });

    it('refuses work after it was closed', async () => {
      await store.close();
      await store.close();
      await expect(store.find('a')).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    it('counts as one counts by looking at every response, whatever was done to them', async () => {
      await fc.assert(
        fc.asyncProperty(someSteps, fc.array(fc.tuple(someFilter, someGrouping), { minLength: 3, maxLength: 5 }), async (steps, questions) => {
          const one = await make();
          const store = await one.open();
          try {
            const all = await take(store, steps);
            for (const [filter, groupBy] of questions) await checkCounts(store, all, filter, groupBy);
          } finally {
            await store.close();
            await one.remove();
          }
        }),
        { numRuns },
      );
    }, 60_000);
  });
}

/** Does the steps, and gives what the store should hold by then. */
async function take(store: ResponseStore, steps: readonly Step[]): Promise<readonly StoredResponse[]> {
  const ids: string[] = [];
  for (const step of steps) {
    if (step.kind === 'add') {
      const made = step.responses.map((made, index): NewResponse => ({ ...made, id: `${ids.length + index}`, digest: '' }));
      expect(await store.add(made)).toEqual(made.map(() => 'added'));
      ids.push(...made.map(({ id }) => id));
    } else if (ids.length > 0) {
      const id = ids[step.which % ids.length]!;
      const before = await store.find(id);
      if (step.kind === 'correct') await store.correct(id, step.correction, before!.corrections.length);
      else await store.classify(id, step.verdict);
    }
  }
  return Promise.all(ids.map(async (id) => (await store.find(id))!));
}

async function checkCounts(store: ResponseStore, all: readonly StoredResponse[], filter: ResponseFilter, groupBy: Grouping): Promise<void> {
  const naive = groups(all, filter, groupBy);
  const lists = { comments: [undefined], areas: AREAS, services: SERVICES } as const;
  for (const subject of ['comments', 'areas', 'services'] satisfies CommentQuery['subject'][]) {
    expect(await store.countComments({ subject, filter, groupBy })).toEqual(
      naive.flatMap(({ group, responses }) =>
        lists[subject].flatMap((name) => {
          const own = responses.flatMap((one) => items(one, subject)).filter(({ area, service }) => (area ?? service) === name);
          if (own.length === 0) return [];
          const named = name === undefined ? {} : { [subject === 'areas' ? 'area' : 'service']: name };
          const [corrected, uncertain] = [own.filter((item) => item.corrected).length, own.filter((item) => item.uncertain).length];
          return [{ ...group, ...named, outcomes: outcomeCounts(own), corrected, uncertain }];
        }),
      ),
    );
  }
  const each = await store.countComments({ subject: 'each', filter, groupBy });
  expect(each.filter(({ area, service }) => area === undefined && service === undefined)).toEqual(await store.countComments({ subject: 'comments', filter, groupBy }));
  expect(each.filter(({ area }) => area !== undefined)).toEqual(await store.countComments({ subject: 'areas', filter, groupBy }));
  expect(each.filter(({ service }) => service !== undefined)).toEqual(await store.countComments({ subject: 'services', filter, groupBy }));
  expect(await store.countRatings({ filter, groupBy })).toEqual(
    naive.flatMap(({ group, responses }) =>
      ['bemotande', 'helhet', 'vantetid'].flatMap((question) => {
        const values = responses.flatMap(({ ratings }) => ratings.filter((rating) => rating.question === question).map(({ value }) => value));
        if (values.length === 0) return [];
        return [{ ...group, question, n: values.length, sum: values.reduce((a, b) => a + b, 0), sumOfSquares: values.reduce((a, b) => a + b * b, 0) }];
      }),
    ),
  );
  expect(await store.countParticipation({ filter, groupBy })).toEqual(
    naive.map(({ group, responses }) => {
      const count = (of: (one: StoredResponse) => boolean): number => responses.filter(of).length;
      const abandoned = new Set(responses.filter(({ participation }) => participation === 'abandoned').map(({ abandonedAt }) => abandonedAt));
      return {
        ...group,
        offered: responses.length,
        participation: Object.fromEntries(PARTICIPATIONS.map((name) => [name, count(({ participation }) => participation === name)])),
        abandonedAt: Object.fromEntries([...abandoned].map((at) => [at ?? '', count((one) => one.participation === 'abandoned' && one.abandonedAt === at)])),
        consent: { yes: count(({ consent }) => consent === true), no: count(({ consent }) => consent === false), notAsked: count(({ consent }) => consent === null) },
        comments: count(({ comment }) => comment !== null),
      };
    }),
  );
  const days = all.map(dayOf).sort();
  expect(await store.extent()).toMatchObject({ responses: all.length, firstDay: days[0] ?? null, lastDay: days.at(-1) ?? null });
}
