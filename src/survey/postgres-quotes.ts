import { dayBounds } from './cells.js';
import type { PostgresStatements, PostgresValue } from './postgres-statements.js';
import { queryOf } from './postgres-search.js';
import { checkQuoteLimit, parseQuotePlace, quotePageOf } from './quote-rows.js';
import type { QuoteRow } from './quote-rows.js';
import type { QuotePage, QuoteQuery } from './store-queries.js';

/** Reads a page of comments, the latest contact first. */
export async function readQuotes(statements: PostgresStatements, query: QuoteQuery): Promise<QuotePage> {
  const { filter = {}, limit, after, area, service, tonality, state, uncertain, search } = query;
  checkQuoteLimit(limit);
  const { from, to } = dayBounds(filter);
  const args: PostgresValue[] = [];
  const value = (given: PostgresValue): string => `$${args.push(given)}`;
  const conditions = [`day BETWEEN ${value(from)} AND ${value(to)}`];
  if (after !== undefined) {
    const [day, seq] = parseQuotePlace(after);
    conditions.push(`(day, seq) < (${value(day)}, ${value(seq)})`);
  }
  const among = (column: string, choices: readonly string[]): string => `${column} = ANY (${value(choices)}::text[])`;
  if (filter.municipalities !== undefined) conditions.push(among('municipality', filter.municipalities));
  if (filter.units !== undefined) conditions.push(among('unit', filter.units.map((unit) => unit ?? '')));
  if (area !== undefined) {
    const how = tonality === undefined || tonality === null ? '' : `AND a ->> 1 = ${value(tonality)}`;
    conditions.push(`EXISTS (SELECT 1 FROM jsonb_array_elements(labels -> 'areas') AS a WHERE a ->> 0 = ${value(area)} ${how})`);
  } else if (tonality === null) {
    conditions.push("labels IS NOT NULL AND labels ->> 'tonality' IS NULL");
  } else if (tonality !== undefined) {
    conditions.push(`labels ->> 'tonality' = ${value(tonality)}`);
  }
  if (service !== undefined) conditions.push(`labels -> 'services' ? ${value(service)}`);
  if (state !== undefined) conditions.push(`state = ${value(state)}`);
  if (uncertain !== undefined) conditions.push(`uncertain = ${value(uncertain)}`);
  if (search !== undefined) conditions.push(`EXISTS (SELECT 1 FROM tonalitet.comment_words AS w WHERE w.response = q.seq AND w.stems @@ ${value(queryOf(search))}::tsquery)`);
  // One more than asked for tells whether there is a next page.
  const rows = (await statements.all(
    `SELECT * FROM (
      SELECT r.seq, r.day, r.id, r.municipality, r.unit, r.state, r.text, coalesce(c.labels, r.verdict) AS labels,
        c.labels IS NOT NULL AS corrected, c.labels IS NULL AND coalesce((r.verdict -> 'uncertain')::boolean, false) AS uncertain
      FROM tonalitet.responses AS r
      LEFT JOIN LATERAL (SELECT labels FROM tonalitet.corrections WHERE response = r.seq ORDER BY seq DESC LIMIT 1) AS c ON true
      WHERE r.text IS NOT NULL
    ) AS q WHERE ${conditions.join(' AND ')} ORDER BY day DESC, seq DESC LIMIT ${value(limit + 1)}`,
    args,
  )) as unknown as readonly QuoteRow[];
  return quotePageOf(rows, limit);
}
