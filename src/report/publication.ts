import { AREAS, SERVICES } from '../classification/labels.js';
import { hiddenBlock, hiddenParts, hiddenSeries } from './suppression.js';
import { ALL_TOPICS, EVERYWHERE } from './tally.js';

/**
 * The smallest group that is shown unless the municipality says otherwise: what the yearly surveys of Swedish authorities use for
 * small groups of answers.
 */
export const DEFAULT_THRESHOLD = 5;

/** A period with the periods that it consists of: each day of it lies in one of them. */
export interface PeriodNode {
  readonly period: string;
  readonly children: readonly PeriodNode[];
}

/** A municipality with the names of its units among the places; none where there are not at least two. */
export interface PlaceNode {
  readonly place: string;
  readonly units: readonly string[];
}

/** What there is to show, and how large each group is. */
export interface Material {
  /** Whole years. */
  readonly years: readonly PeriodNode[];
  readonly municipalities: readonly PlaceNode[];
  /** Topics that do not belong to the comments, each by itself: the ratings of a question, those who answered. */
  readonly otherTopics: readonly string[];
  readonly size: (period: string, place: string, topic: string) => number;
}

/** A topic that is split into others; comments that fall in none of these are `rest`. */
interface Split {
  readonly whole: string;
  readonly rest: string;
  readonly parts: readonly string[];
}
// A name that no topic has: what is left when the parts are taken from the whole is a group like any other.
const BY_AREA: Split = { whole: ALL_TOPICS, rest: 'no area', parts: AREAS };
const BY_SERVICE: Split = { whole: 'kommunala_tjanster', rest: 'no service', parts: SERVICES };

/**
 * Which groups of comments are shown, so that no group below the threshold can be told from everything that is: all reports with
 * any choice of municipality and of period (they begin and end with whole periods) are views of this one publication.
 *
 * What may be shown, at most:
 * - for each year: everywhere, each municipality and each unit by area; everywhere and each municipality by service;
 * - for each quarter, month, week and day: everywhere by area and service; each municipality and each unit by area.
 *
 * What is left out is decided from the whole to the part: a part of what is left out is left out.
 */
export class Publication {
  /** Places by period and topic. Sets in maps: making one name of the three for each question took longer than all the rest. */
  readonly #hidden = new Map<string, Map<string, Set<string>>>();
  readonly #material: Material;
  readonly #threshold: number;

  constructor(material: Material, threshold: number) {
    this.#material = material;
    this.#threshold = threshold;
    const places = material.municipalities.map(({ place }) => place);
    for (const year of material.years) {
      this.#splitYear(year.period);
      this.#splitPlace(year.period, EVERYWHERE, places);
      for (const { place, units } of material.municipalities) if (units.length > 0) this.#splitPlace(year.period, place, units);
      this.#descend(year, places);
    }
  }

  /** Whether the group's size and shares are shown. A group of nobody is. */
  shows(period: string, place: string, topic: string): boolean {
    return this.#hidden.get(period)?.get(topic)?.has(place) !== true;
  }

  #hide(period: string, place: string, topic: string): void {
    let topics = this.#hidden.get(period);
    if (topics === undefined) this.#hidden.set(period, (topics = new Map<string, Set<string>>()));
    let places = topics.get(topic);
    if (places === undefined) topics.set(topic, (places = new Set()));
    places.add(place);
  }

  #size(period: string, place: string, topic: string): number {
    const split = topic === BY_AREA.rest ? BY_AREA : topic === BY_SERVICE.rest ? BY_SERVICE : undefined;
    if (split === undefined) return this.#material.size(period, place, topic);
    const parts = split.parts.reduce((sum, part) => sum + this.#material.size(period, place, part), 0);
    return Math.max(0, this.#material.size(period, place, split.whole) - parts);
  }

  /** The topics of a year, everywhere. */
  #splitYear(year: string): void {
    for (const topic of [ALL_TOPICS, ...this.#material.otherTopics]) {
      const size = this.#size(year, EVERYWHERE, topic);
      if (size > 0 && size < this.#threshold) this.#hide(year, EVERYWHERE, topic);
    }
    for (const split of [BY_AREA, BY_SERVICE]) {
      const topics = [...split.parts, split.rest];
      const sizes = topics.map((topic) => this.#size(year, EVERYWHERE, topic));
      const hidden = this.shows(year, EVERYWHERE, split.whole) ? new Set<number>() : new Set(topics.keys());
      const whole = this.#size(year, EVERYWHERE, split.whole);
      for (const index of hiddenParts(sizes, hidden, this.#threshold, whole)) this.#hide(year, EVERYWHERE, topics[index]!);
    }
  }

  /** A year's figures of a place, by the places in it. */
  #splitPlace(year: string, parent: string, places: readonly string[]): void {
    for (const topic of [ALL_TOPICS, ...this.#material.otherTopics]) {
      const hidden = this.shows(year, parent, topic) ? new Set<number>() : new Set(places.keys());
      const sizes = places.map((place) => this.#size(year, place, topic));
      for (const index of hiddenParts(sizes, hidden, this.#threshold)) this.#hide(year, places[index]!, topic);
    }
    for (const split of parent === EVERYWHERE ? [BY_AREA, BY_SERVICE] : [BY_AREA]) {
      this.#splitTable(places.map((place) => [year, place] as const), [year, parent], split);
    }
  }

  /** A table of groups, whose sum is `parent`, by the parts of a topic. */
  #splitTable(groups: readonly (readonly [period: string, place: string])[], parent: readonly [period: string, place: string], split: Split): void {
    const topics = [...split.parts, split.rest];
    const { rows, columns } = hiddenBlock(
      {
        sizes: groups.map(([period, place]) => topics.map((topic) => this.#size(period, place, topic))),
        rowTotals: groups.map(([period, place]) => this.#size(period, place, split.whole)),
        hiddenRows: indicesOf(groups, ([period, place]) => !this.shows(period, place, split.whole)),
        hiddenColumns: indicesOf(topics, (topic) => !this.shows(...parent, topic)),
      },
      this.#threshold,
    );
    for (const row of rows) for (const column of columns) this.#hide(...groups[row]!, topics[column]!);
  }

  /** The periods in a period, with what is in them. */
  #descend(parent: PeriodNode, places: readonly string[]): void {
    if (parent.children.length === 0) return;
    const periods = parent.children.map(({ period }) => period);
    for (const topic of [ALL_TOPICS, ...this.#material.otherTopics]) {
      const hidden = this.shows(parent.period, EVERYWHERE, topic) ? new Set<number>() : new Set(periods.keys());
      const sizes = periods.map((period) => this.#size(period, EVERYWHERE, topic));
      for (const index of hiddenParts(sizes, hidden, this.#threshold)) this.#hide(periods[index]!, EVERYWHERE, topic);
    }
    for (const split of [BY_AREA, BY_SERVICE]) {
      this.#splitTable(periods.map((period) => [period, EVERYWHERE] as const), [parent.period, EVERYWHERE], split);
    }
    this.#splitSeries(parent.period, periods, EVERYWHERE, places);
    for (const { place, units } of this.#material.municipalities) {
      if (units.length > 0) this.#splitSeries(parent.period, periods, place, units);
    }
    for (const child of parent.children) this.#descend(child, places);
  }

  /** The places in `parent`, over the periods in `whole`. */
  #splitSeries(whole: string, periods: readonly string[], parent: string, places: readonly string[]): void {
    for (const topic of this.#material.otherTopics) this.#hideSeries(whole, periods, parent, places, topic, new Set());
    // The total of a place is shown only where all its areas are: beside some of them it would tie the areas together again.
    const incomplete = new Set<number>();
    for (const topic of [...BY_AREA.parts, BY_AREA.rest]) {
      for (const index of this.#hideSeries(whole, periods, parent, places, topic, new Set())) incomplete.add(index);
    }
    places.forEach((place, index) => {
      if (periods.some((period) => this.#isRemainderSmall(period, place))) incomplete.add(index);
    });
    this.#hideSeries(whole, periods, parent, places, ALL_TOPICS, incomplete);
  }

  /** How many a place's areas hold together: those that are shown, or those that are left out. */
  #areasSize(period: string, place: string, which: 'shown' | 'hidden'): number {
    const topics = [...BY_AREA.parts, BY_AREA.rest].filter((topic) => this.shows(period, place, topic) === (which === 'shown'));
    return topics.reduce((sum, topic) => sum + this.#size(period, place, topic), 0);
  }

  /** Whether the areas that are left out of a place's total are a small group together, counted or by subtraction. */
  #isRemainderSmall(period: string, place: string): boolean {
    const subtracted = this.#size(period, place, ALL_TOPICS) - this.#areasSize(period, place, 'shown');
    return [this.#areasSize(period, place, 'hidden'), subtracted].some((size) => size > 0 && size < this.#threshold);
  }

  /** Leaves out the series of a topic where it must be, and gives the places whose whole series is. */
  #hideSeries(
    whole: string,
    periods: readonly string[],
    parent: string,
    places: readonly string[],
    topic: string,
    incomplete: ReadonlySet<number>,
  ): ReadonlySet<number> {
    const hiddenPeriods = indicesOf(periods, (period) => !this.shows(period, parent, topic));
    const out = hiddenSeries(
      {
        sizes: places.map((place) => periods.map((period) => this.#size(period, place, topic))),
        ...(topic === ALL_TOPICS ? { hiddenParts: places.map((place) => periods.map((period) => this.#areasSize(period, place, 'hidden'))) } : {}),
        hiddenPlaces: new Set([...incomplete, ...indicesOf(places, (place) => !this.shows(whole, place, topic))]),
        hiddenPeriods,
      },
      this.#threshold,
    );
    places.forEach((place, index) => {
      periods.forEach((period, t) => {
        if (out.has(index) || hiddenPeriods.has(t)) this.#hide(period, place, topic);
      });
    });
    return out;
  }
}

function indicesOf<Item>(items: readonly Item[], is: (item: Item) => boolean): Set<number> {
  return new Set(items.flatMap((item, index) => (is(item) ? [index] : [])));
}
