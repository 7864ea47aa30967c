import { deflateSync } from 'node:zlib';

/**
 * Texts that Whisper learned from subtitles and writes where it hears nothing that it understands. They are compared with a whole
 * segment, in lower case, without punctuation: a citizen who speaks of subtitles does not say just this.
 */
const CREDITS: readonly RegExp[] = [
  /^(svensk ?)?(under)?text(er|ning|ningen|at)?( .*)? (amara ?org|amaraorg|btistudios|bti studios|sdi media|iyuno)( .*)?$/,
  /^(svensk ?)?(under)?text(ning|at|er)? (nu|se|com)$/,
  /^amara ?org( gemenskapen)?$/,
];

/** The same, but a citizen could say just it: it is decoded again, and stays if it comes again. */
const MAYBE_CREDITS: readonly RegExp[] = [
  /^tack (så mycket )?för att (du|ni) (har )?(tittade|tittat|lyssnade|lyssnat)( på (den här |det här )?(videon|klippet|programmet))?$/,
  /^(glöm inte att )?prenumerera( på (min |vår )?kanal(en)?)?$/,
  /^(svensk ?)?(undertext(er|ning|ningen)?|textning|textningen)( (av|från))?( \p{L}+){0,3}$/u,
];

export type CreditKind = 'credit' | 'maybe';

/** Whether a segment's whole text is a subtitle's credit. "Tack så mycket" is none: citizens say it. */
export function creditKind(text: string): CreditKind | undefined {
  const words = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  if (CREDITS.some((credit) => credit.test(words))) return 'credit';
  return MAYBE_CREDITS.some((credit) => credit.test(words)) ? 'maybe' : undefined;
}

/**
 * Whether a text is one long word in capitals: the built-in model writes "URÄRÄÄR" for tones and music that pass for speech. Of 102
 * clips with speech none came out so; an abbreviation that somebody says alone is shorter.
 */
export function isToneText(text: string): boolean {
  return /^\p{Lu}{5,}$/u.test(text.replace(/[^\p{L}\p{N}]/gu, ''));
}

/** How many times smaller a text becomes by compression, as the reference takes it: texts that repeat themselves go far down. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}

/** Whether a text says anything: it has a letter or a digit. */
export function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
