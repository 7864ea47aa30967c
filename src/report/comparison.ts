import { AREAS } from '../classification/labels.js';
import { municipalityTitle } from '../survey/municipalities.js';
import type { Figures } from './figures.js';
import { opinionRows } from './opinion-rows.js';
import type { Group } from './opinion-rows.js';
import type { Change, Share } from './report.js';
import { periodName } from './swedish.js';
import type { Tonality } from '../classification/labels.js';
import { ALL_TOPICS } from './tally.js';
import type { Area } from '../classification/labels.js';

/** What stands beside what. */
export type Compared =
  /** One place in two periods. */
  | { readonly kind: 'periods'; readonly place: string; readonly before: string; readonly after: string }
  /** Several municipalities in one period; each is measured against the first. */
  | { readonly kind: 'municipalities'; readonly codes: readonly string[]; readonly period: string };

/** One side of a comparison, about one area or all comments. */
export interface ComparedRow {
  /** `null`: all comments. */
  readonly area: Area | null;
  /** The period or the municipality. */
  readonly name: string;
  /** As in the rows of a report. */
  readonly comments: number | null;
  readonly shares: Readonly<Record<Tonality, Share>> | null;
  /** From the first side; `null` in the first side itself, and where there is nothing to compare with. */
  readonly change: Readonly<Record<Tonality, Change>> | null;
}

export interface Comparison {
  readonly kind: Compared['kind'];
  /** The period that municipalities are compared in; `null` where periods are compared. */
  readonly period: string | null;
  /** The sides' names, in order. */
  readonly sides: readonly string[];
  /** By area, all comments first; the sides in order within each. */
  readonly rows: readonly ComparedRow[];
}

interface Side {
  readonly name: string;
  readonly period: string;
  readonly place: string;
}

/**
 * Puts groups beside each other that the publication shows one by one, and adds nothing up: whatever is compared, a reader knows
 * no more of a small group than before.
 */
export function compare(figures: Figures, compared: Compared): Comparison {
  const sides = sidesOf(compared);
  const first = sides[0];
  if (first === undefined) return { kind: compared.kind, period: null, sides: [], rows: [] };
  const subjects: readonly (Area | null)[] = [null, ...AREAS];
  const about = subjects.flatMap((area) => sides.map((side) => ({ area, side })));
  const groups = about.map(({ area, side }): Group => ({ period: side.period, before: first.period, place: side.place, beforePlace: first.place, topic: area ?? ALL_TOPICS }));
  // The first side is not measured against itself: its tests would only make the others' stricter.
  const isFirst = (index: number): boolean => about[index]!.side === first;
  const others = opinionRows(figures, groups.filter((_, index) => !isFirst(index))).values();
  const firsts = opinionRows(figures, groups.filter((_, index) => isFirst(index))).values();
  const rows = about.map(({ area, side }, index): ComparedRow => {
    const { comments, shares, change } = (isFirst(index) ? firsts : others).next().value!;
    return { area, name: side.name, comments, shares, change: isFirst(index) ? null : change };
  });
  return { kind: compared.kind, period: compared.kind === 'periods' ? null : compared.period, sides: sides.map(({ name }) => name), rows };
}

function sidesOf(compared: Compared): readonly Side[] {
  if (compared.kind === 'periods') {
    return [compared.before, compared.after].map((period) => ({ name: periodName(period), period, place: compared.place }));
  }
  return compared.codes.map((code) => ({ name: municipalityTitle(code), period: compared.period, place: code }));
}
