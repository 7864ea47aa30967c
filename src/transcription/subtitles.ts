import type { TranscriptSegment } from './transcript.js';

/** What a WebVTT file begins with. */
export const WEBVTT_HEADER = 'WEBVTT\n';

/** What of a segment a cue shows. */
export type Cue = Pick<TranscriptSegment, 'start' | 'end' | 'text'>;

/** A cue lasts at least this long, in seconds: one that ends where it starts is no cue. */
const MIN_CUE_S = 0.001;

/** A segment as cues: one, or one for each word where it has words. */
export function cues(segment: TranscriptSegment): readonly Cue[] {
  return segment.words?.map(({ word, start, end }) => ({ text: word, start, end })) ?? [segment];
}

/** One segment as a cue of a SubRip file. @param number from 1 */
export function srtCue({ start, end, text }: Cue, number: number): string {
  return `${number}\n${timestamp(start, ',')} --> ${timestamp(lastingEnd(start, end), ',')}\n${text}\n`;
}

/** One segment as a cue of a WebVTT file. */
export function vttCue({ start, end, text }: Cue): string {
  return `${timestamp(start, '.')} --> ${timestamp(lastingEnd(start, end), '.')}\n${escapeVtt(text)}\n`;
}

function lastingEnd(start: number, end: number): number {
  return Math.max(end, start + MIN_CUE_S);
}

function timestamp(seconds: number, decimal: ',' | '.'): string {
  const ms = Math.round(seconds * 1_000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}${decimal}${String(ms % 1_000).padStart(3, '0')}`;
}

/** Characters that begin markup; with them escaped no text can be an arrow either, which would end the cue. */
function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
