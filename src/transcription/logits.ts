/** Tokens below the best by more than this add nothing to a sum of probabilities in single precision. */
const NEGLIGIBLE = 20;

/** The place of the highest value; the first of equals. */
export function argMax(values: Float32Array): number {
  let best = 0;
  let highest = values[0]!;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > highest) {
      highest = values[i]!;
      best = i;
    }
  }
  return best;
}

/** The sum of e^(value - reference). */
export function sumOfExponentials(values: Float32Array, reference: number): number {
  const lowest = reference - NEGLIGIBLE;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > lowest) sum += Math.exp(value - reference);
  }
  return sum;
}

/** The places of the highest values, highest first, the first of equals first. Values of -∞ are never among them. */
export function highest(values: Float32Array, count: number): number[] {
  const places: number[] = [];
  let least = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value > least)) continue;
    let at = places.length;
    while (at > 0 && values[places[at - 1]!]! < value) at--;
    places.splice(at, 0, i);
    if (places.length > count) places.pop();
    if (places.length === count) least = values[places[count - 1]!]!;
  }
  return places;
}

/**
 * A place drawn by its probability at a temperature.
 *
 * @param temperature above 0; below 1 the probable becomes more probable.
 * @param draw evenly from [0, 1).
 */
export function sample(values: Float32Array, temperature: number, draw: number): number {
  const reference = values[argMax(values)]!;
  const lowest = reference - NEGLIGIBLE * temperature;
  const weight = (value: number): number => (value > lowest ? Math.exp((value - reference) / temperature) : 0);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += weight(values[i]!);
  let left = draw * total;
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    const share = weight(values[i]!);
    if (share === 0) continue;
    left -= share;
    last = i;
    if (left < 0) break;
  }
  return last;
}
