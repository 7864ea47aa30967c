/** A telephone key with its time in seconds from the beginning of the call. */
export interface PressedKey {
  readonly digit: string;
  readonly atS: number;
}

/** The most digits that are kept of one call. */
const MAX_DIGITS = 256;

/** How far apart a key's message and its tone may be, in seconds: what networks and buffers put between them. */
const SAME_KEY_S = 2;

type Source = 'told' | 'heard';

/**
 * The keys that were pressed in a call. Some systems tell them in messages, some leave their tones in the audio, some do both: a key
 * that was told and heard counts once.
 */
export class PressedKeys {
  readonly #keys: { readonly key: PressedKey; readonly source: Source; matched: boolean }[] = [];

  get pressed(): readonly PressedKey[] {
    return this.#keys.map(({ key }) => key);
  }

  /** A message told of a key. @returns the key, if it is a new one. */
  told(digit: string, atS: number): PressedKey | undefined {
    return this.#add(digit, atS, 'told');
  }

  /** A key's tone was heard. @returns the key, if it is a new one. */
  heard(digit: string, atS: number): PressedKey | undefined {
    return this.#add(digit, atS, 'heard');
  }

  #add(digit: string, atS: number, source: Source): PressedKey | undefined {
    const same = this.#keys.find(({ key, source: other, matched }) => !matched && other !== source && key.digit === digit && Math.abs(key.atS - atS) < SAME_KEY_S);
    if (same !== undefined) {
      same.matched = true;
      return undefined;
    }
    if (this.#keys.length >= MAX_DIGITS) return undefined;
    const key = { digit, atS };
    this.#keys.push({ key, source, matched: false });
    return key;
  }
}
