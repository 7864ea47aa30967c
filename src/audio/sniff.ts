/** What the first bytes of an input show it to be. */
export type SniffedKind =
  /** No bytes at all. */
  | 'empty'
  /** RIFF, RIFX, RF64 or BW64 with a WAVE form: read without ffmpeg. */
  | 'wav'
  /** RIFF with another form, such as AVI or WebP. */
  | 'other-riff'
  /** Words, markup or a playlist. */
  | 'text'
  /** Anything else: known and unknown formats for ffmpeg. */
  | 'binary';

/** Bytes that are looked at. No audio format gets this far without a byte that text does not have. */
export const SNIFF_BYTES = 512;

/** Bytes that are enough to know a WAV file. */
export const WAV_SNIFF_BYTES = 12;

/** The one known audio format that begins with a line of text (RFC 4867, section 5). */
const AMR_MAGIC = '#!AMR';

const RIFF_NAMES: readonly string[] = ['RIFF', 'RIFX', 'RF64', 'BW64'];

/** Swedish text in an 8-bit encoding has some bytes above ASCII, though never this many. */
const MIN_ASCII_SHARE = 0.85;

/**
 * Tells the kind of an input by its content; names and media types are not asked, because they are often wrong.
 *
 * @param head the first {@link SNIFF_BYTES} of the input, or all of it if it is shorter.
 */
export function sniffAudio(head: Uint8Array): SniffedKind {
  if (head.length === 0) return 'empty';
  if (RIFF_NAMES.includes(ascii(head, 0, 4)) && head.length >= WAV_SNIFF_BYTES) {
    return ascii(head, 8, 12) === 'WAVE' ? 'wav' : 'other-riff';
  }
  // Cut off inside the name or size: the WAV reader gives the proper error.
  if (head.length < WAV_SNIFF_BYTES && RIFF_NAMES.some((name) => name.startsWith(ascii(head, 0, 4)))) return 'wav';
  if (ascii(head, 0, AMR_MAGIC.length) === AMR_MAGIC) return 'binary';
  return isText(head.subarray(0, SNIFF_BYTES)) ? 'text' : 'binary';
}

function isText(bytes: Uint8Array): boolean {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  // An MPEG frame can begin with FF FE too; ordinary letters in UTF-16 have a zero in every pair.
  if (utf16 && bytes.length >= 4) return bytes.filter((byte) => byte === 0).length >= (bytes.length - 2) * 0.4;
  if (bytes.some((byte) => isControl(byte))) return false;
  return isUtf8(bytes) || bytes.filter((byte) => byte < 0x80).length >= bytes.length * MIN_ASCII_SHARE;
}

/** Control characters, except tab, line feed, form feed and carriage return. */
function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    // Streaming, so that a character cut off at the end is no fault.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
