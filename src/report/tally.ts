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

/** Sums by period, place and topic; a group that nothing was added to has none. */
export class Tally<Value extends object> {
  readonly #values = new Map<string, Map<string, Map<string, Value>>>();
  readonly #none: Readonly<Value>;
  readonly #addTo: (sum: Value, value: Readonly<Value>) => void;

  /**
   * @param none the value of a group that nothing was added to.
   * @param addTo adds a value to a sum, in place: a view adds up tens of thousands, and new objects for each took three times as long.
   */
  constructor(none: Readonly<Value>, addTo: (sum: Value, value: Readonly<Value>) => void) {
    this.#none = none;
    this.#addTo = addTo;
  }

  add(period: string, place: string, topic: string, value: Readonly<Value>): void {
    let places = this.#values.get(period);
    if (places === undefined) this.#values.set(period, (places = new Map<string, Map<string, Value>>()));
    let topics = places.get(place);
    if (topics === undefined) places.set(place, (topics = new Map<string, Value>()));
    const sum = topics.get(topic);
    if (sum === undefined) topics.set(topic, { ...value });
    else this.#addTo(sum, value);
  }

  /** Adds all topics of one place to another one, in a period. */
  addPlace(period: string, from: string, to: string): void {
    for (const [topic, value] of this.#values.get(period)?.get(from) ?? []) this.add(period, to, topic, value);
  }

  /** Adds all places and topics of one period to another one. */
  addPeriod(from: string, to: string): void {
    for (const [place, topics] of this.#values.get(from) ?? []) {
      for (const [topic, value] of topics) this.add(to, place, topic, value);
    }
  }

  get(period: string, place: string, topic: string): Readonly<Value> {
    return this.#values.get(period)?.get(place)?.get(topic) ?? this.#none;
  }
}
