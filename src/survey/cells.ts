import { firstDayOfMonth, monthNumber, parseDay, periodOfDay, periodOfMonth } from './calendar.js';
import type { Grouping, ResponseFilter } from './store-queries.js';
import { TallyBuilder } from './tally.js';
import type { Tally, TallyList } from './tally.js';

/*
 * The report's counts are kept beside the responses, in cells that change in the same transaction: for each day and each month,
 * one cell for each unit and one for all municipalities together. A view of years reads a cell a month and unit instead of
 * every response; what remains of broken months at its ends comes from the cells of days.
 */

export const GRAINS = ['day', 'month'] as const;
export type Grain = (typeof GRAINS)[number];

export interface CellKey {
  readonly grain: Grain;
  /** Days since 1970-01-01, or months since year 0. */
  readonly period: number;
  /** A code; `''` in the cell of all municipalities. */
  readonly municipality: string;
  /** `''` where the municipality has only one, and in the cell of all municipalities. */
  readonly unit: string;
}

export interface Cell extends CellKey {
  readonly tally: Tally;
}

/** Where a response counts. */
export interface Place {
  readonly day: number;
  readonly municipality: string;
  readonly unit: string | null;
}

/** Collects what a transaction changes, and gives it as the change of each cell. */
export class CellChanges {
  readonly #byPlace = new Map<string, { readonly place: Place; readonly tally: TallyBuilder }>();

  /** The tally of a place, to be changed by the caller. */
  at(place: Place): TallyBuilder {
    const key = `${place.day} ${place.municipality} ${place.unit ?? ''}`;
    const known = this.#byPlace.get(key);
    if (known !== undefined) return known.tally;
    const tally = new TallyBuilder();
    this.#byPlace.set(key, { place, tally });
    return tally;
  }

  /** In the order of their keys, so that two transactions that lock cells in this order cannot wait for each other. */
  cells(): readonly Cell[] {
    const cells = new Map<string, Cell & { readonly tally: TallyBuilder }>();
    const add = (key: CellKey, tally: TallyBuilder): void => {
      const name = cellName(key);
      const cell = cells.get(name);
      if (cell !== undefined) cell.tally.addTally(tally);
      else cells.set(name, { ...key, tally: tally.copy() });
    };
    for (const { place, tally } of this.#byPlace.values()) {
      const { day, municipality } = place;
      const unit = place.unit ?? '';
      // A place is a cell of a day, and no other place is that cell.
      const key: CellKey = { grain: 'day', period: day, municipality, unit };
      cells.set(cellName(key), { ...key, tally });
      add({ grain: 'day', period: day, municipality: '', unit: '' }, tally);
      const month = monthNumber(day);
      add({ grain: 'month', period: month, municipality, unit }, tally);
      add({ grain: 'month', period: month, municipality: '', unit: '' }, tally);
    }
    return [...cells].sort(([first], [second]) => (first < second ? -1 : 1)).map(([, cell]) => cell);
  }
}

/** A name for a cell that no other one has. */
export function cellName({ grain, period, municipality, unit }: CellKey): string {
  return `${grain} ${period} ${municipality} ${unit}`;
}

/** Cells that are read together: those of a grain, from a period to another, both included. */
export interface CellRange {
  readonly grain: Grain;
  readonly first: number;
  readonly last: number;
  /** `undefined`: the cells of all municipalities together. `'each'`: those of every single one. */
  readonly municipalities: readonly string[] | 'each' | undefined;
  readonly units: readonly string[] | undefined;
}

/** A cell with the part of its tally that was asked for. */
export interface ReadCell {
  readonly period: number;
  readonly municipality: string;
  readonly unit: string;
  readonly list: TallyList;
}

/** A range, and the label of the period that each of its cells counts in. */
export interface LabelledRange extends CellRange {
  readonly label: (period: number) => string | undefined;
}

/** Days before and after every one that a contact can have. */
const BEFORE_ALL_DAYS = -1;
const AFTER_ALL_DAYS = 2_932_000;

/**
 * Which cells answer a query: for days and weeks those of days; for anything longer those of whole months, and of the days that
 * are left at the ends.
 *
 * @throws RangeError for a day that is none.
 */
export function planRanges(filter: ResponseFilter = {}, { period, municipality, unit }: Grouping = {}): readonly LabelledRange[] {
  const { from, to } = dayBounds(filter);
  if (from > to) return [];
  const units = filter.units?.map((name) => name ?? '');
  const single = municipality === true || unit === true || units !== undefined || filter.municipalities !== undefined;
  const where = { municipalities: filter.municipalities ?? (single ? ('each' as const) : undefined), units };
  if (period === 'day' || period === 'week') {
    return [{ grain: 'day', first: from, last: to, ...where, label: (day) => periodOfDay(period, day) }];
  }
  const labelOfMonth = (month: number): string | undefined => (period === undefined ? undefined : periodOfMonth(period, month));
  const days = (first: number, last: number, month: number): LabelledRange => ({ grain: 'day', first, last, ...where, label: () => labelOfMonth(month) });
  const firstMonth = monthNumber(from);
  const lastMonth = monthNumber(to);
  const startsWhole = from === BEFORE_ALL_DAYS || from === firstDayOfMonth(firstMonth);
  const endsWhole = to === AFTER_ALL_DAYS || to === firstDayOfMonth(lastMonth + 1) - 1;
  if (firstMonth === lastMonth && !(startsWhole && endsWhole)) return [days(from, to, firstMonth)];
  const ranges: LabelledRange[] = [];
  if (!startsWhole) ranges.push(days(from, firstDayOfMonth(firstMonth + 1) - 1, firstMonth));
  ranges.push({ grain: 'month', first: startsWhole ? firstMonth : firstMonth + 1, last: endsWhole ? lastMonth : lastMonth - 1, ...where, label: labelOfMonth });
  if (!endsWhole) ranges.push(days(firstDayOfMonth(lastMonth), to, lastMonth));
  return ranges.filter(({ first, last }) => first <= last);
}

/** The first and the last day of a filter. @throws RangeError for a day that is none. */
export function dayBounds(filter: ResponseFilter): { readonly from: number; readonly to: number } {
  return { from: dayOf('from', filter.from) ?? BEFORE_ALL_DAYS, to: dayOf('to', filter.to) ?? AFTER_ALL_DAYS };
}

function dayOf(name: string, day: string | undefined): number | undefined {
  if (day === undefined) return undefined;
  const number = parseDay(day);
  if (number === undefined) throw new RangeError(`expected filter.${name} to be a day like 2020-03-31, got '${day}'`);
  return number;
}
