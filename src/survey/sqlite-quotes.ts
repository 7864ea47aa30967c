import { dayBounds } from './cells.js';
import type { SqlValue, SqliteStatements } from './sqlite-database.js';
import { matchOf } from './sqlite-search.js';
import { checkQuoteLimit, parseQuotePlace, quotePageOf } from './quote-rows.js';
import type { QuoteRow } from './quote-rows.js';
import type { QuotePage, QuoteQuery } from './store-queries.js';

/** Reads a page of comments, the latest contact first. */
export async function readQuotes(statements: SqliteStatements, query: QuoteQuery): Promise<QuotePage> {
  const { filter = {}, limit, after, area, service, tonality, state, uncertain, search } = query;
  checkQuoteLimit(limit);
  const { from, to } = dayBounds(filter);
  const args: SqlValue[] = [];
  const value = (given: SqlValue): string => `?${args.push(given)}`;
  const conditions = [`day BETWEEN ${value(from)} AND ${value(to)}`];
  if (after !== undefined) conditions.push(`(day, seq) < (${parseQuotePlace(after).map(value).join(', ')})`);
  const among = (column: string, choices: readonly string[]): string => `${column} IN (SELECT value FROM json_each(${value(JSON.stringify(choices))}))`;
  if (filter.municipalities !== undefined) conditions.push(among('municipality', filter.municipalities));
  if (filter.units !== undefined) conditions.push(among('unit', filter.units.map((unit) => unit ?? '')));
  if (area !== undefined) {
    const how = tonality === undefined || tonality === null ? '' : `AND a.value ->> 1 = ${value(tonality)}`;
    conditions.push(`EXISTS (SELECT 1 FROM json_each(labels, '$.areas') AS a WHERE a.value ->> 0 = ${value(area)} ${how})`);
  } else if (tonality === null) {
    conditions.push("labels IS NOT NULL AND labels ->> '$.tonality' IS NULL");
  } else if (tonality !== undefined) {
    conditions.push(`labels ->> '$.tonality' = ${value(tonality)}`);
  }
  if (service !== undefined) conditions.push(`EXISTS (SELECT 1 FROM json_each(labels, '$.services') AS s WHERE s.value = ${value(service)})`);
  if (state !== undefined) conditions.push(`state = ${value(state)}`);
  if (uncertain !== undefined) conditions.push(`uncertain = ${value(Number(uncertain))}`);
  if (search !== undefined) conditions.push(`seq IN (SELECT rowid FROM comment_words WHERE comment_words MATCH ${value(matchOf(search))})`);
  // One more than asked for tells whether there is a next page.
  const rows = (await statements.all(
    `SELECT * FROM (
      SELECT r.seq, r.day, r.id, r.municipality, r.unit, r.state, r.text, coalesce(c.labels, r.verdict) AS labels,
        c.seq IS NOT NULL AS corrected, c.seq IS NULL AND coalesce(r.verdict ->> '$.uncertain', 0) AS uncertain
      FROM responses AS r
      LEFT JOIN corrections AS c ON c.seq = (SELECT max(last.seq) FROM corrections AS last WHERE last.response = r.seq)
      WHERE r.text IS NOT NULL
    ) WHERE ${conditions.join(' AND ')} ORDER BY day DESC, seq DESC LIMIT ${value(limit + 1)}`,
    args,
  )) as unknown as readonly QuoteRow[];
  return quotePageOf(rows, limit);
}
