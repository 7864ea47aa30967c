/**
 * Which cells of one table are left out so that no group of 1 to `threshold - 1` comments can be told: not read, and not found
 * by subtracting what is shown. publication.ts puts the tables of a report together.
 *
 * The idea, for every table here: what is left out has the shape of a product, some rows in some columns. All that can be
 * subtracted then is the margin of a row or of a column of that product (the indicator of any set of cells that follows from the
 * margins of a product is a union of whole rows, or of whole columns), so it is enough that each of those margins is 0 or reaches
 * the threshold. A cell by itself never follows: each small cell has a neighbour with comments in its row and in its column, and
 * comments could have changed places between the four without a change in anything that is shown.
 *
 * A cell of 0 is shown: there is nobody in it.
 */

/** Less than the threshold, and somebody. */
function isSmall(size: number, threshold: number): boolean {
  return size > 0 && size < threshold;
}

function sumOver(indices: Iterable<number>, sizeAt: (index: number) => number): number {
  let sum = 0;
  for (const index of indices) sum += sizeAt(index);
  return sum;
}

/** The indices that are not in `taken` and hold somebody, the smallest group first: what costs a reader least to leave out. */
function candidates(count: number, taken: ReadonlySet<number>, sizeAt: (index: number) => number, costAt: (index: number) => number): number[] {
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => !taken.has(index) && sizeAt(index) > 0)
    .sort((a, b) => costAt(a) - costAt(b) || a - b);
}

/**
 * Whether what is left of a row could give a small group away: what is left out of it by itself, or what a reader gets who takes
 * the shown parts from the whole. The two differ where a comment counts in several parts (it may judge several areas).
 */
function isRemainderSmall(sizes: readonly number[], hidden: ReadonlySet<number>, whole: number | undefined, threshold: number): boolean {
  if (hidden.size === 0) return false;
  const left = sumOver(hidden, (index) => sizes[index]!);
  if (isSmall(left, threshold)) return true;
  return whole !== undefined && isSmall(whole - (sumOver(sizes.keys(), (index) => sizes[index]!) - left), threshold);
}

/**
 * The parts of a whole that are left out: the small ones, and the smallest of the others until all of them together are no small
 * group, for that is what subtraction from the whole gives.
 *
 * @param hidden parts that are left out in any case.
 * @param whole the size of the whole, where parts overlap; without it, their sum.
 */
export function hiddenParts(sizes: readonly number[], hidden: ReadonlySet<number>, threshold: number, whole?: number): Set<number> {
  const out = new Set(hidden);
  sizes.forEach((size, index) => {
    if (isSmall(size, threshold)) out.add(index);
  });
  const sizeAt = (index: number): number => sizes[index]!;
  for (const next of candidates(sizes.length, out, sizeAt, sizeAt)) {
    if (!isRemainderSmall(sizes, out, whole, threshold)) break;
    out.add(next);
  }
  return out;
}

/** A table whose row and column totals are shown, but for some. */
export interface Table {
  /** By row, then column. */
  readonly sizes: readonly (readonly number[])[];
  /** The rows' totals, where columns overlap; without them, the sums over columns. Columns are always sums over rows. */
  readonly rowTotals?: readonly number[];
  /** Rows whose total is left out. */
  readonly hiddenRows: ReadonlySet<number>;
  /** Columns whose total is left out. */
  readonly hiddenColumns: ReadonlySet<number>;
}

/** What is left out of a table: these rows in these columns. Both empty, or neither. */
export interface Block {
  readonly rows: ReadonlySet<number>;
  readonly columns: ReadonlySet<number>;
}

/**
 * The block of a table that is left out.
 *
 * Where a row's total is not shown, nothing of the row is; the block then reaches over all columns, so that what is left out
 * stays a product. The same goes for columns.
 */
export function hiddenBlock({ sizes, rowTotals, hiddenRows, hiddenColumns }: Table, threshold: number): Block {
  const rowCount = sizes.length;
  const columnCount = sizes[0]?.length ?? 0;
  const rows = new Set(hiddenRows);
  const columns = new Set(hiddenColumns);
  sizes.forEach((row, r) => {
    row.forEach((size, c) => {
      if (!isSmall(size, threshold)) return;
      rows.add(r);
      columns.add(c);
    });
  });
  if (hiddenRows.size > 0) for (let c = 0; c < columnCount; c++) columns.add(c);
  if (hiddenColumns.size > 0) for (let r = 0; r < rowCount; r++) rows.add(r);

  const rowCosts = sizes.map((row) => sumOver(row.keys(), (c) => row[c]!));
  const columnCosts = Array.from({ length: columnCount }, (_, c) => sumOver(sizes.keys(), (r) => sizes[r]![c]!));
  /** Adds one column or row for a margin that is small; false when there is none. */
  const grow = (): boolean => {
    for (const r of rows) {
      if (hiddenRows.has(r) || !isRemainderSmall(sizes[r]!, columns, rowTotals?.[r], threshold)) continue;
      const [column] = candidates(columnCount, columns, (c) => sizes[r]![c]!, (c) => columnCosts[c]!);
      if (column !== undefined) columns.add(column);
      if (column !== undefined) return true;
    }
    for (const c of columns) {
      if (hiddenColumns.has(c) || !isSmall(sumOver(rows, (r) => sizes[r]![c]!), threshold)) continue;
      const [row] = candidates(rowCount, rows, (r) => sizes[r]![c]!, (r) => rowCosts[r]!);
      if (row !== undefined) rows.add(row);
      if (row !== undefined) return true;
    }
    return false;
  };
  while (grow());
  return { rows, columns };
}

/** One subject of several places over the periods of a longer period. */
export interface Series {
  /** By place, then period. */
  readonly sizes: readonly (readonly number[])[];
  /** By place, then period: the part of each size that is left out where it is split further. A total less its shown parts gives it. */
  readonly hiddenParts?: readonly (readonly number[])[];
  /** Places whose figure for the longer period is left out. */
  readonly hiddenPlaces: ReadonlySet<number>;
  /** Periods whose figure for all places together is left out; no place has a figure then. */
  readonly hiddenPeriods: ReadonlySet<number>;
}

/**
 * The places whose series is left out as a whole.
 *
 * Place, subject and period make a table in three directions, and there the margins of two directions can give a small group
 * away though each of them alone is safe. A place therefore shows a subject in all the periods of a longer one, or in none:
 * what is left out stays a product of places and periods for each subject by itself.
 */
export function hiddenSeries({ sizes, hiddenParts: parts, hiddenPlaces, hiddenPeriods }: Series, threshold: number): Set<number> {
  const out = new Set(hiddenPlaces);
  const periodCount = sizes[0]?.length ?? 0;
  const shownPeriods = Array.from({ length: periodCount }, (_, t) => t).filter((t) => !hiddenPeriods.has(t));
  const left = (place: number): number => sumOver(hiddenPeriods, (t) => sizes[place]![t]!);
  sizes.forEach((series, place) => {
    if (series.some((size, t) => !hiddenPeriods.has(t) && isSmall(size, threshold)) || isSmall(left(place), threshold)) out.add(place);
  });
  const totals = sizes.map((series) => sumOver(series.keys(), (t) => series[t]!));
  const grow = (): boolean => {
    const at = (of: readonly (readonly number[])[]): ((place: number) => number)[] => shownPeriods.map((t) => (place) => of[place]![t]!);
    const margins = [...at(sizes), ...(parts === undefined ? [] : at(parts)), left];
    for (const sizeAt of margins) {
      if (!isSmall(sumOver(out, sizeAt), threshold)) continue;
      const [place] = candidates(sizes.length, out, sizeAt, (candidate) => totals[candidate]!);
      if (place !== undefined) out.add(place);
      if (place !== undefined) return true;
    }
    return false;
  };
  while (grow());
  return out;
}
