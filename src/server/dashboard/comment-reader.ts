import type { ResponseStore } from '../../survey/store.js';
import type { Quote, QuoteQuery } from '../../survey/store-queries.js';
import { FaultError } from '../fault.js';
import type { AuditTrail } from './audit.js';
import { quotesHref } from './choice-url.js';
import type { QuoteChoice } from './choice-url.js';
import type { CorrectionInput } from './correction-input.js';
import type { Identity } from './identity.js';
import type { ShownQuote } from './quote-page.js';
import { allows } from './role.js';

export interface CommentPage {
  readonly quotes: readonly ShownQuote[];
  readonly next: string | null;
}

/** Reads and corrects comments for somebody, and writes down that they did. */
export class CommentReader {
  readonly #store: Pick<ResponseStore, 'quotes' | 'find' | 'correct'>;
  readonly #audit: AuditTrail;

  constructor(store: Pick<ResponseStore, 'quotes' | 'find' | 'correct'>, audit: AuditTrail) {
    this.#store = store;
    this.#audit = audit;
  }

  /**
   * A page of comments. It is in the audit log before it is given: where that cannot be written, nobody reads.
   *
   * @throws FaultError `bad_message` for a search or a place that cannot be used.
   */
  async read(who: Identity, choice: QuoteChoice, limit: number): Promise<CommentPage> {
    const { quotes, next } = await this.#query(queryOf(choice, limit));
    // Corrections are counted for who may correct: what they change is what they saw.
    const shown: ShownQuote[] = [];
    for (const quote of quotes) {
      const found = allows(who.role, 'admin') ? await this.#store.find(quote.id) : undefined;
      shown.push({ ...quote, labels: found?.corrections.at(-1) ?? quote.labels, seen: found?.corrections.length ?? null });
    }
    if (shown.length > 0) await this.#audit.append({ who, act: 'comments_read', ids: shown.map(({ id }) => id), choice: audited(choice) });
    return { quotes: shown, next };
  }

  /** @throws FaultError `not_found`; `conflict` where somebody else was first. @returns how many corrections the comment has now. */
  async correct(who: Identity, { id, labels, seen }: CorrectionInput): Promise<number> {
    await this.#audit.append({ who, act: 'labels_corrected', ids: [id] });
    const outcome = await this.#store.correct(id, { ...labels, by: who.name, at: new Date() }, seen);
    if (outcome === 'not_found') throw new FaultError('not_found', 'Expected the id of a response with a comment, found none.');
    if (outcome === 'changed_meanwhile') {
      throw new FaultError('conflict', 'Expected the labels as they were when they were read, but somebody else has corrected them since. Read them again.');
    }
    return seen + 1;
  }

  async #query(query: QuoteQuery): Promise<{ readonly quotes: readonly Quote[]; readonly next: string | null }> {
    try {
      return await this.#store.quotes(query);
    } catch (error) {
      // The store's rules for what comes from outside: the search and where a page begins.
      if (error instanceof RangeError) throw new FaultError('bad_message', error.message);
      throw error;
    }
  }
}

function queryOf({ from, to, municipalities, unit, area, service, tonality, uncertain, search, after }: QuoteChoice, limit: number): QuoteQuery {
  const filter = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(municipalities.length === 0 ? {} : { municipalities }),
    ...(unit === undefined ? {} : { units: [unit] }),
  };
  return {
    filter,
    limit,
    ...(area === undefined ? {} : { area }),
    ...(service === undefined ? {} : { service }),
    ...(tonality === undefined ? {} : { tonality: tonality === 'none' ? null : tonality }),
    ...(uncertain ? { uncertain } : {}),
    ...(search === undefined ? {} : { search }),
    ...(after === undefined ? {} : { after }),
  };
}

/** What was asked for; of a search only that there was one. */
function audited({ search, ...choice }: QuoteChoice): Record<string, string> {
  const query = new URL(quotesHref(choice), 'http://server').searchParams;
  return { ...Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')])), ...(search === undefined ? {} : { search: 'yes' }) };
}
