import type { AuditEntry, AuditHead, AuditRecord } from './audit-log.js';
import type { RetentionClass } from './retention.js';
import type { SurveyResponse } from './response.js';
import type { Day } from './store-queries.js';

/** What of one class lies before a day, in one municipality. */
export interface Expired {
  readonly municipality: string;
  readonly count: number;
  readonly firstDay: Day;
  readonly lastDay: Day;
}

/** A recording that is to be deleted. */
export interface ExpiredRecording {
  readonly id: string;
  readonly path: string;
}

/** The part of a store that forgets, and writes down that it did: both in one transaction. */
export interface PrivacyStore {
  /** Adds an entry to the log. @throws RangeError as `nextEntry`. */
  audit(record: AuditRecord): Promise<AuditEntry>;
  /** Entries in their order. @param after the number of the last one before. */
  auditEntries(limit: number, after: number): Promise<readonly AuditEntry[]>;
  auditHead(): Promise<AuditHead>;

  /** What of a class is from contacts before a day. Of `aggregate` whole months count, and `count` is of them. */
  expired(part: RetentionClass, before: Day): Promise<readonly Expired[]>;
  /**
   * Recordings of comments from contacts before a day, the oldest first. Their files are deleted by the caller, who then says so with
   * `forgetRecordings`: a file that is gone already is no fault.
   */
  expiredRecordings(before: Day, limit: number): Promise<readonly ExpiredRecording[]>;
  /** Forgets where recordings lay. A comment that waits to be heard is given up. */
  forgetRecordings(ids: readonly string[], record: AuditRecord): Promise<void>;
  /**
   * Forgets one class from before a day, at most `limit` of it; the oldest first. The counts of the report stay as they were, until
   * `aggregate` goes. An id that was forgotten stays taken, so that nothing is counted twice.
   *
   * @param record what to write down about `count` of them.
   * @returns how many; 0 where nothing was left, and nothing was written.
   */
  forget(part: Exclude<RetentionClass, 'recording'>, before: Day, limit: number, record: (count: number) => AuditRecord): Promise<number>;
  /**
   * Forgets all of one call, its part in the report's counts too. Its id stays taken: an import of the same file does not bring it back.
   *
   * @returns what was there, so that its recording can be deleted; `undefined` where nothing was, and nothing was written.
   */
  erase(id: string, record: AuditRecord): Promise<SurveyResponse | undefined>;
}
