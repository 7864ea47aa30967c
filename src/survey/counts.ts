import { AREAS, SERVICES } from '../classification/labels.js';
import { planRanges } from './cells.js';
import type { CellRange, ReadCell } from './cells.js';
import { PARTICIPATIONS } from './response.js';
import type { Participation } from './response.js';
import type {
  CommentCounts,
  CommentQuery,
  Group,
  Grouping,
  Outcome,
  ParticipationCounts,
  ParticipationQuery,
  RatingCounts,
  RatingQuery,
  ResponseFilter,
} from './store-queries.js';
import {
  AREA_SUBJECTS,
  COMMENTS_COUNTER,
  CONSENT_COUNTERS,
  CORRECTED_COUNTER,
  COUNTERS_PER_SUBJECT,
  OUTCOME_COUNTERS,
  PARTICIPATION_COUNTERS,
  SERVICE_SUBJECTS,
  UNCERTAIN_COUNTER,
  addCounts,
  addRatings,
} from './tally.js';
import type { RatingSums, TallyList, TallyPart } from './tally.js';

/** Reads one part of the cells in a range. */
export type ReadCells = (range: CellRange, part: TallyPart) => Promise<readonly ReadCell[]>;

export async function countComments(read: ReadCells, query: CommentQuery): Promise<readonly CommentCounts[]> {
  const groups = await sumGroups(read, 'comments', query, () => new Map<number, number>(), addCounts);
  const subjects = subjectsOf(query);
  const rows: CommentCounts[] = [];
  for (const { group, sums } of groups) {
    for (const [name, subject] of subjects) {
      const outcomes = outcomesOf(sums, subject * COUNTERS_PER_SUBJECT);
      if (outcomes === undefined) continue;
      const count = (counter: number): number => sums.get(subject * COUNTERS_PER_SUBJECT + counter) ?? 0;
      rows.push({ ...group, ...name, outcomes, corrected: count(CORRECTED_COUNTER), uncertain: count(UNCERTAIN_COUNTER) });
    }
  }
  return rows;
}

/** The outcomes of a subject; `undefined` where there are none. Written out: a view asks for some ten thousand of them. */
function outcomesOf(sums: ReadonlyMap<number, number>, first: number): Record<Outcome, number> | undefined {
  const count = (outcome: Outcome): number => sums.get(first + OUTCOME_COUNTERS[outcome]) ?? 0;
  const [positiv, skeptisk, negativ] = [count('positiv'), count('skeptisk'), count('negativ')];
  const [no_opinion, no_speech, no_text] = [count('no_opinion'), count('no_speech'), count('no_text')];
  const [pending, failed] = [count('pending'), count('failed')];
  if (positiv === 0 && skeptisk === 0 && negativ === 0 && no_opinion === 0 && no_speech === 0 && no_text === 0 && pending === 0 && failed === 0) return undefined;
  return { positiv, skeptisk, negativ, no_opinion, no_speech, no_text, pending, failed };
}

function subjectsOf({ subject, areas, services }: CommentQuery): readonly (readonly [Pick<CommentCounts, 'area' | 'service'>, number])[] {
  const has = (kind: CommentQuery['subject']): boolean => subject === kind || subject === 'each';
  return [
    ...(has('comments') ? [[{}, 0] as const] : []),
    ...(has('areas') ? AREAS.filter((area) => areas?.includes(area) ?? true).map((area) => [{ area }, AREA_SUBJECTS[area]] as const) : []),
    ...(has('services') ? SERVICES.filter((service) => services?.includes(service) ?? true).map((service) => [{ service }, SERVICE_SUBJECTS[service]] as const) : []),
  ];
}

export async function countRatings(read: ReadCells, query: RatingQuery): Promise<readonly RatingCounts[]> {
  const groups = await sumGroups(read, 'ratings', query, () => new Map<string, RatingSums>(), addRatings);
  return groups.flatMap(({ group, sums }) =>
    [...sums]
      .filter(([question, [n]]) => n !== 0 && (query.questions?.includes(question) ?? true))
      .sort(([first], [second]) => compare(first, second))
      .map(([question, [n, sum, sumOfSquares]]) => ({ ...group, question, n, sum, sumOfSquares })),
  );
}

export async function countParticipation(read: ReadCells, query: ParticipationQuery): Promise<readonly ParticipationCounts[]> {
  const groups = await sumGroups(read, 'participation', query, () => new Map<number | string, number>(), addCounts);
  return groups.flatMap(({ group, sums }) => {
    const count = (counter: number): number => sums.get(counter) ?? 0;
    const participation = Object.fromEntries(PARTICIPATIONS.map((name) => [name, count(PARTICIPATION_COUNTERS[name])])) as Record<Participation, number>;
    const offered = PARTICIPATIONS.reduce((sum, name) => sum + participation[name], 0);
    if (offered === 0) return [];
    const abandoned = [...sums].filter((entry): entry is [string, number] => typeof entry[0] === 'string' && entry[1] !== 0);
    return [
      {
        ...group,
        offered,
        participation,
        abandonedAt: Object.fromEntries(abandoned.sort(([first], [second]) => compare(first, second))),
        consent: { yes: count(CONSENT_COUNTERS.yes), no: count(CONSENT_COUNTERS.no), notAsked: count(CONSENT_COUNTERS.notAsked) },
        comments: count(COMMENTS_COUNTER),
      },
    ];
  });
}

interface GroupSums<S> {
  readonly group: Group;
  readonly sums: S;
}

/** Sums the cells by group; groups in the order of period, municipality and unit. */
async function sumGroups<S>(
  read: ReadCells,
  part: TallyPart,
  { filter, groupBy = {} }: { readonly filter?: ResponseFilter; readonly groupBy?: Grouping },
  empty: () => S,
  add: (sums: S, list: TallyList) => void,
): Promise<readonly GroupSums<S>[]> {
  const groups = new Map<string, GroupSums<S>>();
  for (const { label, ...range } of planRanges(filter, groupBy)) {
    const labels = new Map<number, string | undefined>();
    for (const cell of await read(range, part)) {
      if (!labels.has(cell.period)) labels.set(cell.period, label(cell.period));
      const period = labels.get(cell.period);
      const municipality = groupBy.municipality === true ? cell.municipality : undefined;
      const unit = groupBy.unit === true ? cell.unit : undefined;
      const key = `${period ?? ''} ${municipality ?? ''} ${unit ?? ''}`;
      let sums = groups.get(key)?.sums;
      if (sums === undefined) {
        sums = empty();
        groups.set(key, { group: groupOf(period, municipality, unit), sums });
      }
      add(sums, cell.list);
    }
  }
  return [...groups].sort(([first], [second]) => compare(first, second)).map(([, group]) => group);
}

function groupOf(period: string | undefined, municipality: string | undefined, unit: string | undefined): Group {
  return {
    ...(period === undefined ? {} : { period }),
    ...(municipality === undefined ? {} : { municipality }),
    ...(unit === undefined ? {} : { unit: unit === '' ? null : unit }),
  };
}

function compare(first: string, second: string): number {
  return first < second ? -1 : first > second ? 1 : 0;
}
