/** The longest phrase, in tokens, whose repetition is looked for: a long sentence. */
const MAX_PERIOD = 40;

/** A phrase counts as a loop when it comes this many times in a row... */
const LOOP_REPEATS = 4;

/** ...and all of it takes at least this many tokens, so that "nej, nej, nej, nej" is no loop. */
const LOOP_TOKENS = 16;

/** The length of the phrase that the tokens end with several times in a row; 0 if they do not. */
export function loopPeriod(tokens: readonly number[]): number {
  const end = tokens.length;
  for (let period = 1; period <= MAX_PERIOD; period++) {
    const span = Math.max(LOOP_TOKENS, LOOP_REPEATS * period);
    if (span > end) return 0;
    let same = 0;
    while (same < span - period && tokens[end - 1 - same] === tokens[end - 1 - same - period]) same++;
    if (same === span - period) return period;
  }
  return 0;
}

/**
 * How many tokens to keep of a text whose words end in a loop, at whatever times: the phrase as it came first, with the time at
 * which it ended. `undefined` where there is no loop.
 *
 * @param timestampBegin tokens from this number on are times, not words.
 */
export function keptOfLoop(tokens: readonly number[], timestampBegin: number): number | undefined {
  const words = tokens.filter((token) => token < timestampBegin);
  const period = loopPeriod(words);
  if (period === 0) return undefined;
  let left = words.length;
  while (left > period && words[left - 1] === words[left - 1 - period]) left--;
  let kept = 0;
  while (left > 0) if (tokens[kept++]! < timestampBegin) left--;
  if (tokens[kept] !== undefined && tokens[kept]! >= timestampBegin) kept++;
  return kept;
}
