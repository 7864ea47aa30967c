/** The longest line that is taken, in bytes (1 MiB): the longest text with every character escaped, several times over. */
export const MAX_LINE_BYTES = 1_048_576;

/** A line without its end. */
export interface ByteLine {
  /** From 1. */
  readonly number: number;
  /**
   * Undefined for a line of more than {@link MAX_LINE_BYTES}; the rest of it was passed over. They may lie in the chunk that came:
   * to be read before the next line is asked for.
   */
  readonly bytes: Uint8Array | undefined;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts bytes into lines (LF or CR LF), as they come. No more than one line is held, and no more of it than the limit. */
export async function* byteLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ByteLine, void, undefined> {
  // What came of a line before the chunk at hand.
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const take = (last: Uint8Array): ByteLine => {
    const line = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    const tooLong = length + last.length > MAX_LINE_BYTES;
    parts = [];
    length = 0;
    return { number: ++number, bytes: tooLong ? undefined : line.subarray(0, line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length) };
  };
  const hold = (part: Uint8Array): void => {
    length += part.length;
    // A copy (Buffer's own `slice` is none): otherwise a byte would keep its whole chunk.
    if (length <= MAX_LINE_BYTES) parts.push(Uint8Array.prototype.slice.call(part));
    else parts = [];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (length > 0) yield take(new Uint8Array());
}
