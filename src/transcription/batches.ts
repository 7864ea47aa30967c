/** Clips in one batch. */
export const MAX_BATCH = 8;

/**
 * Frames in one batch, filling included. It bounds memory: Whisper base takes about 45 kB for each, 12 kB of them for what the
 * decoder looks at. Larger batches hardly save time: four clips of 10 s share most of what eight would.
 */
const MAX_BATCH_FRAMES = 4_400;

/** Clips go together while the shortest has at least this share of the longest one's frames; the rest would be wasted work. */
const MIN_LENGTH_SHARE = 0.7;

/**
 * Clips of similar length together, longest first, within the limits.
 *
 * @param maxFrames of one batch, filling included; a clip that is longer is a batch of its own.
 */
export function makeBatches<T extends { readonly frames: number }>(clips: readonly T[], maxFrames: number = MAX_BATCH_FRAMES): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  for (const clip of [...clips].sort((a, b) => b.frames - a.frames)) {
    const longest = batch[0]?.frames ?? clip.frames;
    const fits = batch.length < MAX_BATCH && (batch.length + 1) * longest <= maxFrames && clip.frames >= longest * MIN_LENGTH_SHARE;
    if (batch.length > 0 && !fits) {
      batches.push(batch);
      batch = [];
    }
    batch.push(clip);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
