import type { PostgresStatements } from './postgres-statements.js';
import { parseSearch } from './search-terms.js';
import { stemsOf, swedishStem } from './swedish-stems.js';

/** The last place in a text that a tsvector can tell from others (PostgreSQL, limits of text search); words after it are found still. */
const LAST_PLACE = 16_383;

/**
 * The full text of comments, as stems. The server's own text search is only given what our stemmer made, so that both databases find the
 * same. A trigger takes away what belongs to a text that is changed; with its response it goes by itself.
 */
export const MAKE_SEARCH: readonly string[] = [
  `CREATE TABLE tonalitet.comment_words (
    response bigint PRIMARY KEY REFERENCES tonalitet.responses (seq) ON DELETE CASCADE,
    stems tsvector NOT NULL
  )`,
  'CREATE INDEX comment_words_by_stem ON tonalitet.comment_words USING gin (stems)',
  `CREATE FUNCTION tonalitet.forget_comment_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM tonalitet.comment_words WHERE response = old.seq;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER comment_words_of_changed AFTER UPDATE OF text ON tonalitet.responses FOR EACH ROW
    WHEN (old.text IS NOT NULL AND old.text IS DISTINCT FROM new.text) EXECUTE FUNCTION tonalitet.forget_comment_words()`,
];

/** Makes texts found, in the transaction that writes them. @param texts by the ids of their responses. */
export async function addToSearch(statements: PostgresStatements, texts: ReadonlyMap<string, string>): Promise<void> {
  const rows = [...texts].map(([id, text]) => [id, vectorOf(text)] as const).filter(([, vector]) => vector !== '');
  if (rows.length === 0) return;
  await statements.all(
    `INSERT INTO tonalitet.comment_words (response, stems)
      SELECT r.seq, asked.stems::tsvector FROM unnest($1::text[], $2::text[]) AS asked (id, stems) JOIN tonalitet.responses AS r ON r.id = asked.id
      ON CONFLICT (response) DO UPDATE SET stems = excluded.stems`,
    [rows.map(([id]) => id), rows.map(([, vector]) => vector)],
  );
}

/** A search as a tsquery. @throws RangeError as `parseSearch`. */
export function queryOf(search: string): string {
  return parseSearch(search)
    .map((words) => `(${words.map((word) => `'${swedishStem(word)}'`).join(' <-> ')})`)
    .join(' & ');
}

/** A stem has letters, digits and marks only, and so nothing that would have to be escaped. */
function vectorOf(text: string): string {
  const stems = stemsOf(text);
  return stems === '' ? '' : stems.split(' ').map((stem, index) => `'${stem}':${Math.min(index + 1, LAST_PLACE)}`).join(' ');
}
