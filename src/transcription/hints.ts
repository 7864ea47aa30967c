/** Hints in one list at most. */
export const MAX_HINTS = 200;

/** Characters in one hint at most. */
export const MAX_HINT_CHARACTERS = 60;

/** How much hints weigh: natural logarithms of how many times likelier a token is taken to be. */
export interface HintWeights {
  /** For the token that would begin a hint: little, since most of what begins like a hint is none. */
  readonly begin: number;
  /** For a token that goes on with a hint that has begun. */
  readonly goOn: number;
}

/** Measured with bench/hints.mjs: see docs/performance.md. */
export const defaultHintWeights: HintWeights = Object.freeze({ begin: 0.5, goOn: 2 });

interface Node {
  readonly children: Map<number, Node>;
  /** The weights from the root to here. */
  readonly sum: number;
  /** A hint ends here. */
  ends: boolean;
}

/** A hint that has begun. */
interface OpenHint {
  readonly node: Node;
  /** What the text had earned before it began. */
  readonly before: number;
}

/** Where a text stands among the hints. Not to be looked into; it is the value that belongs to one text. */
export interface HintPlace {
  /** Hints that have begun and may go on. */
  readonly open: readonly OpenHint[];
  /** The weights of the hints that the text holds whole. */
  readonly earned: number;
}

/**
 * Names that are likelier to be said than the model knows, such as those of a municipality's places and services, as a tree of
 * tokens. Pure. A text earns a hint's weights token by token and loses them again when it turns away before the hint's end; so
 * what is compared of two whole texts is only what hints they hold.
 */
export class Hints {
  readonly #root: Node = makeNode(0);
  readonly #weights: HintWeights;

  /** The place of an empty text. */
  readonly start: HintPlace = Object.freeze({ open: [], earned: 0 });

  /** @param phrases each hint's tokens, as they stand behind a space; empty ones are left out. */
  constructor(phrases: readonly (readonly number[])[], weights: HintWeights = defaultHintWeights) {
    this.#weights = weights;
    for (const phrase of phrases) this.#add(phrase);
  }

  /** The place after one more token. */
  after(place: HintPlace, token: number): HintPlace {
    const open: OpenHint[] = [];
    let { earned } = place;
    for (const { node, before } of [...place.open, { node: this.#root, before: place.earned }]) {
      const child = node.children.get(token);
      if (child === undefined) continue;
      // One that is the beginning of a longer one earns now; the longer one then earns the rest.
      if (child.ends) earned = Math.max(earned, before + child.sum);
      if (child.children.size > 0) open.push({ node: child, before });
    }
    return open.length === 0 && earned === 0 ? this.start : { open, earned };
  }

  /** What the text has earned, hints that are still open included. Of whole texts, compare {@link HintPlace.earned}. */
  worth({ open, earned }: HintPlace): number {
    return open.reduce((most, { node, before }) => Math.max(most, before + node.sum), earned);
  }

  /** The tokens that hints would go on with, and the weight of each. */
  next(place: HintPlace): ReadonlyMap<number, number> {
    const weights = new Map<number, number>();
    for (const token of this.#root.children.keys()) weights.set(token, this.#weights.begin);
    for (const { node } of place.open) for (const token of node.children.keys()) weights.set(token, this.#weights.goOn);
    return weights;
  }

  /** The token to take where each is taken for good: one of a hint, if its weight lifts it above the best. */
  choose(place: HintPlace, logits: Float32Array, best: number): number {
    let chosen = best;
    const weights = this.next(place);
    let most = logits[best]! + (weights.get(best) ?? 0);
    for (const [token, weight] of weights) {
      const value = logits[token]! + weight;
      if (value > most) {
        most = value;
        chosen = token;
      }
    }
    return chosen;
  }

  #add(phrase: readonly number[]): void {
    let node = this.#root;
    phrase.forEach((token, i) => {
      let child = node.children.get(token);
      if (child === undefined) {
        child = makeNode(node.sum + (i === 0 ? this.#weights.begin : this.#weights.goOn));
        node.children.set(token, child);
      }
      node = child;
    });
    if (node !== this.#root) node.ends = true;
  }
}

function makeNode(sum: number): Node {
  return { children: new Map(), sum, ends: false };
}
