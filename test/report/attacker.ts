/**
 * Someone who wants to find a small group, and knows everything that is published, how the groups add up, and that nobody can be
 * counted less than zero times. Knows nothing of how figures were chosen to be left out.
 */

/** What is known: the sum of `x` over `atoms` is `sum`. */
export interface Equation {
  readonly atoms: readonly number[];
  readonly sum: number;
}

/** Small enough that a product of two residues is exact in a double. */
const PRIME = 67_108_859;

function inverse(value: number): number {
  let [result, base, exponent] = [1, value, PRIME - 2];
  while (exponent > 0) {
    if (exponent % 2 === 1) result = (result * base) % PRIME;
    base = (base * base) % PRIME;
    exponent = Math.floor(exponent / 2);
  }
  return result;
}

/** All that follows from equations by adding and subtracting them. */
export class LinearAttacker {
  readonly #basis: { readonly pivot: number; readonly row: Float64Array }[] = [];
  readonly #atomCount: number;

  constructor(equations: readonly Equation[], atomCount: number) {
    this.#atomCount = atomCount;
    for (const { atoms } of equations) {
      const row = this.#reduced(atoms);
      const pivot = row.findIndex((value) => value !== 0);
      if (pivot === -1) continue;
      const factor = inverse(row[pivot]!);
      this.#basis.push({ pivot, row: row.map((value) => (value * factor) % PRIME) });
    }
  }

  /** Whether the size of a group follows. In arithmetic modulo a prime: what follows in the rationals follows here too. */
  finds(atoms: readonly number[]): boolean {
    return this.#reduced(atoms).every((value) => value === 0);
  }

  #reduced(atoms: readonly number[]): Float64Array {
    const row = new Float64Array(this.#atomCount);
    for (const atom of atoms) row[atom] = 1;
    for (const { pivot, row: known } of this.#basis) {
      const factor = row[pivot]!;
      if (factor === 0) continue;
      for (let i = 0; i < row.length; i++) row[i] = (row[i]! + (PRIME - factor) * known[i]!) % PRIME;
    }
    return row;
  }
}

const EPSILON = 1e-7;

/**
 * The most and the least that a group can hold, by linear programming: everything that follows from equations and from sizes that
 * are not negative. A dense two-phase simplex with Bland's rule.
 */
export class BoundingAttacker {
  readonly #tableau: Float64Array[];
  readonly #basis: number[];
  readonly #atomCount: number;

  constructor(equations: readonly Equation[], atomCount: number) {
    this.#atomCount = atomCount;
    const width = atomCount + equations.length + 1;
    this.#tableau = equations.map(({ atoms, sum }, i) => {
      const row = new Float64Array(width);
      for (const atom of atoms) row[atom] = 1;
      row[atomCount + i] = 1;
      row[width - 1] = sum;
      return row;
    });
    this.#basis = equations.map((_, i) => atomCount + i);
    // Phase one: drive the artificial variables, one for each equation, to zero.
    const cost = new Float64Array(width);
    for (const row of this.#tableau) for (let j = 0; j < width; j++) if (j < atomCount || j === width - 1) cost[j]! -= row[j]!;
    this.#minimise(this.#tableau, this.#basis, cost);
    if (cost[width - 1]! < -1e-4) throw new Error('the published figures contradict each other');
    for (let i = this.#tableau.length - 1; i >= 0; i--) {
      if (this.#basis[i]! < atomCount) continue;
      const column = this.#tableau[i]!.findIndex((value, j) => j < atomCount && Math.abs(value) > EPSILON);
      if (column !== -1) pivotOn(this.#tableau, this.#basis, i, column);
      else {
        this.#tableau.splice(i, 1);
        this.#basis.splice(i, 1);
      }
    }
    this.#tableau.forEach((row, i) => {
      const trimmed = new Float64Array(atomCount + 1);
      trimmed.set(row.subarray(0, atomCount));
      trimmed[atomCount] = row.at(-1)!;
      this.#tableau[i] = trimmed;
    });
  }

  bounds(atoms: readonly number[]): { least: number; most: number } {
    return { least: this.#optimum(atoms, 1), most: -this.#optimum(atoms, -1) };
  }

  #optimum(atoms: readonly number[], sign: 1 | -1): number {
    const tableau = this.#tableau.map((row) => row.slice());
    const basis = [...this.#basis];
    const cost = new Float64Array(this.#atomCount + 1);
    for (const atom of atoms) cost[atom] = sign;
    tableau.forEach((row, i) => {
      const factor = cost[basis[i]!]!;
      if (factor !== 0) for (let j = 0; j < cost.length; j++) cost[j]! -= factor * row[j]!;
    });
    this.#minimise(tableau, basis, cost);
    return -cost[this.#atomCount]!;
  }

  #minimise(tableau: Float64Array[], basis: number[], cost: Float64Array): void {
    for (;;) {
      const column = cost.findIndex((value, j) => j < this.#atomCount && value < -EPSILON);
      if (column === -1) return;
      let [best, row] = [Infinity, -1];
      tableau.forEach((candidate, i) => {
        if (candidate[column]! <= EPSILON) return;
        const ratio = candidate.at(-1)! / candidate[column]!;
        if (ratio < best - EPSILON || (ratio < best + EPSILON && basis[i]! < basis[row]!)) [best, row] = [Math.min(ratio, best), i];
      });
      if (row === -1) throw new Error('unbounded: a group without any published sum above it');
      pivotOn(tableau, basis, row, column);
      const factor = cost[column]!;
      for (let j = 0; j < cost.length; j++) cost[j]! -= factor * tableau[row]![j]!;
    }
  }
}

function pivotOn(tableau: Float64Array[], basis: number[], row: number, column: number): void {
  const pivotRow = tableau[row]!;
  const factor = pivotRow[column]!;
  for (let j = 0; j < pivotRow.length; j++) pivotRow[j]! /= factor;
  tableau.forEach((other, i) => {
    const weight = other[column]!;
    if (i === row || weight === 0) return;
    for (let j = 0; j < other.length; j++) other[j]! -= weight * pivotRow[j]!;
  });
  basis[row] = column;
}
