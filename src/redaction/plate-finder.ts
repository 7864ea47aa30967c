import type { Finding } from './finding.js';
import { readNumberWord } from './number-words.js';
import { hasContextBefore } from './token.js';
import type { Token } from './token.js';

const CONTEXT: ReadonlySet<string> = new Set(
  'bil bilen bilar bilnumret registreringsnummer registreringsnumret regnummer regnumret registreringsskylt skylt skylten reg regnr husvagn husvagnen moped mopeden mopedbilen motorcykel släp släpet släpkärra fordon fordonet lastbil lastbilen volvo volvon parkerad bilplåt'.split(
    ' ',
  ),
);
const REACH = 8;
/** The armed forces' spelling alphabet, as Swedes spell on the telephone. */
const SPELLING: ReadonlySet<string> = new Set(
  'adam bertil cesar caesar david erik filip gustav helge ivar johan kalle ludvig martin niklas olof petter qvintus rudolf sigurd tore urban viktor wilhelm xerxes yngve zäta'.split(' '),
);
/** Capital letters before a number that are no plate: laws, schools, authorities, things. */
const ABBREVIATIONS: ReadonlySet<string> = new Set('LSS SFI SFS SOL LVU LVM PBL SKR IVO VAB BVC BUP GPS SMS USB SVT SJ ICA KOM TV OSA SAP CSN BTH VMA MMR ADR ISO DIN RUM HUS SAL KAP NR LGH AB'.split(' '));
const VOWELS = /[AEIOUYÅÄÖ]/i;

/** Finds Swedish registration plates: three letters, two digits, and a digit or a letter; spoken ones letter by letter too. */
export function findPlates(tokens: readonly Token[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const letters = readLetters(tokens, i);
    if (letters === undefined) continue;
    const last = readNumber(tokens, letters.next);
    if (last === undefined || !isPlate(tokens, i, letters)) continue;
    const start = tokens[i];
    const end = tokens[last];
    if (start === undefined || end === undefined) continue;
    findings.push({ type: 'plate', start: start.start, end: end.end });
    i = last;
  }
  return findings;
}

interface Letters {
  readonly text: string;
  readonly next: number;
  readonly isSpelled: boolean;
}

/** "ABC", "A B C" or "Adam Bertil Cesar". Plates have no I, Q, V, Å, Ä or Ö; spoken ones may be misheard. */
function readLetters(tokens: readonly Token[], index: number): Letters | undefined {
  const [first, second, third] = tokens.slice(index, index + 3);
  if (first?.kind !== 'word') return undefined;
  if (/^[A-HJ-PR-UW-Z]{3}$/i.test(first.text)) return { text: first.text, next: index + 1, isSpelled: false };
  if (second?.kind !== 'word' || third?.kind !== 'word') return undefined;
  const three = [first, second, third];
  const isSpelled = three.every((token) => token.text.length === 1) || three.every((token) => SPELLING.has(token.lower));
  return isSpelled ? { text: three.map((token) => token.text.charAt(0)).join(''), next: index + 3, isSpelled } : undefined;
}

/** The last token of "123", "12 A", "ett två tre" or "hundratjugotre". */
function readNumber(tokens: readonly Token[], index: number): number | undefined {
  const at = tokens[index]?.text === '-' ? index + 1 : index;
  const token = tokens[at];
  const next = tokens[at + 1];
  if (token?.kind === 'digits') {
    if (token.text.length === 3) return next?.kind === 'digits' ? undefined : at;
    if (token.text.length === 2 && next?.kind === 'word' && next.text.length === 1 && !next.spaceBefore) return at + 1;
  }
  let digits = '';
  for (let i = at; i < tokens.length && i < at + 3; i++) {
    const word = tokens[i];
    const spoken = word?.kind === 'digits' ? word.text : word?.kind === 'word' ? readNumberWord(word.lower)?.digits : undefined;
    if (spoken === undefined) return undefined;
    digits += spoken;
    if (digits.length === 3) return i;
    if (digits.length > 3) return undefined;
  }
  return undefined;
}

function isPlate(tokens: readonly Token[], index: number, letters: Letters): boolean {
  if (letters.isSpelled || hasContextBefore(tokens, index, REACH, CONTEXT)) return true;
  if (letters.text === letters.text.toUpperCase()) return !ABBREVIATIONS.has(letters.text);
  // In lower case and without context, only what cannot be a word: "xkd 482", but not "rum 214".
  return !VOWELS.test(letters.text) && letters.text === letters.text.toLowerCase();
}
