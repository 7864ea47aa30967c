import type { Tokenizer } from '../inference/tokenizer.js';

/** The tokens of a text, or of a part of it that fits into the model. */
export interface TextWindow {
  /** With prefix and special tokens. */
  readonly tokens: readonly number[];
}

export interface TextEncoderOptions {
  readonly prefix: string;
  /** The most tokens of a window, with prefix and special tokens. */
  readonly maxTokens: number;
}

/**
 * Room that a window leaves: joined pieces can take a few tokens more than the pieces by themselves, since a token may not
 * reach over the seam. One in sixteen is several times what was seen on Swedish text.
 */
const SLACK = 1 / 16;

/**
 * Text to the tokens that the model takes. A text that is too long for the model at once is cut into windows of nearly the
 * same length, between sentences if there are any, otherwise between words.
 */
export class WindowedTextEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #options: TextEncoderOptions;
  /** Tokens of a window that are left for the text. */
  readonly #room: number;

  constructor(tokenizer: Tokenizer, options: TextEncoderOptions) {
    this.#tokenizer = tokenizer;
    this.#options = options;
    const overhead = tokenizer.encode(options.prefix).length;
    this.#room = Math.floor((options.maxTokens - overhead) * (1 - SLACK));
    if (this.#room < 1) throw new RangeError(`expected maxTokens above ${overhead}, got ${options.maxTokens}`);
  }

  /** At least one window, in the order of the text. */
  encode(text: string): readonly TextWindow[] {
    const clean = normalise(text);
    const whole = this.#encodeWindow(clean);
    if (whole.length <= this.#options.maxTokens) return [{ tokens: whole }];
    return this.#split(clean).map((part) => {
      const tokens = this.#encodeWindow(part);
      if (tokens.length <= this.#options.maxTokens) return { tokens };
      // Beyond all slack, as random characters can be: the end of the window gives way, its last special token stays.
      return { tokens: [...tokens.slice(0, this.#options.maxTokens - 1), tokens.at(-1)!] };
    });
  }

  #encodeWindow(text: string): number[] {
    return this.#tokenizer.encode(this.#options.prefix + text);
  }

  #split(text: string): string[] {
    const pieces = this.#pieces(text);
    const total = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
    const wanted = total / Math.ceil(total / this.#room);
    const windows: string[] = [];
    let window = '';
    let filled = 0;
    for (const piece of pieces) {
      const full = filled > 0 && (filled + piece.tokens > this.#room || filled + piece.tokens / 2 > wanted);
      if (full) {
        windows.push(window);
        window = '';
        filled = 0;
      }
      window = window === '' ? piece.text : `${window}${piece.glue}${piece.text}`;
      filled += piece.tokens;
    }
    windows.push(window);
    return windows;
  }

  /** Sentences; those that are too long by themselves as words; such words as halves of halves. */
  #pieces(text: string): Piece[] {
    return sentences(text).flatMap((sentence) => {
      const tokens = this.#count(sentence);
      if (tokens <= this.#room) return [{ text: sentence, tokens, glue: ' ' }];
      return sentence.split(' ').flatMap((word) => this.#halve(word, ' '));
    });
  }

  #halve(word: string, glue: string): Piece[] {
    const tokens = this.#count(word);
    const characters = [...word];
    if (tokens <= this.#room || characters.length < 2) return [{ text: word, tokens, glue }];
    const middle = characters.length >> 1;
    return [...this.#halve(characters.slice(0, middle).join(''), glue), ...this.#halve(characters.slice(middle).join(''), '')];
  }

  #count(text: string): number {
    return this.#tokenizer.encodePlain(text).length;
  }
}

interface Piece {
  readonly text: string;
  readonly tokens: number;
  /** What lies between it and the piece before. */
  readonly glue: string;
}

/** Composed characters, single spaces, no halves of surrogate pairs. */
function normalise(text: string): string {
  return text.normalize('NFC').replace(/\p{Surrogate}/gu, '\uFFFD').replace(/\s+/gu, ' ').trim();
}

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?…]["”’)]?) /u).filter((sentence) => sentence !== '');
}
