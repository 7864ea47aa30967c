import type { Verdict } from '../classification/verdict.js';
import type { CommentJudge } from '../survey/classify-waiting.js';
import type { StoredVerdict } from '../survey/response.js';
import type { RecordingResult, Tonalitet } from '../tonalitet.js';

/** Lets the library judge what waits in a store. */
export function commentJudge(tonalitet: Tonalitet): CommentJudge {
  return {
    judgeText: async (text, signal) => storedVerdict(await tonalitet.classifyText(text, { signal }), tonalitet.models, null),
    judgeRecording: async (path, signal) => {
      const result = await tonalitet.classifyFile(path, { signal });
      return { text: result.text, verdict: storedVerdict(result, result.models, confidenceOf(result)) };
    },
  };
}

function storedVerdict(verdict: Verdict, models: Tonalitet['models'], confidence: number | null): StoredVerdict {
  const { tonality, reason, areas, services, probabilities, uncertain } = verdict;
  const judged = areas.some(({ area }) => area === 'kommunala_tjanster');
  const model = Object.values(models).map(({ name, version }) => `${name} ${version}`).join(', ');
  return { tonality, reason, areas, services: judged ? services : [], probabilities, uncertain, confidence, model: model === '' ? null : model };
}

/** The mean over what was said, by its length in time; `null` where nothing was. */
function confidenceOf({ segments }: RecordingResult): number | null {
  const seconds = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  return seconds === 0 ? null : segments.reduce((sum, { start, end, confidence }) => sum + (end - start) * confidence, 0) / seconds;
}
