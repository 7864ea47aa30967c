import { redact } from '../redaction/redact.js';
import { classifyWaiting } from '../survey/classify-waiting.js';
import type { ClassifyWaitingCounts } from '../survey/classify-waiting.js';
import type { ResponseStore } from '../survey/store.js';
import { createTonalitet } from '../tonalitet.js';
import { commentJudge } from './comment-judge.js';
import type { CliContext } from './context.js';
import { toOptions } from './engine-flags.js';
import type { RecordingFlags } from './engine-flags.js';
import { progressBar } from './progress-line.js';

/** Comments that are worked on at a time, for each worker: texts go to the model in batches. */
const COMMENTS_PER_WORKER = 16;

/** Classifies what waits in a store. The models are loaded only where something does. */
export async function classifyBacklog(store: ResponseStore, flags: RecordingFlags, { progress, signal }: CliContext): Promise<ClassifyWaitingCounts> {
  const { waiting } = await store.backlog();
  if (waiting === 0) return { classified: 0, postponed: 0, failed: 0 };
  progress.show('loading the models');
  await using tonalitet = await createTonalitet(await toOptions(flags));
  const counts = await classifyWaiting({
    store,
    judge: commentJudge(tonalitet),
    redact,
    concurrency: (flags.workers ?? 1) * COMMENTS_PER_WORKER,
    signal,
    onProgress: ({ classified, failed }) => progress.show(`${progressBar(classified + failed, waiting)}  ${classified + failed} of ${waiting} comments, ${failed} given up`),
  });
  progress.clear();
  return counts;
}
