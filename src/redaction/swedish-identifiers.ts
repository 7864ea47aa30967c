/**
 * The rules of Swedish identifiers, on digits alone.
 *
 * Sources: personnummer and samordningsnummer: folkbokföringslagen (1991:481) §§ 18–18 b and the tax agency's description
 * of the check digit; card numbers: ISO/IEC 7812-1; telephone numbers: the Swedish numbering plan for E.164.
 */

/** The check of ISO/IEC 7812-1 annex B ("Luhn"), over all digits including the check digit. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.charAt(digits.length - 1 - i));
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/** A samordningsnummer has 60 added to the day of birth. */
const COORDINATION_DAYS = 60;

/**
 * What the digits would be by their date: six digits (YYMMDD), eight (YYYYMMDD), ten or twelve (with the four last ones).
 * Whether the check digit is right is another question; see {@link passesLuhn} on the last ten.
 */
export function personalNumberKind(digits: string): 'personnummer' | 'samordningsnummer' | undefined {
  const hasCentury = digits.length === 8 || digits.length === 12;
  if (!hasCentury && digits.length !== 6 && digits.length !== 10) return undefined;
  if (hasCentury && !/^(18|19|20)/.test(digits)) return undefined;
  const short = hasCentury ? digits.slice(2) : digits;
  const month = Number(short.slice(2, 4));
  const day = Number(short.slice(4, 6));
  if (month < 1 || month > 12) return undefined;
  // 29 February in any year: the century is not always known.
  const longest = month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31;
  if (day >= 1 && day <= longest) return 'personnummer';
  return day > COORDINATION_DAYS && day <= COORDINATION_DAYS + longest ? 'samordningsnummer' : undefined;
}

/** Numbers that belong to nobody: emergency, non-emergency and health-care lines. */
const PUBLIC_LINES: ReadonlySet<string> = new Set(['112', '1177', '11313', '11414', '118118', '90000']);

export function isPublicLine(digits: string): boolean {
  return PUBLIC_LINES.has(digits);
}

/** A whole Swedish or international number: 0 and seven to nine more digits, or a country code after 00. */
export function isPhoneNumber(digits: string): boolean {
  return /^0[1-9]\d{6,9}$/.test(digits) || /^00[1-9]\d{7,12}$/.test(digits);
}

/** Payment cards: 13 to 19 digits with a right check digit; 16 digits count in any case, as a digit may be misheard. */
export function isCardNumber(digits: string): boolean {
  return (digits.length >= 13 && digits.length <= 19 && /^[2-6]/.test(digits) && passesLuhn(digits)) || /^[2-6]\d{15}$/.test(digits);
}
