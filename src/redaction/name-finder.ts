import type { Finding } from './finding.js';
import { AMBIGUOUS_FIRST_NAMES, FIRST_NAMES, PATRONYMIC, SURNAMES, SURNAME_ENDING } from './swedish-names.js';
import { isCapitalised } from './token.js';
import type { Token } from './token.js';

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** After these a name follows, known or not: "jag heter …", "hon hette …". */
const NAMED = words('heter hette heta hetat');
/** Before those: then a thing is called something. */
const THINGS = words('det den detta vad de dom');
/** Before those: then a person is, and the name counts in lower case too. */
const PERSONS = words('jag hon han hen');
/** After these, and a form of "är", a name follows: "mitt namn är …". */
const NAME_NOUNS = words('namn namnet förnamn förnamnet efternamn efternamnet');
/** Before a name where people introduce themselves or somebody: an ambiguous first name counts there. */
const TITLES = words('herr fru fröken familjen doktor handläggare handläggaren kommunvägledare kommunvägledaren rektor rektorn lärare läraren biståndshandläggare biståndshandläggaren socialsekreterare socialsekreteraren chefen kollega kollegan syster sjuksköterska sjuksköterskan vikarie vikarien');
/** Things that have names as people have: "förskolan heter …". */
const THING_ENDING = /(?:skolan|bussen|gården|hemmet|boendet|appen|tjänsten|huset|vägen|gatan|stället|företaget|orten|byn|parken|avdelningen)$/u;
/** Words that begin a sentence in their own right, though they are also names. */
const FIRST_WORDS = words('hans max dag sol vår star page bill sten per dan love min');
/** After a name at a sentence's beginning. */
const FOLLOWS_NAME = words('är var har hade sa och på i ,');
const FAMILY = words('man fru son dotter make maka sambo mamma pappa mor far bror syster mormor morfar farmor farfar moster faster morbror farbror barnbarn granne grannen kusin svärmor svärfar svärson svärdotter dotterdotter dotterson sonson sondotter hund');
const SPOKE = words('pratade prata pratar pratat talade tala talat snackade snacka snackat träffade fick');
const GREETINGS = words('hej hejsan hallå tack hälsningar hälsning mvh hälsa hälsar tackar');
/** Parts inside a name. */
const PARTICLES = words('af von van de da la el al der den bin ben');
/** What follows a name, or a rule above, and is no name. Beside function words, the places and offices that people speak with. */
const NO_NAME = words(`
  jag du han hon hen den det de dom vi ni man en ett någon nån något nåt ingen inget inga alla allt allting och eller men så att som om när då där här hur vad vem var varför varifrån vilken vilket inte aldrig ej
  på i med från till av för hos utan under över efter före innan mellan vid genom mot sedan sen nu idag igår imorgon visst nåt tror bara också redan mycket lite väldigt jätte ganska helt rätt är var varit blev blir bli har hade ha
  kan kunde ska skulle vill ville måste får fick ser såg sa säger säga sade tycker tyckte ringer ringde ringt bor bodde kommer kom gick går tog tar gav ger vet visste jo ja nej nja tack hej hejsan hejdå okej ok alltså
  liksom typ väl ju nog kanske faktiskt egentligen verkligen eh öh hm mm asså va min mitt mina din ditt dina sin sitt sina er ert era vår vårt våra hans hennes deras dess denna detta dessa kommunen kommun kommunens
  försäkringskassan skatteverket arbetsförmedlingen socialtjänsten socialen kundtjänst kontaktcenter kontaktcentret växeln växel receptionen vården vårdcentralen skolan förskolan hemtjänsten tekniska bygglov miljö
  kronofogden polisen regionen sjukhuset bankid internet biblioteket äldreboendet hemsidan webben chatten appen samma andra annan någonting ingenting vad bra dålig dåligt trevlig trevliga snäll snälla fin fint duktig
  nöjd missnöjd glad arg ledsen nya nytt ny gamla gammal stor stora liten lilla fel rätt dessutom däremot annars fast fastän eftersom medan både samt plus minus mer mest mindre minst först sist igen
  måndag tisdag onsdag torsdag fredag lördag söndag januari februari mars april maj juni juli augusti september oktober november december jul påsk midsommar svenska engelska arabiska finska sverige stockholm
  telefonen telefon mobilen mejlet mejl papper brev besked svar hjälp kö kön tid tiden chefen enheten avdelningen kontoret nämnden politikerna personalen tjejen killen kvinnan mannen damen herrn handläggaren handläggare
  gator gatan vägen skötseln hämtningen sophämtningen faktura fakturan avgiften ansökan ärendet frågan något annat två tre fyra fem tio senare sedan snart ofta alltid ibland
`);
/** Endings of offices and things, which also have capitals. */
const OFFICE_ENDING = /(?:kassan|verket|kontoret|kommun|kommunen|nämnden|tjänsten|tjänst|centret|center|centralen|förvaltningen|förvaltning|skolan|skola|förskola|förskolan|gården|hemmet|boendet|bolaget|huset|enheten|sidan|sida|appen|ID|id|verk)$/u;
/** Parts of one name, at most: two first names and two family names. */
const MAX_PARTS = 4;

/**
 * Finds names of persons: known first names, alone or with what follows; patronymics; and any word in a place where Swedish
 * puts a name ("jag heter …").
 *
 * What it misses: rare names without such a context, in lower case most of all; nicknames that are words; a family name alone
 * that is also a place or a thing (Berg, Lund). What it takes too much: places and things named after people, where the
 * name is a word of its own.
 */
export function findNames(tokens: readonly Token[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (!startsName(tokens, i)) continue;
    const last = nameEnd(tokens, i);
    const start = tokens[i];
    const end = tokens[last];
    if (start === undefined || end === undefined) continue;
    findings.push({ type: 'name', start: start.start, end: end.end });
    i = last;
  }
  return findings;
}

function startsName(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token?.kind !== 'word' || token.lower.length < 2) return false;
  // "SoL": a law, not a name
  if (token.text.length <= 4 && /\p{Ll}\p{Lu}/u.test(token.text)) return false;
  if (isPlaceOrThing(tokens, index)) return false;
  if (isFirstName(token.lower)) return true;
  if (PATRONYMIC.test(token.lower)) return true;
  const isMidSentence = !startsSentence(tokens, index);
  if (isAmbiguous(token.lower) && isHyphenated(tokens, index)) return true;
  if (isAmbiguous(token.lower) && !NO_NAME.has(token.lower)) {
    if (isCapitalised(token) && isMidSentence) return true;
    if (isCapitalised(token) && AMBIGUOUS_FIRST_NAMES.has(token.lower) && !FIRST_WORDS.has(token.lower) && FOLLOWS_NAME.has(tokens[index + 1]?.lower ?? '')) return true;
    if (isSurname(tokens[index + 1]) && (isCapitalised(token) === isCapitalised(tokens[index + 1] ?? token))) return true;
    return isIntroduced(tokens, index);
  }
  if (NO_NAME.has(token.lower) || OFFICE_ENDING.test(token.text)) return false;
  if (isNamed(tokens, index)) return true;
  // An unknown word with a capital, where people are spoken of, or with a family name after it.
  if (!isCapitalised(token) || token.text === token.text.toUpperCase()) return false;
  const next = tokens[index + 1];
  if (next !== undefined && isCapitalised(next) && !OFFICE_ENDING.test(next.text)) {
    if (SURNAMES.has(folded(next.lower))) return true;
    // "hon jag talade med, X Y, sa …"
    const after = tokens[index + 2];
    if (tokens[index - 1]?.text === ',' && (after === undefined || after.text === ',' || after.text === '.') && !NO_NAME.has(next.lower)) return true;
  }
  if (!isMidSentence) return false;
  return isIntroduced(tokens, index);
}

/** "Sara", "Saras": a known first name, or its genitive. */
function isFirstName(lower: string): boolean {
  return FIRST_NAMES.has(lower) || (lower.endsWith('s') && lower.length > 4 && FIRST_NAMES.has(lower.slice(0, -1)) && !AMBIGUOUS_FIRST_NAMES.has(lower));
}

/** "Maj-Britt": two halves that are names make one name, whatever each is alone. */
function isHyphenated(tokens: readonly Token[], index: number): boolean {
  const [hyphen, second] = tokens.slice(index + 1, index + 3);
  if (hyphen?.text !== '-' || hyphen.spaceBefore || second?.kind !== 'word' || second.spaceBefore) return false;
  return isFirstName(second.lower) || AMBIGUOUS_FIRST_NAMES.has(second.lower);
}

/** Without accents that the lists do without: "begić" is "begic". Å, ä and ö are letters of their own. */
function folded(lower: string): string {
  return lower.replace(/[^a-zåäöéü]/gu, (letter) => letter.normalize('NFD').replace(/\p{M}/gu, ''));
}

function isAmbiguous(lower: string): boolean {
  return AMBIGUOUS_FIRST_NAMES.has(lower) || SURNAMES.has(lower);
}

function isSurname(token: Token | undefined): boolean {
  if (token?.kind !== 'word' || NO_NAME.has(token.lower)) return false;
  const lower = folded(token.lower);
  const base = lower.endsWith('s') ? lower.slice(0, -1) : lower;
  return SURNAMES.has(lower) || SURNAMES.has(base) || PATRONYMIC.test(token.lower) || (isCapitalised(token) && SURNAME_ENDING.test(token.lower));
}

/** Goes over the further first names, particles and family names. */
function nameEnd(tokens: readonly Token[], index: number): number {
  let last = index;
  const isNamedHere = isNamed(tokens, index);
  for (let part = 1; part < MAX_PARTS; part++) {
    const next = tokens[last + 1];
    const afterNext = tokens[last + 2];
    if (next === undefined) break;
    if (next.text === '-' && !next.spaceBefore && afterNext?.kind === 'word' && !afterNext.spaceBefore) {
      last += 2;
      continue;
    }
    if (next.kind !== 'word') break;
    if (PARTICLES.has(next.lower) && afterNext !== undefined && isCapitalised(afterNext)) {
      last += 2;
      continue;
    }
    if (NO_NAME.has(next.lower)) break;
    const isCapitalPair = isCapitalised(next) && isCapitalised(tokens[last] ?? next) && next.text !== next.text.toUpperCase() && !OFFICE_ENDING.test(next.text);
    const isKnown = isFirstName(next.lower) || isSurname(next) || (SURNAME_ENDING.test(next.lower) && next.lower.length >= 6 && isFirstName(tokens[last]?.lower ?? ''));
    // "jag heter amina rashid och …": after an introduction the second word is a name too, if it is no everyday word.
    const isUnknownSecond = isNamedHere && part === 1 && !isCapitalised(next) && !isCapitalised(tokens[last] ?? next) && isSurnameLike(tokens, last + 1);
    if (!isCapitalPair && !isKnown && !isUnknownSecond) break;
    last += 1;
  }
  return last;
}

/** An unknown word in lower case after an unknown first name: a family name if the clause ends, or goes on with a function word. */
function isSurnameLike(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  const after = tokens[index + 1];
  if (token === undefined || token.lower.length < 3) return false;
  return after === undefined || after.kind === 'mark' || NO_NAME.has(after.lower);
}

/** "jag heter X", "mitt namn är X", "namnet X". */
function isNamed(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const beforeThat = tokens[index - 2];
  if (before === undefined) return false;
  if (NAMED.has(before.lower)) {
    if (beforeThat !== undefined && (THINGS.has(beforeThat.lower) || THING_ENDING.test(beforeThat.lower))) return false;
    return isCapitalised(tokens[index] ?? before) || (beforeThat !== undefined && PERSONS.has(beforeThat.lower));
  }
  return (before.lower === 'är' || before.lower === 'var' || before.text === ':') && beforeThat !== undefined && NAME_NOUNS.has(beforeThat.lower);
}

/** Where Swedish speaks of a person: after a title, a relative, "pratade med", "hej", "det är … här". */
function isIntroduced(tokens: readonly Token[], index: number): boolean {
  if (isNamed(tokens, index)) return true;
  const before = tokens[index - 1];
  const beforeThat = tokens[index - 2];
  const after = tokens[index + 1];
  if (after?.lower === 'heter' && (before === undefined || tokens[index + 2]?.lower === 'jag')) return true;
  if (before === undefined) return false;
  // "min man, X"
  if (before.text === ',' && beforeThat !== undefined && FAMILY.has(beforeThat.lower) && isCapitalised(tokens[index] ?? before)) return true;
  // "presenterade sig som X"
  if (before.lower === 'som' && beforeThat?.lower === 'sig' && isCapitalised(tokens[index] ?? before)) return true;
  if (TITLES.has(before.lower) || FAMILY.has(before.lower)) return true;
  if (before.lower === 'med' && beforeThat !== undefined && SPOKE.has(beforeThat.lower)) return true;
  if (GREETINGS.has(before.lower) && isCapitalised(tokens[index] ?? before)) return true;
  // "det är X här", "här är X", "det var X som"
  if ((before.lower === 'är' || before.lower === 'var') && (after?.lower === 'här' || after?.lower === 'som') && isCapitalised(tokens[index] ?? before)) return true;
  return before.lower === 'är' && beforeThat?.lower === 'här' && isCapitalised(tokens[index] ?? before);
}

function startsSentence(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return before === undefined || before.text === '.' || before.text === '!' || before.text === '?' || before.text === '"' || before.text === ':' || before.text === '-';
}

/** "Eriks gata", "Anna Lindhs plats": a place, not a person. */
function isPlaceOrThing(tokens: readonly Token[], index: number): boolean {
  for (let i = index + 1; i <= index + 2; i++) {
    const next = tokens[i];
    if (next === undefined || next.kind !== 'word') return false;
    if (/^(?:kanal|älv)$/.test(next.lower)) return true;
    if (/^(?:gata|gatan|väg|vägen|plats|torg|gränd|park|skola|skolan|kyrka|kyrkan|stiftelse|sjukhus)$/.test(next.lower)) return tokens[i - 1]?.lower.endsWith('s') ?? false;
    if (!isCapitalised(next)) return false;
  }
  return false;
}
