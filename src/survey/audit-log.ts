import { createHash } from 'node:crypto';

/** What is written down: who did what to whose data. Never a citizen's words. */
export interface AuditRecord {
  /** A user name of the municipality's staff, a token's name, or `tonalitet` for what runs by itself. */
  readonly actor: string;
  readonly action: AuditAction;
  /** The pseudonym of a response; empty for what concerns many. */
  readonly subject: string;
  /** Counts, classes, days and the reference of a decision. */
  readonly detail: string;
}

/**
 * - `delete`: by the retention rules. - `erase`: all of one call. - `export`: all of one call was given out. - `view`: quotes were read.
 * - `correct`: a person's labels were put in place of the model's.
 */
export const AUDIT_ACTIONS = ['delete', 'erase', 'export', 'view', 'correct'] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry extends AuditRecord {
  /** Counts from 1, without a gap. */
  readonly seq: number;
  readonly at: Date;
  /** SHA-256 over the hash before and everything above, in hexadecimal. */
  readonly hash: string;
}

export const MAX_ACTOR_CHARACTERS = 100;
/** A page of quotes is named by the pseudonyms of its responses, 32 characters each. */
export const MAX_DETAIL_CHARACTERS = 8_000;

/** The hash before the first entry. */
const FIRST_HASH = '0'.repeat(64);

/** The last entry's number and hash: noted elsewhere, it shows that nothing was cut off at the end. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}
export const EMPTY_HEAD: AuditHead = { seq: 0, hash: FIRST_HASH };

/** The entry that follows a head. @throws RangeError for a record that is too long or has control characters. */
export function nextEntry(head: AuditHead, at: Date, { actor, action, subject, detail }: AuditRecord): AuditEntry {
  if (actor === '' || actor.length > MAX_ACTOR_CHARACTERS || /\p{Cc}/u.test(actor)) {
    throw new RangeError(`expected an actor of 1 to ${MAX_ACTOR_CHARACTERS} characters on one line`);
  }
  if (detail.length > MAX_DETAIL_CHARACTERS) throw new RangeError(`expected a detail of at most ${MAX_DETAIL_CHARACTERS} characters, got ${detail.length}`);
  const record = { seq: head.seq + 1, at, actor, action, subject, detail };
  return { ...record, hash: hashOf(head.hash, record) };
}

/** What a look through the whole log found. */
export type AuditVerdict =
  | { readonly kind: 'whole'; readonly head: AuditHead }
  /** @property seq the first entry that does not follow from the one before it. */
  | { readonly kind: 'broken'; readonly seq: number; readonly why: string };

/** Follows the chain from its beginning. Feed it every entry in order, then ask for the verdict. */
export class AuditVerifier {
  #head = EMPTY_HEAD;
  #broken: Extract<AuditVerdict, { kind: 'broken' }> | undefined;

  add(entry: AuditEntry): void {
    if (this.#broken !== undefined) return;
    const { seq, hash } = entry;
    if (seq !== this.#head.seq + 1) this.#broken = { kind: 'broken', seq, why: `expected entry ${this.#head.seq + 1} here, got entry ${seq}: one is missing, or they were put in another order` };
    else if (hash !== hashOf(this.#head.hash, entry)) this.#broken = { kind: 'broken', seq, why: 'expected the hash of this entry and the one before it, got another: one of them was changed' };
    else this.#head = { seq, hash };
  }

  verdict(): AuditVerdict {
    return this.#broken ?? { kind: 'whole', head: this.#head };
  }
}

function hashOf(before: string, { seq, at, actor, action, subject, detail }: Omit<AuditEntry, 'hash'>): string {
  // JSON keeps the parts apart: no other parts give the same text.
  return createHash('sha256').update(JSON.stringify([before, seq, at.getTime(), actor, action, subject, detail])).digest('hex');
}
