import { buildView, settledChoice } from '../../report/build-view.js';
import type { View, ViewChoice, ViewOptions } from '../../report/build-view.js';
import { FiguresCache } from '../../report/figures-cache.js';
import type { CachedStore } from '../../report/figures-cache.js';
import type { Extent } from '../../survey/store-queries.js';
import { FaultError } from '../fault.js';

/** Views that are made or wait to be at the same time: each keeps the thread that also answers calls for some tens of milliseconds. */
const MAX_AT_ONCE = 8;

/** Rendered views that are kept until something changes, and how many characters of them: what a group of people looks at together. */
const MAX_KEPT = 64;
const MAX_KEPT_CHARACTERS = 32_000_000;

/** Makes views, one at a time, and keeps what was rendered of them while the store stays as it is. */
export class ViewSource {
  readonly #figures: FiguresCache;
  readonly #store: CachedStore;
  readonly #options: () => ViewOptions;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  readonly #kept = new Map<string, string>();
  #keptCharacters = 0;
  #keptOf = '';

  constructor(store: CachedStore, options: () => ViewOptions) {
    this.#store = store;
    this.#figures = new FiguresCache(store);
    this.#options = options;
  }

  /** What there is to choose from. */
  async extent(): Promise<Extent> {
    return (await this.#figures.open(this.#options().threshold)).extent;
  }

  /** The choice without what does not go with the rest of it; see {@link settledChoice}. */
  async settled(choice: ViewChoice): Promise<ViewChoice> {
    return settledChoice(choice, await this.extent());
  }

  /** @throws TonalitetError as {@link buildView}; FaultError `overloaded`. */
  async view(choice: ViewChoice): Promise<View> {
    return this.#inTurn(() => buildView(this.#figures, choice, this.#options()));
  }

  /**
   * What `render` makes of a view, or made of it before.
   *
   * @param key tells everything apart that the rendering depends on.
   */
  async rendered(key: string, choice: ViewChoice, render: (view: View) => string): Promise<string> {
    const { threshold } = this.#options();
    const revision = `${threshold} ${await this.#store.revision()}`;
    if (revision !== this.#keptOf) {
      this.#kept.clear();
      this.#keptCharacters = 0;
      this.#keptOf = revision;
    }
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const html = await this.#inTurn(async () => render(await buildView(this.#figures, choice, this.#options())));
    if (this.#keptOf === revision && html.length <= MAX_KEPT_CHARACTERS / 4) this.#keep(key, html);
    return html;
  }

  #keep(key: string, html: string): void {
    this.#kept.set(key, html);
    this.#keptCharacters += html.length;
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && this.#keptCharacters <= MAX_KEPT_CHARACTERS) return;
      this.#kept.delete(oldest);
      this.#keptCharacters -= old.length;
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_AT_ONCE) throw new FaultError('overloaded', 'The server makes as many views as it may at once. Try again in a moment.');
    this.#waiting++;
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting--;
    }
  }
}
