/**
 * The stable beginning of one utterance's partial texts, by agreement of two passes: a word is stable once two passes in a
 * row had it, and all before it, in the same place. It then stays, whatever a later pass hears.
 */
export class StableText {
  #stable: readonly string[] = [];
  #previous: readonly string[] = [];

  /**
   * Takes what the newest pass heard.
   *
   * @returns the text to show, which begins with the stable part, and the stable part.
   */
  agree(heard: string): { readonly text: string; readonly stableText: string } {
    const words = heard.split(/\s+/u).filter((word) => word !== '');
    let agreed = 0;
    while (agreed < words.length && words[agreed] === this.#previous[agreed]) agreed++;
    this.#previous = words;
    // Words are compared place by place, so agreement beyond the stable part counts only if the pass agrees with that too.
    const keeps = this.#stable.every((word, i) => words[i] === word);
    if (keeps && agreed > this.#stable.length) this.#stable = words.slice(0, agreed);
    const shown = [...this.#stable, ...words.slice(this.#stable.length)];
    return { text: shown.join(' '), stableText: this.#stable.join(' ') };
  }
}
