import { formatDay } from './calendar.js';
import type { CellRange, ReadCell } from './cells.js';
import type { Extent, ParticipationCounts, RatingCounts } from './store-queries.js';

/** The cells whose periods are all the days that there are; no database has a later one. */
export const ALL_DAYS: CellRange = { grain: 'day', first: -1, last: 2_147_483_647, municipalities: undefined, units: undefined };

/** A municipality and one of its units: `''` where it has only one. */
export interface UnitRow {
  readonly municipality: string;
  readonly unit: string;
}

/** What there is, from what a database counted over everything. @param units in their order, each once. */
export function extentOf(days: readonly ReadCell[], units: readonly UnitRow[], participation: readonly ParticipationCounts[], ratings: readonly RatingCounts[]): Extent {
  const periods = days.map(({ period }) => period);
  return {
    responses: participation[0]?.offered ?? 0,
    firstDay: periods.length === 0 ? null : formatDay(Math.min(...periods)),
    lastDay: periods.length === 0 ? null : formatDay(Math.max(...periods)),
    municipalities: [...new Set(units.map(({ municipality }) => municipality))],
    units: units.map(({ municipality, unit }) => ({ municipality, unit: unit === '' ? null : unit })),
    questions: ratings.map(({ question }) => question),
  };
}
