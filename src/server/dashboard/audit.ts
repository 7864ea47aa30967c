import type { Identity } from './identity.js';

/** What is written down of somebody who reads or changes comments. */
export interface AuditedAct {
  readonly who: Pick<Identity, 'name' | 'role' | 'by'>;
  readonly act: 'comments_read' | 'labels_corrected';
  /** The responses that it was about. */
  readonly ids: readonly string[];
  /** What was asked for, without the words of a search, which may be somebody's name. */
  readonly choice?: Readonly<Record<string, string>>;
}

/** Where acts are written down. */
export interface AuditTrail {
  /** Keeps an act for good before the promise is fulfilled; what it is about is shown or done only then. */
  append(act: AuditedAct): Promise<void>;
}
