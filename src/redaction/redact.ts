import { TonalitetError } from '../errors.js';
import { findAddresses } from './address-finder.js';
import { findEmails } from './email-finder.js';
import type { Finding, IdentifierType } from './finding.js';
import { findNames } from './name-finder.js';
import { findNumbers } from './number-finder.js';
import { findPlates } from './plate-finder.js';
import type { RedactedText } from './redacted-text.js';
import { REDACTED_MARK, tokenise } from './token.js';
import type { Token } from './token.js';

/** The longest text that is redacted in one piece, in UTF-16 code units: an hour of speech is about 60,000. */
export const MAX_REDACTED_LENGTH = 200_000;

/** What stands in the text instead, in the readers' language. */
const PLACEHOLDERS: Readonly<Record<IdentifierType, string>> = {
  personnummer: '[personnummer]',
  samordningsnummer: '[samordningsnummer]',
  phone: '[telefonnummer]',
  email: '[e-postadress]',
  address: '[adress]',
  account: '[kontonummer]',
  card: '[kortnummer]',
  plate: '[registreringsnummer]',
  case_number: '[ärendenummer]',
  name: '[namn]',
};
const PLACEHOLDER = new RegExp(Object.values(PLACEHOLDERS).map((text) => text.replace(/[[\]]/g, '\\$&')).join('|'), 'g');

/** In this order: what is found first is not looked at again, so the sure and long kinds come before the short ones,
 * and addresses, whose parts ("lgh 1102, 123 45") look like long numbers, before those. */
const FINDERS: readonly ((tokens: readonly Token[]) => readonly Finding[])[] = [findEmails, findPlates, findAddresses, findNumbers, findNames];

/**
 * Each round can show what stood behind an earlier finding ("[namn] Svensson"); a text settles after two. More would be a
 * fault in a finder, and ends in an error instead of an endless loop.
 */
const MAX_ROUNDS = 12;

export interface Redaction {
  /** The text with a placeholder such as `[namn]` for each identifier. */
  readonly text: RedactedText;
  /** What was taken out, in order and disjoint; places are those in the text that was given. */
  readonly found: readonly Finding[];
}

/**
 * Takes personal identifiers out of a text: the only way to a {@link RedactedText}. Redacting twice changes nothing more.
 *
 * @param text at most {@link MAX_REDACTED_LENGTH} code units.
 * @throws TonalitetError `TEXT_LIMIT` for a longer one.
 */
export function redactWithFindings(text: string): Redaction {
  if (text.length > MAX_REDACTED_LENGTH) {
    throw new TonalitetError('TEXT_LIMIT', `Expected a text of at most ${MAX_REDACTED_LENGTH} characters, got ${text.length}. Split it.`);
  }
  // Full-width digits count as digits; a mark that a text brings along does not count as redacted.
  let masked = text
    .replaceAll(REDACTED_MARK, '\uFFFD')
    .replace(/[\uFF10-\uFF19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(PLACEHOLDER, (placeholder) => REDACTED_MARK.repeat(placeholder.length));
  const found: Finding[] = [];
  for (let round = 0; ; round++) {
    const before = found.length;
    for (const find of FINDERS) {
      for (const finding of find(tokenise(masked))) {
        found.push(finding);
        masked = masked.slice(0, finding.start) + REDACTED_MARK.repeat(finding.end - finding.start) + masked.slice(finding.end);
      }
    }
    if (found.length === before) break;
    if (round >= MAX_ROUNDS) throw new Error(`expected the redaction to settle within ${MAX_ROUNDS} rounds, but it found more in each`);
  }
  found.sort((a, b) => a.start - b.start);
  return { text: replaced(text, found) as RedactedText, found };
}

/** {@link redactWithFindings} without the findings. */
export function redact(text: string): RedactedText {
  return redactWithFindings(text).text;
}

function replaced(text: string, found: readonly Finding[]): string {
  let out = '';
  let at = 0;
  for (const { type, start, end } of found) {
    out += text.slice(at, start) + PLACEHOLDERS[type];
    at = end;
  }
  return out + text.slice(at);
}
