export type PostgresValue = string | number | boolean | null | readonly (string | number | null)[];

/** A row, by column name. 64-bit numbers come as numbers, JSON as its text. */
export type PostgresRow = Readonly<Record<string, unknown>>;

/** Statements of one transaction, or outside of any. */
export interface PostgresStatements {
  /** Runs one statement and gives its rows. @param args the values of `$1`, `$2`, … */
  all(sql: string, args?: readonly PostgresValue[]): Promise<readonly PostgresRow[]>;
}

/** What runs statements as one transaction; see `PostgresDatabase.transaction`. */
export interface PostgresTransactions extends PostgresStatements {
  transaction<T>(work: (statements: PostgresStatements) => Promise<T>): Promise<T>;
}

/** @throws TypeError where a column does not hold what the tables say. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a text from PostgreSQL, got ${typeof value}`);
  return value;
}

/** @throws TypeError likewise. */
export function integerOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError(`expected a whole number from PostgreSQL, got ${typeof value}`);
  return value;
}
