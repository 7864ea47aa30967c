import { findDigitRuns } from './digit-run.js';
import type { DigitGroup, DigitRun } from './digit-run.js';
import type { Finding, IdentifierType } from './finding.js';
import { isCardNumber, isPhoneNumber, isPublicLine, passesLuhn, personalNumberKind } from './swedish-identifiers.js';
import { hasContextBefore } from './token.js';
import type { Token } from './token.js';

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

const PERSONAL = words('personnummer personnumret personnr pnr samordningsnummer samordningsnumret född födelsedatum födelsenummer födda personnummret');
const PHONE = words(
  'ring ringa ringer telefon telefonen telefonnummer telefonnumret tele tel mobil mobilen mobilnummer mobilnumret nummer numret nås nå sms sms:a smsa hemnummer jobbnummer återuppringning direktnummer',
);
const ACCOUNT = words('konto kontot kontonummer kontonumret clearing clearingnummer clearingnumret bankgiro bankgirot plusgiro plusgirot postgiro iban bankkonto bankkontot lönekonto sparkonto bg pg');
/** A bank's own number, of four digits; it only counts right behind one of these. */
const CLEARING = words('clearing clearingnummer clearingnumret clearingnr');
const CLEARING_REACH = 2;
const CARD = words('kort kortet kortnummer kortnumret bankkort bankkortet betalkort betalkortet kreditkort kreditkortet visa mastercard');
const CASE = words(
  'ärende ärendet ärendenummer ärendenumret ärendenr diarienummer diarienumret diarienr dnr diariet referensnummer referensnumret referens ref målnummer målnumret mål handläggningsnummer ' +
    'beslutsnummer bygglovsnummer ansökningsnummer kundnummer kundnumret id-nummer fakturanummer fakturanumret ocr ocr-nummer ocrnummer felanmälan felanmälningsnummer avtalsnummer anläggningsnummer',
);
const LAST_FOUR = words('sista');

/** After a number: then it counts or measures something, and identifies nobody. */
const MEASURES = words(
  'kronor kr spänn tusen miljoner miljarder procent minuter minut min sekunder timmar timme dagar dygn veckor månader år gånger kilometer km meter mil kvadrat kvadratmeter kilo kg liter personer barn elever platser poäng euro dollar st stycken',
);

/** Groups of one number, at most: nineteen digits said one by one. */
const MAX_GROUPS = 19;
/** Ambiguous groups are read in both ways in at most so many combinations. */
const MAX_READINGS = 32;
/** How many words before a number are looked at for what it is. */
const REACH = 6;
/** A number this long that is none of the known kinds is taken out all the same: it is a number *of* something. */
const UNKNOWN_DIGITS = 9;

/** Finds personal, telephone, account, card and case numbers, written or spoken. */
export function findNumbers(tokens: readonly Token[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const run of findDigitRuns(tokens)) {
    let first = 0;
    while (first < run.length) {
      const found = longestFrom(tokens, run, first);
      if (found === undefined) first += 1;
      else {
        findings.push(found.finding);
        first = found.next;
      }
    }
  }
  return findings;
}

/** The best identifier that starts with group `first`: sure kinds before likely ones, longer ones before shorter. */
function longestFrom(tokens: readonly Token[], run: DigitRun, first: number): { readonly finding: Finding; readonly next: number } | undefined {
  for (const rule of [sureKind, likelyKind]) {
    for (let last = Math.min(run.length, first + MAX_GROUPS) - 1; last >= first; last--) {
      const groups = run.slice(first, last + 1);
      for (const digits of readings(groups)) {
        const type = rule({ tokens, groups, digits, isWholeRun: last - first + 1 === run.length });
        if (type !== undefined) return { finding: spanOf(tokens, groups, type), next: last + 1 };
      }
    }
  }
  return undefined;
}

interface Candidate {
  readonly tokens: readonly Token[];
  readonly groups: DigitRun;
  readonly digits: string;
  readonly isWholeRun: boolean;
}

/** Kinds that the digits themselves, or the way in which they are written, give away. */
function sureKind(candidate: Candidate): IdentifierType | undefined {
  const { digits, groups } = candidate;
  const iban = digits.length === 22 && previousWord(candidate)?.toLowerCase() === 'se';
  if (iban) return 'account';
  if (isDate(candidate)) return undefined;
  if (contextOf(candidate, CASE) && digits.length >= 4 && candidate.isWholeRun && !contextOf(candidate, PERSONAL)) return 'case_number';
  if (contextOf(candidate, ACCOUNT) && digits.length >= 6 && candidate.isWholeRun) return 'account';
  if (isCardNumber(digits)) return 'card';
  if (looksLikePhone(candidate)) return 'phone';
  const kind = personalNumberKind(digits);
  if (kind !== undefined && (digits.length === 10 || digits.length === 12)) {
    const isHyphenated = /^[-+]$/.test(groups.at(-1)?.separator ?? '') && groups.at(-1)?.readings[0]?.length === 4;
    // A wrong check digit is a slip of the tongue or of the recogniser far more often than another kind of number.
    if (passesLuhn(digits.slice(-10)) || isHyphenated || contextOf(candidate, PERSONAL) || digits.length === 12) return kind;
  }
  return isPhoneNumber(digits) ? 'phone' : undefined;
}

/** Kinds that only the words around give away. */
function likelyKind(candidate: Candidate): IdentifierType | undefined {
  const { digits, groups } = candidate;
  if (isDate(candidate) && !contextOf(candidate, PERSONAL)) return undefined;
  if (isMeasure(candidate) || isPublicLine(digits)) return undefined;
  if (contextOf(candidate, PERSONAL)) {
    const kind = personalNumberKind(digits);
    if (kind !== undefined) return kind;
    if (digits.length === 10 || digits.length === 12) return 'personnummer';
  }
  if (digits.length === 4 && contextOf(candidate, LAST_FOUR)) return 'personnummer';
  if (contextOf(candidate, CARD) && digits.length >= 12 && digits.length <= 19) return 'card';
  if (digits.length >= 4 && hasContextBefore(candidate.tokens, groups[0]?.firstToken ?? 0, CLEARING_REACH, CLEARING)) return 'account';
  if (contextOf(candidate, ACCOUNT) && digits.length >= 5) return 'account';
  if (contextOf(candidate, CASE) && digits.length >= 3 && candidate.isWholeRun) return 'case_number';
  if (isCaseNumber(candidate)) return 'case_number';
  if (contextOf(candidate, PHONE) && digits.length >= 6 && digits.length <= 11 && candidate.isWholeRun) return 'phone';
  if (/^7[0236]\d{7}$/.test(digits)) return 'phone';
  if (/^46[1-9]\d{7,8}$/.test(digits) && isPlus(candidate)) return 'phone';
  const kind = personalNumberKind(digits);
  if (kind !== undefined && digits.length === 10 && candidate.isWholeRun) return kind;
  if (digits.length >= UNKNOWN_DIGITS && candidate.isWholeRun && groups.length <= MAX_GROUPS) return digits.length >= 13 ? 'account' : 'case_number';
  return undefined;
}

/** "070-123 45 67", "08-12 34 56": an area code of its own before the rest, unlike six digits and four. */
function looksLikePhone({ groups, digits }: Candidate): boolean {
  const first = groups[0]?.readings[0] ?? '';
  return isPhoneNumber(digits) && ((groups.length > 1 && first.length <= 4 && first.startsWith('0')) || groups.length > 4);
}

function isPlus({ tokens, groups }: Candidate): boolean {
  const before = tokens[(groups[0]?.firstToken ?? 0) - 1];
  return before?.text === '+' || before?.lower === 'plus';
}

/** "2024-05-12", "12/5 2024", "05-12-2023" and years: when something was, not who. */
function isDate({ groups, digits }: Candidate): boolean {
  const lengths = groups.map((group) => group.readings[0]?.length ?? 0);
  const isJoined = groups.slice(1).every((group) => group.separator !== '');
  if (groups.length === 3 && isJoined && digits.length <= 8) {
    return (lengths[0] === 4 && /^(19|20)/.test(digits)) || (lengths[2] === 4 && /(19|20)\d\d$/.test(digits));
  }
  // "2019-2023", "2023/2024"
  return groups.length === 2 && isJoined && /^(19|20)\d\d(19|20)\d\d$/.test(digits);
}

/** "KS 2023/1234", "BYGG 2022-000123", "2024-001234": a year, and a serial number of three digits or more. */
function isCaseNumber(candidate: Candidate): boolean {
  const { groups } = candidate;
  const [year, serial] = groups;
  if (groups.length !== 2 || year === undefined || serial === undefined) return false;
  if (!/^(19|20)\d\d$/.test(year.readings[0] ?? '') || !/^[-/]$/.test(serial.separator)) return false;
  const length = serial.readings[0]?.length ?? 0;
  const letters = previousWord(candidate) ?? '';
  const isLettered = /^[A-ZÅÄÖ]{2,6}$/.test(letters) || lettersBeforeHyphen(candidate);
  return length >= 3 && length <= 7 && (length >= 5 || serial.separator === '/' || isLettered);
}

/** "BN-2021-4471" */
function lettersBeforeHyphen({ tokens, groups }: Candidate): boolean {
  const first = groups[0]?.firstToken ?? 0;
  return tokens[first - 1]?.text === '-' && /^[A-ZÅÄÖ]{2,6}$/.test(tokens[first - 2]?.text ?? '');
}

function isMeasure({ tokens, groups }: Candidate): boolean {
  const after = tokens[(groups.at(-1)?.lastToken ?? 0) + 1];
  return after !== undefined && (MEASURES.has(after.lower) || after.text === '%');
}

function previousWord({ tokens, groups }: Candidate): string | undefined {
  const before = tokens[(groups[0]?.firstToken ?? 0) - 1];
  return before?.kind === 'word' ? before.text : undefined;
}

function contextOf({ tokens, groups }: Candidate, set: ReadonlySet<string>): boolean {
  return hasContextBefore(tokens, groups[0]?.firstToken ?? 0, REACH, set);
}

/** A number's place, with what belongs to it before: a plus, a case number's letters, an IBAN's country. */
function spanOf(tokens: readonly Token[], groups: DigitRun, type: IdentifierType): Finding {
  const firstToken = groups[0]?.firstToken ?? 0;
  const lastToken = groups.at(-1)?.lastToken ?? firstToken;
  let start = tokens[firstToken]?.start ?? 0;
  const before = tokens[firstToken - 1];
  const beforeThat = tokens[firstToken - 2];
  if (type === 'phone' && (before?.text === '+' || before?.lower === 'plus')) start = before.start;
  if (type === 'phone' && before?.text === '(') start = before.start;
  if (type === 'account' && before?.lower === 'se') start = before.start;
  if (type === 'case_number' && before !== undefined) {
    if (/^[A-ZÅÄÖ]{1,6}$/.test(before.text) && before.lower !== 'dnr') start = before.start;
    else if (before.text === '-' && beforeThat !== undefined && /^[A-ZÅÄÖ]{1,6}$/.test(beforeThat.text)) start = beforeThat.start;
  }
  return { type, start, end: tokens[lastToken]?.end ?? start };
}

/** Every way to read the groups as one number, the likeliest first. */
function readings(groups: readonly DigitGroup[]): readonly string[] {
  let all: string[] = [''];
  for (const group of groups) {
    const usable = all.length * group.readings.length <= MAX_READINGS ? group.readings : group.readings.slice(0, 1);
    all = usable.flatMap((reading) => all.map((before) => before + reading));
  }
  return all;
}
