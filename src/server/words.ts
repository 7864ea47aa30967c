import type { TranscriptSegment } from '../transcription/transcript.js';

/** A word with its estimated place. */
export interface PlacedWord {
  readonly word: string;
  readonly startS: number;
  readonly endS: number;
  readonly confidence: number;
}

/**
 * Words with times, for protocols that ask for them. The recogniser places segments, not words: within its segment each word
 * gets a share of the time by its number of characters. They are in order and within their segment, and no more exact than that.
 */
export function placeWords(segments: readonly TranscriptSegment[]): PlacedWord[] {
  return segments.flatMap((segment) => {
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
