/** How much of what was planted in comments a redaction finds, and how much of what it finds was planted. Pure but for the reading. */
import { readFile, readdir } from 'node:fs/promises';

/** Types that are numbers: the issue asks for a recall of theirs together. */
export const NUMBER_TYPES = ['personnummer', 'samordningsnummer', 'phone', 'account', 'card', 'case_number'];

/** 97.5 % point of the normal distribution: intervals of 95 %. */
const Z = 1.959964;

/** Reads a folder of JSONL files; files with `held-out` in their name are kept from whoever improves the rules. */
export async function readPlanted(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const open = [];
  const heldOut = [];
  for (const name of names) {
    const lines = (await readFile(new URL(name, folder), 'utf8')).split('\n').filter((line) => line !== '');
    const comments = lines.map((line, i) => ({ place: `${name}:${i + 1}`, ...JSON.parse(line) }));
    (name.includes('held-out') ? heldOut : open).push(...comments);
  }
  return { open, heldOut };
}

/** Where the planted values stand: each is the next place after the one before, as a word of its own but for a genitive's s. */
export function places({ text, planted, place }) {
  let from = 0;
  return planted.map(({ type, value }) => {
    const start = nextPlace(text, value, from);
    if (start < 0) throw new Error(`expected the planted ${type} to stand in the comment at ${place}, found no such place: mend the file`);
    from = start + value.length;
    return { type, value, start, end: from };
  });
}

function nextPlace(text, value, from) {
  for (let start = text.indexOf(value, from); start >= 0; start = text.indexOf(value, start + 1)) {
    const after = text.slice(start + value.length).replace(/^s(?![\p{L}\p{N}])/u, '');
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, start)) && !/^[\p{L}\p{N}]/u.test(after)) return start;
  }
  return -1;
}

/** Measures a redaction (`(text) => { found }`) on comments. A value is found when findings cover each of its letters and digits. */
export function measure(comments, redactWithFindings) {
  const byType = new Map();
  const misses = [];
  const falseFindings = [];
  let findings = 0;
  for (const comment of comments) {
    const { text, place } = comment;
    const { found } = redactWithFindings(text);
    const values = places(comment);
    for (const value of values) {
      const count = byType.get(value.type) ?? { planted: 0, found: 0, rightType: 0 };
      byType.set(value.type, count);
      count.planted += 1;
      if (covers(found, value, text)) count.found += 1;
      else misses.push({ place, type: value.type, value: value.value, text });
      if (covers(found.filter(({ type }) => type === value.type), value, text)) count.rightType += 1;
    }
    findings += found.length;
    for (const { type, start, end } of found) {
      if (!values.some((value) => value.start < end && start < value.end)) falseFindings.push({ place, type, value: text.slice(start, end), text });
    }
  }
  return { byType, misses, falseFindings, findings };
}

function covers(found, { start, end }, text) {
  for (let i = start; i < end; i++) {
    if (/[\p{L}\p{N}]/u.test(text.charAt(i)) && !found.some((finding) => finding.start <= i && i < finding.end)) return false;
  }
  return true;
}

/** Recall over some types together; all of them without a list. */
export function recall({ byType }, types = [...byType.keys()], field = 'found') {
  let hits = 0;
  let of = 0;
  for (const type of types) {
    hits += byType.get(type)?.[field] ?? 0;
    of += byType.get(type)?.planted ?? 0;
  }
  return share(hits, of);
}

export function precision({ findings, falseFindings }) {
  return share(findings - falseFindings.length, findings);
}

/** A share with its Wilson interval (E. B. Wilson, 1927), which holds near 1 too. */
export function share(hits, of) {
  if (of === 0) return { hits, of, share: 1, low: 0, high: 1 };
  const p = hits / of;
  const centre = (p + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + Z ** 2 / (4 * of ** 2));
  return { hits, of, share: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
