import { TONALITIES } from '../classification/labels.js';
import type { Tonality } from '../classification/labels.js';

/** How many of a group have each tonality. */
export type TonalityCounts = Readonly<Record<Tonality, number>>;

export const NO_COUNTS: TonalityCounts = { positiv: 0, skeptisk: 0, negativ: 0 };

export function sizeOf(counts: TonalityCounts): number {
  return TONALITIES.reduce((sum, tonality) => sum + counts[tonality], 0);
}

/** All municipalities together. */
export const EVERYWHERE = '';

/** A unit's name among the places. A code has four digits, so that no name can be another place's. */
export function unitPlace(municipality: string, unit: string | null): string {
  return `${municipality}/${unit ?? ''}`;
}

/** All comments with a tonality, whatever they are about. */
export const ALL_TOPICS = '';

/** Values by period, place and topic; a group that nothing was added to has none. */
export class Tally<Value> {
  readonly #values = new Map<string, Map<string, Map<string, Value>>>();
  readonly #none: Value;
  readonly #sum: (a: Value, b: Value) => Value;

  /**
   * @param none the value of a group that nothing was added to.
   * @param sum adds two values.
   */
  constructor(none: Value, sum: (a: Value, b: Value) => Value) {
    this.#none = none;
    this.#sum = sum;
  }

  add(period: string, place: string, topic: string, value: Value): void {
    let places = this.#values.get(period);
    if (places === undefined) this.#values.set(period, (places = new Map<string, Map<string, Value>>()));
    let topics = places.get(place);
    if (topics === undefined) places.set(place, (topics = new Map<string, Value>()));
    const before = topics.get(topic);
    topics.set(topic, before === undefined ? value : this.#sum(before, value));
  }

  get(period: string, place: string, topic: string): Value {
    return this.#values.get(period)?.get(place)?.get(topic) ?? this.#none;
  }
}
