/** What a number word stands for, as the digits that one would write. */
export interface SpokenNumber {
  readonly digits: string;
  /** `unit`: 0 to 9. `tens`: 20, 30 … 90, to which a unit may follow. `hundred`, `thousand`: the bare words. */
  readonly kind: 'unit' | 'tens' | 'hundred' | 'thousand' | 'other';
}

const UNITS: Readonly<Record<string, number>> = { noll: 0, ett: 1, en: 1, två: 2, tre: 3, fyra: 4, fem: 5, sex: 6, sju: 7, åtta: 8, nio: 9 };
const TEENS: Readonly<Record<string, number>> = {
  tio: 10, elva: 11, tolv: 12, tretton: 13, fjorton: 14, femton: 15, sexton: 16, sjutton: 17, arton: 18, aderton: 18, nitton: 19,
};
/** With the short forms of everyday speech. */
const TENS: Readonly<Record<string, number>> = {
  tjugo: 20, tjugi: 20, tju: 20, trettio: 30, tretti: 30, fyrtio: 40, fyrti: 40, förti: 40, förtio: 40, femtio: 50, femti: 50,
  sextio: 60, sexti: 60, sjuttio: 70, sjutti: 70, åttio: 80, åtti: 80, nittio: 90, nitti: 90,
};

const BELOW_HUNDRED = belowHundred();

function belowHundred(): ReadonlyMap<string, number> {
  const words = new Map<string, number>([...Object.entries(UNITS), ...Object.entries(TEENS)]);
  for (const [tens, value] of Object.entries(TENS)) {
    if (tens !== 'tju') words.set(tens, value);
    for (const [unit, added] of Object.entries(UNITS)) {
      if (added > 0) words.set(tens + unit, value + added);
    }
  }
  words.set('nolla', 0);
  words.set('nollan', 0);
  return words;
}

/**
 * Reads one Swedish number word: "sju" as 7, "åttiofem" as 85, "tvåhundratolv" as 212, "nittonhundraåttiofem" as 1985,
 * "tvåtusentjugotre" as 2023. Gives `undefined` for anything else.
 *
 * @param word in lower case.
 */
export function readNumberWord(word: string): SpokenNumber | undefined {
  if (word === 'hundra') return { digits: '100', kind: 'hundred' };
  if (word === 'tusen') return { digits: '1000', kind: 'thousand' };
  const small = BELOW_HUNDRED.get(word);
  if (small !== undefined) {
    const kind = small < 10 ? 'unit' : small >= 20 && small % 10 === 0 ? 'tens' : 'other';
    return { digits: String(small), kind };
  }
  const value = readCompound(word);
  return value === undefined ? undefined : { digits: String(value), kind: 'other' };
}

/** "[n]tusen[n]hundra[n]" in one word; the hundreds may count past ten, as in years. */
function readCompound(word: string): number | undefined {
  const thousandAt = word.indexOf('tusen');
  if (thousandAt > 0) {
    const thousands = BELOW_HUNDRED.get(word.slice(0, thousandAt));
    const rest = word.slice(thousandAt + 'tusen'.length);
    const below = rest === '' ? 0 : (BELOW_HUNDRED.get(rest) ?? readHundreds(rest));
    return thousands === undefined || below === undefined || below > 999 ? undefined : thousands * 1000 + below;
  }
  return readHundreds(word);
}

function readHundreds(word: string): number | undefined {
  const hundredAt = word.indexOf('hundra');
  if (hundredAt < 0) return undefined;
  const before = word.slice(0, hundredAt);
  const after = word.slice(hundredAt + 'hundra'.length);
  const hundreds = before === '' ? 1 : BELOW_HUNDRED.get(before);
  const below = after === '' ? 0 : BELOW_HUNDRED.get(after);
  return hundreds === undefined || hundreds === 0 || below === undefined ? undefined : hundreds * 100 + below;
}
