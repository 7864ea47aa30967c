import type { RedactedText } from '../redaction/redacted-text.js';
import { formatDay } from './calendar.js';
import { labelsOfText } from './response-row.js';
import { MAX_QUOTES } from './store-queries.js';
import type { Quote, QuotePage } from './store-queries.js';

/* Pages of comments, as the rows of both databases have them. */

/** One row of a database's query. */
export interface QuoteRow {
  readonly seq: number;
  readonly day: number;
  readonly id: string;
  readonly municipality: string;
  readonly unit: string;
  readonly text: string;
  /** The labels that count; `null` while there are none. */
  readonly labels: string | null;
  /** SQLite has 0 and 1. */
  readonly corrected: boolean | number;
  readonly uncertain: boolean | number;
}

/** @throws RangeError */
export function checkQuoteLimit(limit: number): void {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_QUOTES)) throw new RangeError(`expected a limit from 1 to ${MAX_QUOTES}, got ${limit}`);
}

/** @param rows one more than `limit`, where there is a next page. */
export function quotePageOf(rows: readonly QuoteRow[], limit: number): QuotePage {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { quotes: page.map(quoteOf), next: rows.length > limit && last !== undefined ? `${last.day}.${last.seq}` : null };
}

function quoteOf({ id, municipality, unit, day, text, labels, corrected, uncertain }: QuoteRow): Quote {
  return {
    id,
    municipality,
    unit: unit === '' ? null : unit,
    day: formatDay(day),
    // It went in as redacted text: nothing else fits.
    text: text as RedactedText,
    labels: labels === null ? { tonality: null, areas: [], services: [] } : labelsOfText(labels),
    uncertain: Boolean(uncertain),
    corrected: Boolean(corrected),
  };
}

/** Where a page ended. @throws RangeError for what no page gave. */
export function parseQuotePlace(after: string): readonly [day: number, seq: number] {
  const match = /^(\d{1,9})\.(\d{1,15})$/.exec(after);
  if (match === null) throw new RangeError('expected after to be the next of the page before');
  return [Number(match[1]), Number(match[2])];
}
