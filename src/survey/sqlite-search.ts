import { parseSearch } from './search-terms.js';
import { insertRows } from './sqlite-database.js';
import type { SqliteStatements } from './sqlite-database.js';
import { stemsOf, swedishStem } from './swedish-stems.js';

/** So many texts are stemmed and written at once when an older database is brought to this version. */
const MIGRATED_AT_ONCE = 2_000;

const ADD_STEMS = ['INSERT INTO comment_words (rowid, stems)', ''] as const;

/**
 * The full text of comments, as stems. A trigger takes away what belongs to a text that is changed or deleted, whoever does that and for
 * whatever reason: what is forgotten cannot be left behind here. FTS5 overwrites it at once (`secure-delete`) instead of marking it.
 */
export const MAKE_SEARCH: readonly string[] = [
  "CREATE VIRTUAL TABLE comment_words USING fts5(stems, columnsize = 0, tokenize = 'unicode61 remove_diacritics 0')",
  "INSERT INTO comment_words (comment_words, rank) VALUES ('secure-delete', 1)",
  `CREATE TRIGGER comment_words_of_changed AFTER UPDATE OF text ON responses WHEN old.text IS NOT NULL AND old.text IS NOT new.text
    BEGIN DELETE FROM comment_words WHERE rowid = old.seq; END`,
  `CREATE TRIGGER comment_words_of_deleted AFTER DELETE ON responses WHEN old.text IS NOT NULL
    BEGIN DELETE FROM comment_words WHERE rowid = old.seq; END`,
];

/** Makes texts found, in the transaction that writes them. @param texts with the `seq` of their responses. */
export async function addToSearch(statements: SqliteStatements, texts: readonly { readonly seq: number; readonly text: string }[]): Promise<void> {
  const rows = texts.map(({ seq, text }) => [seq, stemsOf(text)] as const).filter(([, stems]) => stems !== '');
  await insertRows(statements, ADD_STEMS, rows);
}

/** Makes the texts found that are there already. */
export async function fillSearch(statements: SqliteStatements): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await statements.all('SELECT seq, text FROM responses WHERE text IS NOT NULL AND seq > ?1 ORDER BY seq LIMIT ?2', [after, MIGRATED_AT_ONCE]);
    const last = rows.at(-1);
    if (last === undefined) return;
    await addToSearch(statements, rows as unknown as readonly { readonly seq: number; readonly text: string }[]);
    after = last['seq'] as number;
  }
}

/** A search as FTS5 reads it: each term as a string in quotation marks, which is never syntax. @throws RangeError as {@link parseSearch}. */
export function matchOf(search: string): string {
  // A stem has letters, digits and marks only, and so no quotation mark.
  return parseSearch(search)
    .map((words) => `"${words.map(swedishStem).join(' ')}"`)
    .join(' AND ');
}
