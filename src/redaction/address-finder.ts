import type { Finding } from './finding.js';
import { readNumberWord } from './number-words.js';
import { hasContextBefore, isCapitalised } from './token.js';
import type { Token } from './token.js';

/** What Swedish street names end in. */
const STREET =
  /^\p{L}{2,}(?:gatan|gata|vägen|väg|gränd|gränden|stigen|stig|allén|allé|torget|torg|backen|backe|esplanaden|kajen|leden|slingan|ringen|svängen|kroken|liden|promenaden|boulevarden|stråket|planen|plan|gången|brinken|höjden|tomten|gärdet|åsen|dalen|hagen|lyckan|parken|terrassen|terrass|udden|viken|bron|hamnen)$/u;
/** Words with such an ending that are no street. */
const NOT_STREETS: ReadonlySet<string> = new Set(
  'utväg genväg genvägen omväg omvägen utvägen halvväg motorväg riksväg landsväg cykelväg gångväg cykelvägen gångvägen motorvägen landsvägen riksvägen grusväg grusvägen huvudgata huvudgatan tvärgata tvärgatan återvändsgatan gågatan genomfartsgatan detaljplan detaljplanen handlingsplan handlingsplanen vårdplan vårdplanen genomförandeplan genomförandeplanen studieplan läroplan läroplanen översiktsplan översiktsplanen betalningsplan budgetplan planen fotbollsplan fotbollsplanen bollplan bollplanen lekplan sportplan skolväg skolvägen förgången omgången utgången ingången tillgången framgången övergången uppgången nedgången undergången föregången övergångsstället genomgången semesterplanen dagvård andragången förstagången tredjegången kaffegången rökgången motgången avgången gången flygplan flygplanen idrottsplan idrottsplanen grundplan köplatsen sjukhusparken lekparken stadsparken parken nationalparken skateparken hundparken utsidan sandbacken pulkabacken skidbacken köpenhamnen hamnen småbåtshamnen gästhamnen bron gångbron järnvägsbron betongen fjärrvärmeledningen tunneln busstorget marktorget'.split(
    ' ',
  ),
);
/** Before a word with such an ending: then it is a kind of street, not a street's name. */
const ARTICLES: ReadonlySet<string> = new Set('en ett den det denna samma vår vårt min mitt din ditt hela någon varje ingen hans hennes deras er ert'.split(' '));
/** First words of streets in several words: "Sankt Olofs gata", "Norra vägen". */
const STREET_HEAD: ReadonlySet<string> = new Set('gata väg gränd allé torg plan backe gatan vägen stig'.split(' '));
const LIVES: ReadonlySet<string> = new Set('bor bodde adress adressen gatuadress hemadress hemadressen adressändring flyttat flyttade besöksadress postadress'.split(' '));
const LIVES_REACH = 5;
const FLAT: ReadonlySet<string> = new Set(['lägenhet', 'lgh', 'lägenheten', 'våning', 'uppgång', 'port', 'lägenhetsnummer']);
const PREPOSITIONS: ReadonlySet<string> = new Set(['på', 'i', 'vid']);
/** What a number beside a street counts, when it is no house number. */
const COUNTED: ReadonlySet<string> = new Set('år gånger minuter veckor dagar månader timmar kronor meter hus bilar'.split(' '));

/** Finds street addresses (a street's name with a number, or where someone says that they live there) and postal codes with their town. */
export function findAddresses(tokens: readonly Token[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const last = readStreet(tokens, i) ?? readFarm(tokens, i) ?? readPostalCode(tokens, i);
    if (last === undefined) continue;
    const first = tokens[streetStart(tokens, i)];
    const end = tokens[extend(tokens, last)];
    if (first === undefined || end === undefined) continue;
    findings.push({ type: 'address', start: first.start, end: end.end });
    i = extend(tokens, last);
  }
  return findings;
}

/** The last token of "Storgatan 12 B"; the street alone only where someone lives there. */
function readStreet(tokens: readonly Token[], index: number): number | undefined {
  const token = tokens[index];
  if (token?.kind !== 'word') return undefined;
  const before = tokens[index - 1];
  const isKind = !isCapitalised(token) && before !== undefined && ARTICLES.has(before.lower);
  const isOneWord = STREET.test(token.lower) && !NOT_STREETS.has(token.lower) && !isKind;
  const isHead = STREET_HEAD.has(token.lower) && before?.kind === 'word' && isCapitalised(before) && !before.lower.endsWith('.') && index > 1;
  if (!isOneWord && !isHead) return undefined;
  const number = readHouseNumber(tokens, index + 1);
  if (number !== undefined) return number;
  return hasContextBefore(tokens, index, LIVES_REACH, LIVES) && (isOneWord || isHead) ? index : undefined;
}

/** "bor i Norrby 12": a farm or village with a number, where someone says that they live there. */
function readFarm(tokens: readonly Token[], index: number): number | undefined {
  const token = tokens[index];
  if (token === undefined || !isCapitalised(token) || !PREPOSITIONS.has(tokens[index - 1]?.lower ?? '')) return undefined;
  return hasContextBefore(tokens, index, 3, LIVES) ? readHouseNumber(tokens, index + 1) : undefined;
}

/** "12", "12 B", "12b", "tolv", "nummer tolv", "tjugo fyra". */
function readHouseNumber(tokens: readonly Token[], index: number): number | undefined {
  let at = tokens[index]?.lower === 'nummer' || tokens[index]?.lower === 'nr' ? index + 1 : index;
  const token = tokens[at];
  if (token === undefined) return undefined;
  if (token.kind === 'digits' ? token.text.length > 4 : readNumberWord(token.lower) === undefined) return undefined;
  if (token.lower === 'en') return undefined;
  // "tjugo fyra", "ett hundra två"; what else follows in words is another number.
  for (let more = 0; more < 3 && goesOn(tokens[at], tokens[at + 1]); more++) at += 1;
  const after = tokens[at + 1];
  if (after !== undefined && COUNTED.has(after.lower)) return undefined;
  if (after?.kind === 'word' && /^[a-h]$/i.test(after.text)) return at + 1;
  return at;
}

/** Whether two number words make one number. */
function goesOn(token: Token | undefined, next: Token | undefined): boolean {
  if (token?.kind !== 'word' || next?.kind !== 'word') return false;
  const kind = readNumberWord(token.lower)?.kind;
  const nextKind = readNumberWord(next.lower)?.kind;
  return nextKind === 'hundred' || (kind === 'tens' && nextKind === 'unit') || (kind === 'hundred' && nextKind !== undefined);
}

/** "123 45 Storstad" or "12345 Storstad". */
function readPostalCode(tokens: readonly Token[], index: number): number | undefined {
  const [first, second, third] = tokens.slice(index, index + 3);
  if (first?.kind !== 'digits' || tokens[index - 1]?.kind === 'digits') return undefined;
  const isSplit = /^[1-9]\d\d$/.test(first.text) && second?.kind === 'digits' && second.text.length === 2 && second.spaceBefore;
  if (isSplit) return third !== undefined && isCapitalised(third) ? index + 2 : undefined;
  return /^[1-9]\d{4}$/.test(first.text) && second !== undefined && isCapitalised(second) ? index + 1 : undefined;
}

/** Takes in the capitalised words before a bare "gata" or "väg": "Sankt Olofs gata 3". */
function streetStart(tokens: readonly Token[], index: number): number {
  let first = index;
  if (!STREET_HEAD.has(tokens[index]?.lower ?? '')) return first;
  while (first > 0 && index - first < 3) {
    const before = tokens[first - 1];
    if (before === undefined || !isCapitalised(before)) break;
    first -= 1;
  }
  return first;
}

/** Takes in ", lägenhet 1203" and ", 123 45 Storstad" after an address. */
function extend(tokens: readonly Token[], index: number): number {
  const at = tokens[index + 1]?.text === ',' ? index + 2 : index + 1;
  if (FLAT.has(tokens[at]?.lower ?? '')) {
    const number = readHouseNumber(tokens, at + 1);
    if (number !== undefined) return extend(tokens, number);
  }
  // "3 tr", "nb": the floor
  if (tokens[at]?.lower === 'nb' || tokens[at]?.lower === 'bv') return extend(tokens, at);
  if (tokens[at]?.kind === 'digits' && /^(?:tr|trappor)$/.test(tokens[at + 1]?.lower ?? '')) return extend(tokens, at + 1);
  return readPostalCode(tokens, at) ?? index;
}
