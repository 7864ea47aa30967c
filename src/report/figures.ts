import { SERVICES } from '../classification/labels.js';
import { parseDay } from '../survey/calendar.js';
import type { ResponseStore } from '../survey/store.js';
import type { CommentCounts, Extent, Period, ResponseFilter } from '../survey/store-queries.js';
import { weekPart } from './period-tree.js';
import type { DayRange, PeriodPlan } from './period-tree.js';
import { Publication } from './publication.js';
import type { PlaceNode } from './publication.js';
import type { Sums } from './statistics.js';
import { ALL_TOPICS, EVERYWHERE, NO_COUNTS, Tally, sizeOf, unitPlace } from './tally.js';
import type { TonalityCounts } from './tally.js';

/** What a report asks of a store. */
export type ReportStore = Pick<ResponseStore, 'countComments' | 'countRatings' | 'countParticipation' | 'extent'>;

/** Comments of a group that became nothing that is counted by tonality, and those to look at again. */
export interface CommentFates {
  readonly noOpinion: number;
  /** No speech in the recording, or no word in the text. */
  readonly noWords: number;
  readonly pending: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly corrected: number;
}

export interface Participants {
  readonly offered: number;
  readonly completed: number;
  readonly abandoned: number;
  readonly declined: number;
}

const NO_FATES: CommentFates = { noOpinion: 0, noWords: 0, pending: 0, failed: 0, uncertain: 0, corrected: 0 };
const NO_SUMS: Sums = { n: 0, sum: 0, sumOfSquares: 0 };
const NOBODY: Participants = { offered: 0, completed: 0, abandoned: 0, declined: 0 };

/** The topic of a question's ratings. */
export function ratingTopic(question: string): string {
  return `rating:${question}`;
}

/** The topic of those who took part to the end. */
export const PARTICIPATION_TOPIC = 'participation';

type Mutable<Fields> = { -readonly [name in keyof Fields]: Fields[name] };

function addCounts(sum: Mutable<TonalityCounts>, { positiv, skeptisk, negativ }: TonalityCounts): void {
  sum.positiv += positiv;
  sum.skeptisk += skeptisk;
  sum.negativ += negativ;
}

function addFates(sum: Mutable<CommentFates>, fates: CommentFates): void {
  sum.noOpinion += fates.noOpinion;
  sum.noWords += fates.noWords;
  sum.pending += fates.pending;
  sum.failed += fates.failed;
  sum.uncertain += fates.uncertain;
  sum.corrected += fates.corrected;
}

function addSums(sum: Mutable<Sums>, sums: Sums): void {
  sum.n += sums.n;
  sum.sum += sums.sum;
  sum.sumOfSquares += sums.sumOfSquares;
}

function addParticipants(sum: Mutable<Participants>, participants: Participants): void {
  sum.offered += participants.offered;
  sum.completed += participants.completed;
  sum.abandoned += participants.abandoned;
  sum.declined += participants.declined;
}

/** Everything counted that a report is made of, by period, place and topic; and which of it may be shown. */
export class Figures {
  readonly comments: Tally<Mutable<TonalityCounts>> = new Tally(NO_COUNTS, addCounts);
  /** Of comments as a whole: {@link ALL_TOPICS} is the only topic. */
  readonly fates: Tally<Mutable<CommentFates>> = new Tally(NO_FATES, addFates);
  readonly ratings: Tally<Mutable<Sums>> = new Tally(NO_SUMS, addSums);
  readonly participants: Tally<Mutable<Participants>> = new Tally(NOBODY, addParticipants);
  readonly #publication: Publication;
  readonly #weekParts = new Map<string, string[]>();

  private constructor(plan: PeriodPlan, municipalities: readonly PlaceNode[], questions: readonly string[], counted: readonly Counted[], threshold: number) {
    for (const one of counted) this.#addUp(one);
    if (plan.period === 'week') {
      const parts = plan.years.flatMap(({ children }) => children).flatMap(({ children }) => children).flatMap(({ children }) => children);
      for (const { period } of parts) {
        const week = period.slice(period.indexOf('/') + 1);
        this.#weekParts.set(week, [...(this.#weekParts.get(week) ?? []), period]);
      }
    }
    this.#publication = new Publication(
      {
        years: plan.years,
        municipalities,
        otherTopics: [PARTICIPATION_TOPIC, ...questions.map(ratingTopic)],
        size: (period, place, topic) => this.size(period, place, topic),
      },
      threshold,
    );
  }

  /** Counts what a plan needs. All municipalities, whichever the report is about: what may be shown of one depends on the others. */
  static async collect(store: ReportStore, plan: PeriodPlan, extent: Extent, threshold: number): Promise<Figures> {
    // No finer than the report is: a view of years is a twelfth of the rows that one of months is.
    const grain = plan.period === 'year' || plan.period === 'quarter' ? plan.period : 'month';
    const coarse = { rows: await countAll(store, plan.coarse, grain), leafOf: (label: string) => label, parentOf: coarseParent };
    const counted: Counted[] = [coarse];
    if (plan.fine !== undefined) {
      // Days are counted in addition: their months and years are known already.
      const rows = await countAll(store, plan.fine, 'day');
      const partOf = (label: string): string => weekPart(parseDay(label)!);
      counted.push(
        plan.period === 'week'
          ? { rows, leafOf: partOf, parentOf: (part) => (part.includes('/') ? part.slice(part.indexOf('/') + 1) : undefined) }
          : { rows, leafOf: (label) => label, parentOf: (day) => (day.includes('/') ? undefined : partOf(day)) },
      );
    }
    const municipalities = extent.municipalities.map((place) => {
      const units = extent.units.filter(({ municipality }) => municipality === place).map(({ unit }) => unitPlace(place, unit));
      // A single unit is the municipality itself.
      return { place, units: units.length > 1 ? units : [] };
    });
    return new Figures(plan, municipalities, extent.questions, counted, threshold);
  }

  /**
   * Adds rows up from the units of the finest periods: first by place, then by period. Adding each row to everything that it is part of
   * is three times the work.
   */
  #addUp({ rows, leafOf, parentOf }: Counted): void {
    const leaves = new Map<string, string>();
    const unitsOf = new Map<string, Set<string>>();
    for (const row of rows) {
      const label = row.period!;
      let leaf = leaves.get(label);
      if (leaf === undefined) leaves.set(label, (leaf = leafOf(label)));
      const place = unitPlace(row.municipality!, row.unit!);
      let units = unitsOf.get(row.municipality!);
      if (units === undefined) unitsOf.set(row.municipality!, (units = new Set()));
      units.add(place);
      this.#add(leaf, place, row);
    }
    const tallies = [this.comments, this.fates, this.ratings, this.participants];
    let periods = new Set(leaves.values());
    for (const period of periods) {
      for (const [municipality, units] of unitsOf) {
        for (const tally of tallies) {
          for (const unit of units) tally.addPlace(period, unit, municipality);
          tally.addPlace(period, municipality, EVERYWHERE);
        }
      }
    }
    while (periods.size > 0) {
      const parents = new Set<string>();
      for (const period of periods) {
        const parent = parentOf(period);
        if (parent === undefined) continue;
        parents.add(parent);
        for (const tally of tallies) tally.addPeriod(period, parent);
      }
      periods = parents;
    }
  }

  #add(period: string, place: string, row: CountedRow): void {
    switch (row.kind) {
      case 'comments': {
        const { positiv, skeptisk, negativ, no_opinion, no_speech, no_text, pending, failed } = row.outcomes;
        const topic = row.area ?? row.service ?? ALL_TOPICS;
        this.comments.add(period, place, topic, { positiv, skeptisk, negativ });
        if (topic !== ALL_TOPICS) break;
        const { uncertain, corrected } = row;
        const fates = { noOpinion: no_opinion, noWords: no_speech + no_text, pending, failed, uncertain, corrected };
        this.fates.add(period, place, topic, fates);
        break;
      }
      case 'ratings':
        this.ratings.add(period, place, ratingTopic(row.question), { n: row.n, sum: row.sum, sumOfSquares: row.sumOfSquares });
        break;
      case 'participation': {
        const { completed, abandoned, declined } = row.participation;
        this.participants.add(period, place, PARTICIPATION_TOPIC, { offered: row.offered, completed, abandoned, declined });
      }
    }
  }

  /** How many a group's figures are about. */
  size(period: string, place: string, topic: string): number {
    if (topic === PARTICIPATION_TOPIC) return this.participants.get(period, place, topic).completed;
    if (topic.startsWith('rating:')) return this.ratings.get(period, place, topic).n;
    return sizeOf(this.comments.get(period, place, topic));
  }

  /** Whether a group's figures may be shown. */
  shows(period: string, place: string, topic: string): boolean {
    // Services of a single municipality are decided by year alone (see Publication): finer periods have them everywhere only.
    if (place !== EVERYWHERE && period.length > 4 && (SERVICES as readonly string[]).includes(topic)) return false;
    const parts = this.#weekParts.get(period) ?? [period];
    return parts.every((part) => this.#publication.shows(part, place, topic));
  }
}

type CountedRow =
  | (CommentCounts & { readonly kind: 'comments' })
  | (Awaited<ReturnType<ReportStore['countRatings']>>[number] & { readonly kind: 'ratings' })
  | (Awaited<ReturnType<ReportStore['countParticipation']>>[number] & { readonly kind: 'participation' });

/** Rows of a store, and the periods that they add up to. */
interface Counted {
  readonly rows: readonly CountedRow[];
  /** The finest period of the report that a row's period lies in. */
  readonly leafOf: (label: string) => string;
  /** The next longer period; `undefined` for the longest. */
  readonly parentOf: (period: string) => string | undefined;
}

/** Months lie in quarters, and these in years. */
function coarseParent(period: string): string | undefined {
  const [year = '', part] = period.split('-');
  if (part === undefined) return undefined;
  return part.startsWith('Q') ? year : `${year}-Q${Math.ceil(Number(part) / 3)}`;
}

async function countAll(store: ReportStore, filter: DayRange & ResponseFilter, period: Period): Promise<readonly CountedRow[]> {
  const query = { filter, groupBy: { period, municipality: true, unit: true } };
  return [
    ...(await store.countComments({ ...query, subject: 'each' })).map((row) => ({ ...row, kind: 'comments' as const })),
    ...(await store.countRatings(query)).map((row) => ({ ...row, kind: 'ratings' as const })),
    ...(await store.countParticipation(query)).map((row) => ({ ...row, kind: 'participation' as const })),
  ];
}
