import type { TranscriptSegment } from '../transcription/transcript.js';

/** A word with its place. */
export interface PlacedWord {
  readonly word: string;
  readonly startS: number;
  readonly endS: number;
  readonly confidence: number;
}

/**
 * Words with times, for protocols that ask for them: as the recogniser places them (setting `words`), or else estimated. Then each
 * word gets a share of its segment's time by its number of characters: in order and within the segment, and no more exact than that.
 */
export function placeWords(segments: readonly TranscriptSegment[]): PlacedWord[] {
  return segments.flatMap((segment) => {
    if (segment.words !== undefined) return segment.words.map(({ word, start, end, confidence }) => ({ word, startS: start, endS: end, confidence }));
    const words = segment.text.split(/\s+/u).filter((word) => word !== '');
    const total = words.reduce((sum, word) => sum + word.length, 0);
    const secondsPerCharacter = total === 0 ? 0 : (segment.end - segment.start) / total;
    let characters = 0;
    return words.map((word) => {
      const startS = segment.start + characters * secondsPerCharacter;
      characters += word.length;
      return { word, startS, endS: segment.start + characters * secondsPerCharacter, confidence: segment.confidence };
    });
  });
}

/** The mean confidence of segments, weighted by their length in characters; 0 where there are none. */
export function meanConfidence(segments: readonly TranscriptSegment[]): number {
  const characters = segments.reduce((sum, segment) => sum + segment.text.length, 0);
  if (characters === 0) return 0;
  return segments.reduce((sum, segment) => sum + segment.confidence * segment.text.length, 0) / characters;
}
