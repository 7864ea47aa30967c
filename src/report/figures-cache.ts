import { TonalitetError } from '../errors.js';
import type { Extent } from '../survey/store-queries.js';
import { Figures } from './figures.js';
import type { ReportStore } from './figures.js';
import type { PeriodPlan } from './period-tree.js';

/** What a cache reads. */
export interface CachedStore extends ReportStore {
  /** Changes whenever anything in the store does. */
  revision(): Promise<string>;
}

/** So many plans are kept: the grains that readers change between, over a few ranges. Each is some megabytes for 33 municipalities. */
const MAX_PLANS = 8;

/** What a store held at one moment. */
export interface FiguresSnapshot {
  readonly revision: string;
  readonly extent: Extent;
  /** Counts for a plan, or gives what was counted before. */
  figuresFor(plan: PeriodPlan): Promise<Figures>;
}

/** Keeps counted figures until something in the store changes: most views differ from the one before in what they show of them. */
export class FiguresCache {
  readonly #store: CachedStore;
  #snapshot: { readonly revision: string; readonly threshold: number; readonly extent: Promise<Extent>; readonly figures: Map<string, Promise<Figures>> } | undefined;

  constructor(store: CachedStore) {
    this.#store = store;
  }

  /** @param threshold the smallest group that is shown. */
  async open(threshold: number): Promise<FiguresSnapshot> {
    // Read first: what changes while it is counted makes the next reader count again.
    const revision = await this.#store.revision();
    if (this.#snapshot?.revision !== revision || this.#snapshot.threshold !== threshold) {
      this.#snapshot = { revision, threshold, extent: this.#store.extent(), figures: new Map() };
    }
    const snapshot = this.#snapshot;
    const extent = await snapshot.extent.catch((error: unknown) => {
      if (this.#snapshot === snapshot) this.#snapshot = undefined;
      throw error;
    });
    const figuresFor = async (plan: PeriodPlan): Promise<Figures> => {
      const key = JSON.stringify([plan.period, plan.coarse, plan.fine]);
      let figures = snapshot.figures.get(key);
      if (figures === undefined) {
        figures = this.#collect(snapshot.revision, plan, extent, threshold);
        figures.catch(() => snapshot.figures.delete(key));
        const [oldest] = snapshot.figures.keys();
        if (snapshot.figures.size >= MAX_PLANS && oldest !== undefined) snapshot.figures.delete(oldest);
      } else {
        // The one used last is the last to go.
        snapshot.figures.delete(key);
      }
      snapshot.figures.set(key, figures);
      return figures;
    };
    return { revision, extent, figuresFor };
  }

  async #collect(revision: string, plan: PeriodPlan, extent: Extent, threshold: number): Promise<Figures> {
    const figures = await Figures.collect(this.#store, plan, extent, threshold);
    if ((await this.#store.revision()) !== revision) {
      // A place that came while it was counted is in the sums and not among the parts: it would be what is left by subtraction.
      const { units } = await this.#store.extent();
      if (JSON.stringify(units) !== JSON.stringify(extent.units)) {
        throw new TonalitetError('STORE_BUSY', 'Expected the municipalities and units to stay the same while they are counted, but there are new ones. Try again.');
      }
    }
    return figures;
  }
}
