import { SERVICES } from '../classification/labels.js';
import { parseDay, periodOfDay } from '../survey/calendar.js';
import type { ResponseStore } from '../survey/store.js';
import type { CommentCounts, Extent, Group, Grouping, ResponseFilter } from '../survey/store-queries.js';
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
    for (const { row, periods } of counted) {
      const places = [EVERYWHERE, row.municipality!, unitPlace(row.municipality!, row.unit!)];
      for (const period of periods) for (const place of places) this.#add(period, place, row);
    }
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
    const coarse = await countAll(store, plan.coarse, 'month', (period) => {
      const year = period.slice(0, 4);
      return [year, `${year}-Q${Math.ceil(Number(period.slice(5)) / 3)}`, period];
    });
    // Days are counted in addition: their months and years are known already.
    const fine = plan.fine === undefined ? [] : await countAll(store, plan.fine, 'day', (period) => {
      const day = parseDay(period)!;
      return [weekPart(day), periodOfDay('week', day), period];
    });
    const municipalities = extent.municipalities.map((place) => {
      const units = extent.units.filter(({ municipality }) => municipality === place).map(({ unit }) => unitPlace(place, unit));
      // A single unit is the municipality itself.
      return { place, units: units.length > 1 ? units : [] };
    });
    return new Figures(plan, municipalities, extent.questions, [...coarse, ...fine], threshold);
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

/** A row of a store with the periods that it counts in. */
interface Counted {
  readonly row: CountedRow;
  readonly periods: readonly string[];
}

async function countAll(store: ReportStore, filter: DayRange & ResponseFilter, period: 'month' | 'day', periodsOf: (period: string) => string[]): Promise<Counted[]> {
  const groupBy: Grouping = { period, municipality: true, unit: true };
  const query = { filter, groupBy };
  const comments = [];
  for (const subject of ['comments', 'areas', 'services'] as const) comments.push(await store.countComments({ ...query, subject }));
  const rows: CountedRow[] = [
    ...comments.flat().map((row) => ({ ...row, kind: 'comments' as const })),
    ...(await store.countRatings(query)).map((row) => ({ ...row, kind: 'ratings' as const })),
    ...(await store.countParticipation(query)).map((row) => ({ ...row, kind: 'participation' as const })),
  ];
  const known = new Map<string, string[]>();
  return rows.map((row) => {
    const label = (row satisfies Group).period!;
    let periods = known.get(label);
    if (periods === undefined) known.set(label, (periods = periodsOf(label)));
    return { row, periods };
  });
}
