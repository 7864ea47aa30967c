import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobQueue } from '../../src/engine/job-queue.js';
import type { BatchRule, Job, QueueLimits } from '../../src/engine/job-queue.js';
import type { WorkKind } from '../../src/engine/work.js';
import type { TonalitetError } from '../../src/errors.js';

const rule: BatchRule = { maxItems: 4, maxLength: 40, minRatio: 0.5 };
const rules: Readonly<Record<WorkKind, BatchRule>> = { recognise: rule, classify: rule, listen: rule };
const limits: QueueLimits = { maxJobs: 20, maxPartials: 3, maxAudioS: 100, maxPartialWaitMs: 1_000 };

interface Named extends Job {
  readonly name: string;
}

const dropped: { name: string; error: TonalitetError }[] = [];

function job(name: string, changes: Partial<Named> = {}): Named {
  return {
    name,
    kind: 'recognise',
    item: { samples: new Float32Array(0), draft: false },
    priority: 'final',
    group: undefined,
    length: 10,
    queuedAt: 0,
    retried: false,
    resolve: () => undefined,
    reject: (error) => dropped.push({ name, error }),
    ...changes,
  };
}

function queueOf(...jobs: readonly Named[]): JobQueue<Named> {
  dropped.length = 0;
  const queue = new JobQueue<Named>(rules, limits);
  for (const one of jobs) queue.add(one);
  return queue;
}

const names = (jobs: readonly Named[]): string => jobs.map(({ name }) => name).join(' ');

describe('what is done next', () => {
  it('is the oldest, together with others of similar length', () => {
    const queue = queueOf(job('a'), job('short', { length: 4 }), job('b', { length: 6 }), job('long', { length: 25 }), job('c', { length: 5 }));
    expect(names(queue.next(0))).toBe('a b c');
    expect(names(queue.next(0))).toBe('short');
    expect(names(queue.next(0))).toBe('long');
    expect(queue.next(0)).toEqual([]);
  });

  it('keeps to the most items, and to the most length with padding', () => {
    expect(names(queueOf(...['a', 'b', 'c', 'd', 'e'].map((name) => job(name))).next(0))).toBe('a b c d');
    expect(names(queueOf(...['a', 'b', 'c'].map((name) => job(name, { length: 15 }))).next(0))).toBe('a b');
  });

  it('is a final one before a partial one, never both together', () => {
    const queue = queueOf(job('partial', { priority: 'partial' }), job('final'));
    expect(names(queue.next(0))).toBe('final');
    expect(names(queue.next(0))).toBe('partial');
  });

  it('changes between the kinds of work, so that neither waits for all of the other', () => {
    const queue = queueOf(...['r1', 'r2', 'r3', 'r4', 'r5'].map((name) => job(name)), job('c1', { kind: 'classify' }));
    expect(names(queue.next(0))).toBe('r1 r2 r3 r4');
    expect(names(queue.next(0))).toBe('c1');
    expect(names(queue.next(0))).toBe('r5');
  });

  it('is with work of the same group alone, or with other work without one', () => {
    const [a, b] = [{}, {}];
    const queue = queueOf(job('a1', { group: a }), job('x'), job('b1', { group: b }), job('a2', { group: a }), job('y'));
    expect(names(queue.next(0))).toBe('a1 a2');
    expect(names(queue.next(0))).toBe('x y');
    expect(names(queue.next(0))).toBe('b1');
  });

  it('is a single one where it was there when a thread was lost', () => {
    const queue = queueOf(job('new'));
    queue.putBack([job('a', { retried: true }), job('b', { retried: true })]);
    expect(names(queue.next(0))).toBe('a');
    expect(names(queue.next(0))).toBe('b');
    expect(names(queue.next(0))).toBe('new');
  });
});

describe('a full queue', () => {
  it('refuses what is over the number, and over the seconds of audio', () => {
    const queue = queueOf(...Array.from({ length: 20 }, (_, i) => job(String(i), { length: 1 })));
    expect(() => queue.add(job('more', { length: 1 }))).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
    const heavy = queueOf(job('a', { length: 60 }), job('b', { length: 40 }));
    expect(() => heavy.add(job('c', { length: 0.1 }))).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
    heavy.next(0);
    expect(() => heavy.add(job('c', { length: 30 }))).not.toThrow();
  });

  it('drops the oldest partial for a newer one, and for a final one', () => {
    const queue = queueOf(...['a', 'b', 'c', 'd'].map((name) => job(name, { priority: 'partial' })));
    expect(dropped).toMatchObject([{ name: 'a', error: { code: 'QUEUE_FULL' } }]);
    for (let i = 0; i < 19; i++) queue.add(job(`final ${i}`, { length: 1 }));
    expect(dropped.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('drops partials that have waited too long', () => {
    const queue = queueOf(job('old', { priority: 'partial' }), job('new', { priority: 'partial', queuedAt: 500 }));
    expect(names(queue.next(1_001))).toBe('new');
    expect(dropped.map(({ name }) => name)).toEqual(['old']);
  });

  it('forgets what is removed and what is cleared', () => {
    const [a, b] = [job('a', { length: 100 }), job('b', { length: 0 })];
    const queue = queueOf(a, b);
    queue.remove(a);
    expect(queue.size).toBe(1);
    queue.add(job('c', { length: 100 }));
    expect(names(queue.clear())).toBe('b c');
    expect(queue.size).toBe(0);
  });
});

it('gives every job once, in batches that keep the rules, and in order within kind and priority', () => {
  const jobs = fc.array(
    fc.record({
      kind: fc.constantFrom<WorkKind>('recognise', 'classify'),
      priority: fc.constantFrom('final' as const, 'partial' as const),
      length: fc.double({ min: 0.1, max: 30, noNaN: true }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(jobs, (specs) => {
      const roomy = new JobQueue<Named>(rules, { maxJobs: 1_000, maxPartials: 1_000, maxAudioS: 1e9, maxPartialWaitMs: 1e9 });
      const all = specs.map((spec, i) => job(String(i), spec));
      all.forEach((one) => roomy.add(one));
      const given: Named[] = [];
      for (let batch = roomy.next(0); batch.length > 0; batch = roomy.next(0)) {
        const lengths = batch.map(({ length }) => length);
        expect(new Set(batch.map(({ kind, priority }) => `${kind} ${priority}`)).size).toBe(1);
        expect(batch.length).toBeLessThanOrEqual(rule.maxItems);
        if (batch.length > 1) expect(Math.max(...lengths) * batch.length).toBeLessThanOrEqual(rule.maxLength);
        expect(Math.min(...lengths)).toBeGreaterThanOrEqual(Math.max(...lengths) * rule.minRatio);
        // The oldest of its kind and priority leads: nobody waits for ever.
        const waiting = all.filter((one) => !given.includes(one) && one.kind === batch[0]!.kind && one.priority === batch[0]!.priority);
        expect(batch[0]).toBe(waiting[0]);
        given.push(...batch);
      }
      expect(new Set(given).size).toBe(all.length);
      const partials = given.map(({ priority }) => priority);
      expect(partials.lastIndexOf('final')).toBeLessThan(partials.includes('partial') ? partials.indexOf('partial') : all.length);
    }),
  );
});
