/** A word with its place in the recording. */
export interface TranscriptWord {
  /** With the punctuation that belongs to it. */
  readonly word: string;
  /** Where it starts, in seconds from the beginning of the recording; not before the segment's start. */
  readonly start: number;
  /** Where it ends, in seconds; not before `start`, and not after the next word's start or the segment's end. */
  readonly end: number;
  /** The mean probability of its tokens, in [0, 1]. */
  readonly confidence: number;
}

/** A piece of a transcript with its place in the recording. */
export interface TranscriptSegment {
  /** Where it starts, in seconds from the beginning of the recording. */
  readonly start: number;
  /** Where it ends, in seconds; not before `start`, and not after the next segment's start. */
  readonly end: number;
  /** Its words, never empty, without white space at the ends. */
  readonly text: string;
  /** The mean probability of its tokens, in [0, 1]. */
  readonly confidence: number;
  /** Its words in order, whose texts joined by spaces are `text`. Only where word times were asked for, and the model tells them. */
  readonly words?: readonly TranscriptWord[];
}

/**
 * A segment whose times count from the start of a stretch, with times that count from the beginning of the recording.
 *
 * @param startS and `endS`: where the stretch is, in seconds; nothing ends later.
 */
export function placedSegment(segment: TranscriptSegment, startS: number, endS: number): TranscriptSegment {
  const placed = <T extends { readonly start: number; readonly end: number }>(part: T): T => ({
    ...part,
    start: Math.min(startS + part.start, endS),
    end: Math.min(startS + part.end, endS),
  });
  const { words, ...rest } = placed(segment);
  return words === undefined ? rest : { ...rest, words: words.map(placed) };
}
