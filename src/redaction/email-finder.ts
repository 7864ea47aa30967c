import type { Finding } from './finding.js';
import type { Token } from './token.js';

const AT_WORDS: ReadonlySet<string> = new Set(['snabela', 'snabel', 'at', 'alfakrull', 'kanelbulle']);
const DOT_WORDS: ReadonlySet<string> = new Set(['punkt', 'punk', 'dot', '.']);
const JOINTS: ReadonlySet<string> = new Set([...DOT_WORDS, 'understreck', 'bindestreck', 'streck', '_', '-', '+']);
/** What a spoken address ends in; it tells "snabel a" from other talk. */
const DOMAINS: ReadonlySet<string> = new Set(
  'se com nu net org eu info dk no fi io me live hotmail gmail outlook telia icloud yahoo spray comhem bredband tele2 swipnet'.split(' '),
);
/** Parts of one address on either side of the at sign. */
const MAX_PARTS = 8;

/** Finds e-mail addresses, written ("anna.b@exempel.se") or spoken ("anna punkt b snabel a exempel punkt se"). */
export function findEmails(tokens: readonly Token[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (let i = 1; i < tokens.length; i++) {
    const at = readAt(tokens, i);
    if (at === undefined) continue;
    const first = localPartStart(tokens, i - 1, at.isWritten);
    const last = domainEnd(tokens, at.next, at.isWritten);
    const start = tokens[first];
    const end = last === undefined ? undefined : tokens[last];
    if (start === undefined || end === undefined || last === undefined) continue;
    findings.push({ type: 'email', start: start.start, end: end.end });
    i = last;
  }
  return findings;
}

function readAt(tokens: readonly Token[], index: number): { readonly next: number; readonly isWritten: boolean } | undefined {
  const token = tokens[index];
  if (token?.text === '@') return { next: index + 1, isWritten: true };
  if (token === undefined || !AT_WORDS.has(token.lower)) return undefined;
  // "snabel a" in two words
  const next = token.lower === 'snabel' && tokens[index + 1]?.lower === 'a' ? index + 2 : index + 1;
  return { next, isWritten: false };
}

/** Goes back over "anna punkt b"; written parts touch each other. */
function localPartStart(tokens: readonly Token[], index: number, isWritten: boolean): number {
  let first = index;
  for (let part = 0; part < MAX_PARTS; part++) {
    const token = tokens[first];
    const before = tokens[first - 1];
    if (token === undefined || before === undefined) break;
    if (isWritten) {
      if (token.spaceBefore) break;
      first -= 1;
      continue;
    }
    // Digits and single letters belong to the word beside them: "anna åttiofem", "a b c".
    if (JOINTS.has(before.lower) && first >= 2) first -= 2;
    else if (token.kind === 'digits' && before.kind === 'word') first -= 1;
    else break;
  }
  return first;
}

/** The last token of "exempel punkt se"; `undefined` where what follows the at sign is no domain. */
function domainEnd(tokens: readonly Token[], index: number, isWritten: boolean): number | undefined {
  let last = index;
  let isDomain = false;
  for (let part = 0; part < MAX_PARTS; part++) {
    const joint = tokens[last + 1];
    const next = tokens[last + 2];
    if (joint === undefined || next === undefined || !JOINTS.has(joint.lower) || next.kind === 'mark' || next.kind === 'redacted') break;
    if (isWritten ? joint.spaceBefore || next.spaceBefore : joint.text === '.' && next.spaceBefore && !DOMAINS.has(next.lower)) break;
    if (DOT_WORDS.has(joint.lower)) isDomain = true;
    last += 2;
  }
  const domain = tokens[last];
  if (domain === undefined || domain.kind === 'mark' || domain.kind === 'redacted') return undefined;
  // "snabel a gmail com", where the recogniser lost the dot
  const after = tokens[last + 1];
  if (!isWritten && !isDomain && after !== undefined && DOMAINS.has(domain.lower) && DOMAINS.has(after.lower)) return last + 1;
  return isDomain || (!isWritten && DOMAINS.has(domain.lower)) ? last : undefined;
}
