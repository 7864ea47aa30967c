import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AREAS, SERVICES } from '../../src/classification/labels.js';
import { Publication } from '../../src/report/publication.js';
import type { Material, PeriodNode } from '../../src/report/publication.js';
import { ALL_TOPICS, EVERYWHERE, unitPlace } from '../../src/report/tally.js';
import { BoundingAttacker, LinearAttacker } from './attacker.js';
import type { Equation } from './attacker.js';

const THRESHOLD = 5;

/** Half a year in two quarters. */
const TREE: PeriodNode = {
  period: '2020',
  children: [
    { period: '2020-Q1', children: [{ period: '2020-01', children: [] }, { period: '2020-02', children: [] }] },
    { period: '2020-Q2', children: [{ period: '2020-04', children: [] }, { period: '2020-05', children: [] }] },
  ],
};
const MONTHS = ['2020-01', '2020-02', '2020-04', '2020-05'];
const UNITS = [
  ['0180', 'Väst'],
  ['0180', 'Öst'],
  ['0180', 'Syd'],
  ['1480', 'Ett'],
  ['1480', 'Två'],
  ['2480', null],
] as const;
/** What a comment is about, and the topics that it then counts in. */
const SUBJECTS: readonly (readonly string[])[] = [
  ['handlaggare'],
  ['tid'],
  ['digitala_tjanster'],
  ['kommunala_tjanster', 'forskola_skola'],
  ['kommunala_tjanster', 'bostad'],
  [],
];
const ATOMS = MONTHS.flatMap((month) => UNITS.flatMap((unit) => SUBJECTS.map((subject) => ({ month, unit, subject }))));

function monthsOf(period: string, node: PeriodNode = TREE): string[] {
  const leaves = (inside: PeriodNode): string[] => (inside.children.length === 0 ? [inside.period] : inside.children.flatMap(leaves));
  return node.period === period ? leaves(node) : node.children.flatMap((child) => monthsOf(period, child));
}

interface Group {
  readonly period: string;
  readonly place: string;
  readonly topic: string;
  readonly atoms: readonly number[];
}

/** Every group that a report could show. */
function allGroups(): Group[] {
  const periods = ['2020', '2020-Q1', '2020-Q2', ...MONTHS];
  const places = [EVERYWHERE, '0180', '1480', '2480', ...UNITS.filter(([code]) => code !== '2480').map(([code, unit]) => unitPlace(code, unit))];
  return periods.flatMap((period) => {
    const months = new Set(monthsOf(period));
    return places.flatMap((place) => {
      const services = place === EVERYWHERE || (period === '2020' && !place.includes('/')) ? SERVICES : [];
      return [ALL_TOPICS, ...AREAS, ...services].map((topic) => ({
        period,
        place,
        topic,
        atoms: ATOMS.flatMap(({ month, unit: [code, unit], subject }, index) => {
          const inPlace = place === EVERYWHERE || place === code || place === unitPlace(code, unit);
          return months.has(month) && inPlace && (topic === ALL_TOPICS || subject.includes(topic)) ? [index] : [];
        }),
      }));
    });
  });
}
const GROUPS = allGroups();
const sizeIn = (counts: readonly number[], atoms: readonly number[]): number => atoms.reduce((sum, atom) => sum + counts[atom]!, 0);

/** Publishes, and gives what everybody then knows. */
function publish(counts: readonly number[], threshold = THRESHOLD): { publication: Publication; equations: Equation[] } {
  const sizes = new Map(GROUPS.map((group) => [`${group.period}|${group.place}|${group.topic}`, sizeIn(counts, group.atoms)]));
  const material: Material = {
    years: [TREE],
    municipalities: [
      { place: '0180', units: UNITS.slice(0, 3).map(([code, unit]) => unitPlace(code, unit)) },
      { place: '1480', units: UNITS.slice(3, 5).map(([code, unit]) => unitPlace(code, unit)) },
      { place: '2480', units: [] },
    ],
    otherTopics: [],
    size: (period, place, topic) => sizes.get(`${period}|${place}|${topic}`) ?? 0,
  };
  const publication = new Publication(material, threshold);
  const equations = GROUPS.filter(({ period, place, topic }) => publication.shows(period, place, topic)).map(({ atoms }) => ({
    atoms,
    sum: sizeIn(counts, atoms),
  }));
  return { publication, equations };
}

/** Tables of every kind: nearly empty, with gaps, with a few large groups, full. */
const tables: fc.Arbitrary<number[]> = fc
  .tuple(
    fc.array(fc.nat({ max: 99 }), { minLength: ATOMS.length, maxLength: ATOMS.length }),
    fc.record({ presence: fc.integer({ min: 3, max: 100 }), small: fc.nat({ max: 100 }), most: fc.integer({ min: 1, max: 60 }) }),
    // Which municipalities, subjects and months are rare: what makes groups small in practice.
    fc.record({
      units: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: UNITS.length, maxLength: UNITS.length }),
      subjects: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: SUBJECTS.length, maxLength: SUBJECTS.length }),
      months: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: MONTHS.length, maxLength: MONTHS.length }),
    }),
  )
  .map(([noise, { presence, small, most }, weights]) =>
    ATOMS.map(({ month, unit, subject }, index) => {
      const value = noise[index]!;
      const weight = weights.units[UNITS.indexOf(unit)]! * weights.subjects[SUBJECTS.indexOf(subject)]! * weights.months[MONTHS.indexOf(month)]!;
      if (weight === 0 || value >= presence) return 0;
      return value * 7 % 100 < small ? 1 + (value % 4) : 1 + ((value * weight) % most);
    }),
  );

const isSmall = (size: number): boolean => size > 0 && size < THRESHOLD;

describe('a publication', () => {
  it('shows everything where no group is small', () => {
    const { equations } = publish(ATOMS.map(() => 5));
    expect(equations).toHaveLength(GROUPS.length);
  });

  it('shows no small group itself', () => {
    fc.assert(
      fc.property(tables, (counts) => {
        const { publication } = publish(counts);
        for (const { period, place, topic, atoms } of GROUPS) {
          if (isSmall(sizeIn(counts, atoms))) expect(publication.shows(period, place, topic)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('lets nobody find a small group, or two or three of them together, by adding and subtracting', () => {
    fc.assert(
      fc.property(tables, fc.infiniteStream(fc.nat()), (counts, choices) => {
        const { publication, equations } = publish(counts);
        const attacker = new LinearAttacker(equations, ATOMS.length);
        const small = GROUPS.filter(({ atoms }) => isSmall(sizeIn(counts, atoms)));
        for (const { atoms, period, place, topic } of small) expect(attacker.finds(atoms), `${period} ${place} ${topic}`).toBe(false);
        // Unions of groups, and what is left of a group when another is taken away.
        const hidden = GROUPS.filter(({ period, place, topic }) => !publication.shows(period, place, topic));
        for (let i = 0; i < 200 && small.length > 0; i++) {
          // Together with empty groups too, for the sum is then no less telling.
          const chosen = [small, hidden, hidden].map((from) => from[choices.next().value! % from.length]!);
          for (const number of [2, 3]) {
            const union = [...new Set(chosen.slice(0, number).flatMap(({ atoms }) => atoms))];
            if (isSmall(sizeIn(counts, union))) expect(attacker.finds(union), JSON.stringify(chosen.slice(0, number))).toBe(false);
          }
          const group = GROUPS[choices.next().value! % GROUPS.length]!;
          const other = new Set(GROUPS[choices.next().value! % GROUPS.length]!.atoms);
          const difference = group.atoms.filter((atom) => !other.has(atom));
          if (isSmall(sizeIn(counts, difference)) && isReportable(difference)) expect(attacker.finds(difference)).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('lets nobody pin a small group down by bounds: no group is counted less than zero times', () => {
    fc.assert(
      fc.property(tables, fc.infiniteStream(fc.nat()), (counts, choices) => {
        const { equations } = publish(counts);
        const small = GROUPS.filter(({ atoms }) => isSmall(sizeIn(counts, atoms)));
        fc.pre(small.length > 0 && equations.length > 0);
        const attacker = new BoundingAttacker(equations, ATOMS.length);
        for (let i = 0; i < 6; i++) {
          const { atoms, period, place, topic } = small[choices.next().value! % small.length]!;
          const { least, most } = attacker.bounds(atoms);
          expect(most - least, `${period} ${place} ${topic}: ${least} to ${most}`).toBeGreaterThan(0.5);
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});

/** Whether a set is a union of groups that a report could show; others are no groups that anybody speaks of. */
function isReportable(atoms: readonly number[]): boolean {
  const wanted = new Set(atoms);
  const covered = new Set(GROUPS.filter((group) => group.atoms.every((atom) => wanted.has(atom))).flatMap((group) => [...group.atoms]));
  return covered.size === wanted.size;
}
