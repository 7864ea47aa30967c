import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS, AuditVerifier, EMPTY_HEAD, nextEntry } from '../../src/survey/audit-log.js';
import type { AuditEntry, AuditRecord } from '../../src/survey/audit-log.js';

const someRecord: fc.Arbitrary<AuditRecord> = fc.record({
  actor: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/\p{Cc}/u.test(text)),
  action: fc.constantFrom(...AUDIT_ACTIONS),
  subject: fc.string({ maxLength: 32 }),
  detail: fc.string({ maxLength: 60 }),
});

function chain(records: readonly AuditRecord[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const [i, record] of records.entries()) entries.push(nextEntry(entries.at(-1) ?? EMPTY_HEAD, new Date(1_700_000_000_000 + i), record));
  return entries;
}

function verdictOn(entries: readonly AuditEntry[]): ReturnType<AuditVerifier['verdict']> {
  const verifier = new AuditVerifier();
  for (const entry of entries) verifier.add(entry);
  return verifier.verdict();
}

describe('the audit log', () => {
  it('is whole as it was written', () => {
    fc.assert(
      fc.property(fc.array(someRecord, { maxLength: 20 }), (records) => {
        const entries = chain(records);
        const { seq, hash } = entries.at(-1) ?? EMPTY_HEAD;
        expect(verdictOn(entries)).toEqual({ kind: 'whole', head: { seq, hash } });
      }),
    );
  });

  it('shows every entry that was changed, taken out, put in or moved', () => {
    const someChange = fc.constantFrom('actor', 'subject', 'detail', 'hash', 'at', 'action', 'remove', 'double', 'swap');
    fc.assert(
      fc.property(fc.array(someRecord, { minLength: 3, maxLength: 12 }), fc.nat(), someChange, (records, place, change) => {
        const entries = chain(records);
        // The last one can only be cut off: nothing follows that would tell of it.
        const at = place % (entries.length - 1);
        const entry = entries[at]!;
        if (change === 'remove') entries.splice(at, 1);
        else if (change === 'double') entries.splice(at, 0, entry);
        else if (change === 'swap') [entries[at], entries[at + 1]] = [entries[at + 1]!, entry];
        else if (change === 'at') entries[at] = { ...entry, at: new Date(entry.at.getTime() + 1) };
        else if (change === 'action') entries[at] = { ...entry, action: AUDIT_ACTIONS.find((action) => action !== entry.action)! };
        else entries[at] = { ...entry, [change]: `${entry[change as 'actor']}x` };
        expect(verdictOn(entries).kind).toBe('broken');
      }),
    );
  });

  it('shows an end that was cut off against a head that was noted', () => {
    const entries = chain(Array.from({ length: 4 }, () => ({ actor: 'a', action: 'view', subject: '', detail: '' }) as const));
    const cut = verdictOn(entries.slice(0, 2));
    expect(cut).toEqual({ kind: 'whole', head: { seq: 2, hash: entries[1]!.hash } });
    expect(entries.slice(0, 2).some(({ hash }) => hash === entries[3]!.hash)).toBe(false);
  });

  it('takes no actor that would spoil a line, and no endless detail', () => {
    const record = { actor: 'anna', action: 'erase', subject: '', detail: '' } as const;
    for (const actor of ['', 'a\nb', 'x'.repeat(101)]) expect(() => nextEntry(EMPTY_HEAD, new Date(), { ...record, actor })).toThrow(RangeError);
    expect(() => nextEntry(EMPTY_HEAD, new Date(), { ...record, detail: 'x'.repeat(8_001) })).toThrow(RangeError);
  });
});
