import type { Verdict } from './classification/verdict.js';
import type { LoadedModels } from './engine/loaded-models.js';
import type { StoredVerdict } from './survey/response.js';
import type { TranscriptSegment } from './transcription/transcript.js';

/** A verdict as a store keeps it. @param confidence `null` for text that was not transcribed. */
export function storedVerdict(verdict: Verdict, models: LoadedModels, confidence: number | null): StoredVerdict {
  const { tonality, reason, areas, services, probabilities, uncertain } = verdict;
  const judged = areas.some(({ area }) => area === 'kommunala_tjanster');
  const model = Object.values(models).map(({ name, version }) => `${name} ${version}`).join(', ');
  return { tonality, reason, areas, services: judged ? services : [], probabilities, uncertain, confidence, model: model === '' ? null : model };
}

/** The mean confidence over what was said, by its length in time; `null` where nothing was. */
export function confidenceOf(segments: readonly TranscriptSegment[]): number | null {
  const seconds = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  return seconds === 0 ? null : segments.reduce((sum, { start, end, confidence }) => sum + (end - start) * confidence, 0) / seconds;
}
