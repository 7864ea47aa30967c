/** What kinds of identifiers are taken out. */
export const IDENTIFIER_TYPES = [
  'personnummer',
  'samordningsnummer',
  'phone',
  'email',
  'address',
  'account',
  'card',
  'plate',
  'case_number',
  'name',
] as const;
export type IdentifierType = (typeof IDENTIFIER_TYPES)[number];

/** An identifier and its place in the text, in UTF-16 code units (as in JavaScript's strings); `end` is exclusive. */
export interface Finding {
  readonly type: IdentifierType;
  readonly start: number;
  readonly end: number;
}
