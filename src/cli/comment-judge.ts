import { confidenceOf, storedVerdict } from '../stored-verdict.js';
import type { CommentJudge } from '../survey/classify-waiting.js';
import type { Tonalitet } from '../tonalitet.js';

/** Lets the library judge what waits in a store. */
export function commentJudge(tonalitet: Tonalitet): CommentJudge {
  return {
    judgeText: async (text, signal) => storedVerdict(await tonalitet.classifyText(text, { signal }), tonalitet.models, null),
    judgeRecording: async (path, signal) => {
      const result = await tonalitet.classifyFile(path, { signal });
      return { text: result.text, verdict: storedVerdict(result, result.models, confidenceOf(result.segments)) };
    },
  };
}
