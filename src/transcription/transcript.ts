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
}
