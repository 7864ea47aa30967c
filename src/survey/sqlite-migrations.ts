import type { Migration } from './sqlite-database.js';
import { MAKE_SEARCH, fillSearch } from './sqlite-search.js';

/**
 * From each version of the database to the next one. A migration that was released is never changed: a new one is added, with a
 * test that starts from the version before.
 */
export const SQLITE_MIGRATIONS: readonly Migration[] = [
  [
    // `unit` is '' where the municipality has only one; `day` is the day of contact in Sweden, counted from 1970-01-01.
    `CREATE TABLE responses (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      digest TEXT NOT NULL,
      municipality TEXT NOT NULL,
      unit TEXT NOT NULL,
      day INTEGER NOT NULL,
      contacted_ms INTEGER NOT NULL,
      answered_ms INTEGER,
      survey TEXT,
      survey_version INTEGER,
      participation TEXT NOT NULL,
      abandoned_at TEXT,
      consent INTEGER,
      ratings TEXT NOT NULL,
      state TEXT,
      recording TEXT,
      text TEXT,
      verdict TEXT
    ) STRICT`,
    `CREATE TABLE corrections (
      seq INTEGER PRIMARY KEY,
      response INTEGER NOT NULL REFERENCES responses (seq) ON DELETE CASCADE,
      by TEXT NOT NULL,
      at_ms INTEGER NOT NULL,
      labels TEXT NOT NULL
    ) STRICT`,
    'CREATE INDEX corrections_of_response ON corrections (response)',
    // The comments without labels. `due_ms` is null for those that were given up.
    `CREATE TABLE backlog (
      response INTEGER PRIMARY KEY REFERENCES responses (seq) ON DELETE CASCADE,
      attempts INTEGER NOT NULL,
      due_ms INTEGER,
      reason TEXT
    ) STRICT`,
    'CREATE INDEX backlog_by_due ON backlog (due_ms)',
    // What the report counts; see cells.ts.
    `CREATE TABLE cells (
      grain TEXT NOT NULL,
      municipality TEXT NOT NULL,
      period INTEGER NOT NULL,
      unit TEXT NOT NULL,
      comments TEXT NOT NULL,
      ratings TEXT NOT NULL,
      participation TEXT NOT NULL,
      PRIMARY KEY (grain, municipality, period, unit)
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // Quotes are read from the latest contact on.
    'CREATE INDEX quotes_by_day ON responses (day, seq) WHERE text IS NOT NULL',
  ],
  // Comments are searched by their words.
  [...MAKE_SEARCH, fillSearch],
  [
    // Who read, gave out and deleted what: each entry's hash covers the one before (audit-log.ts).
    `CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT`,
    // Responses that were deleted: their pseudonyms stay taken for as long as the counts may hold them.
    'CREATE TABLE forgotten (id TEXT PRIMARY KEY, digest TEXT NOT NULL, day INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    'CREATE INDEX responses_by_day ON responses (day, seq)',
  ],
];
