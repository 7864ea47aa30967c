import type { TranscriptSegment } from './transcript.js';

/** What a WebVTT file begins with. */
export const WEBVTT_HEADER = 'WEBVTT\n';

/** One segment as a cue of a SubRip file. @param number from 1 */
export function srtCue({ start, end, text }: TranscriptSegment, number: number): string {
  return `${number}\n${timestamp(start, ',')} --> ${timestamp(end, ',')}\n${text}\n`;
}

/** One segment as a cue of a WebVTT file. */
export function vttCue({ start, end, text }: TranscriptSegment): string {
  return `${timestamp(start, '.')} --> ${timestamp(end, '.')}\n${escapeVtt(text)}\n`;
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
