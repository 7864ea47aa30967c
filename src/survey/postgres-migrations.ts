import { MAKE_SEARCH } from './postgres-search.js';
import type { PostgresMigration } from './postgres-migrate.js';

/** A function of the server, so that cells change in one statement: everybody waits for whoever changes them. */
function addLists(name: string, numbers: readonly string[]): string {
  const width = numbers.length + 1;
  const read = numbers.map((number, index) => `(list ->> (${width} * i + ${index + 1}))::bigint AS ${number}`);
  return `CREATE FUNCTION tonalitet.${name}(stored text, change text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce('[' || string_agg(concat_ws(',', key, ${numbers.join(', ')}), ',' ORDER BY place) || ']', '') FROM (
      SELECT key, min(place) AS place, ${numbers.map((number) => `sum(${number}) AS ${number}`).join(', ')} FROM (
        SELECT (list -> (${width} * i))::text AS key, 1000000 * which + i AS place, ${read.join(', ')}
        FROM (VALUES (0, stored), (1, change)) AS lists (which, flat),
          LATERAL (SELECT (CASE flat WHEN '' THEN '[]' ELSE flat END)::jsonb AS list) AS parsed,
          LATERAL generate_series(0, jsonb_array_length(list) / ${width} - 1) AS i
      ) AS entries GROUP BY key
    ) AS sums WHERE n <> 0
  $$`;
}

/**
 * From each version of the database to the next one. A migration that was released is never changed: a new one is added, with a
 * test that starts from the version before. Texts that are compared or sorted have the collation "C", so that every server gives
 * the same order, which is SQLite's too.
 */
export const POSTGRES_MIGRATIONS: readonly PostgresMigration[] = [
  [
    // Numbers come from it before rows are written, since rows are written in the order of their ids; see postgres-store.ts.
    'CREATE SEQUENCE tonalitet.response_seq',
    // `unit` is '' where the municipality has only one; `day` is the day of contact in Sweden, counted from 1970-01-01.
    `CREATE TABLE tonalitet.responses (
      seq bigint PRIMARY KEY,
      id text COLLATE "C" NOT NULL UNIQUE,
      digest text NOT NULL,
      municipality text COLLATE "C" NOT NULL,
      unit text COLLATE "C" NOT NULL,
      day integer NOT NULL,
      contacted_ms bigint NOT NULL,
      answered_ms bigint,
      survey text,
      survey_version integer,
      participation text NOT NULL,
      abandoned_at text,
      consent smallint,
      ratings text NOT NULL,
      state text,
      recording text,
      text text,
      verdict jsonb
    )`,
    // Quotes are read from the latest contact on.
    'CREATE INDEX quotes_by_day ON tonalitet.responses (day, seq) WHERE text IS NOT NULL',
    `CREATE TABLE tonalitet.corrections (
      seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      response bigint NOT NULL REFERENCES tonalitet.responses (seq) ON DELETE CASCADE,
      by text NOT NULL,
      at_ms bigint NOT NULL,
      labels jsonb NOT NULL
    )`,
    'CREATE INDEX corrections_of_response ON tonalitet.corrections (response, seq)',
    // The comments without labels. `due_ms` is null for those that were given up. Every row changes twice and goes: it is swept often.
    `CREATE TABLE tonalitet.backlog (
      response bigint PRIMARY KEY REFERENCES tonalitet.responses (seq) ON DELETE CASCADE,
      attempts integer NOT NULL,
      due_ms bigint,
      reason text
    ) WITH (autovacuum_vacuum_scale_factor = 0.02)`,
    'CREATE INDEX backlog_by_due ON tonalitet.backlog (due_ms, response)',
    // What the report counts; see cells.ts. Half of each page is left free, so that a cell that changes stays on its page.
    `CREATE TABLE tonalitet.cells (
      grain text COLLATE "C" NOT NULL,
      municipality text COLLATE "C" NOT NULL,
      period integer NOT NULL,
      unit text COLLATE "C" NOT NULL,
      comments text NOT NULL,
      ratings text NOT NULL,
      participation text NOT NULL,
      PRIMARY KEY (grain, municipality, period, unit)
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)`,
    // The sum of two lists of a tally, as tally.ts writes them: a key and its numbers, again and again; without what comes to none.
    addLists('add_counts', ['n']),
    addLists('add_ratings', ['n', 'total', 'squares']),
  ],
  // Comments are searched by their words.
  [...MAKE_SEARCH],
  [
    // Who read, gave out and deleted what: each entry's hash covers the one before (audit-log.ts).
    `CREATE TABLE tonalitet.audit (
      seq bigint PRIMARY KEY,
      at_ms bigint NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      detail text NOT NULL,
      hash text NOT NULL
    )`,
    // Responses that were deleted: their pseudonyms stay taken for as long as the counts may hold them.
    'CREATE TABLE tonalitet.forgotten (id text COLLATE "C" PRIMARY KEY, digest text NOT NULL, day integer NOT NULL)',
    'CREATE INDEX responses_by_day ON tonalitet.responses (day, seq)',
  ],
];
