/** The most audio that is kept for another connection, in seconds: two of the longest stretches, and what comes meanwhile. */
const MAX_KEPT_S = 90;

/** The audio of a call that has no final yet, so that it can be sent again. */
export class UnansweredAudio {
  readonly #bytesPerS: number;
  readonly #bytesPerFrame: number;
  #pieces: Uint8Array[] = [];
  #startBytes = 0;
  #endBytes = 0;

  /** @param bytesPerFrame one sample of each channel; audio is only ever cut between frames. */
  constructor(bytesPerS: number, bytesPerFrame: number) {
    this.#bytesPerS = bytesPerS;
    this.#bytesPerFrame = bytesPerFrame;
  }

  /** Where what is kept begins, in seconds of the call. */
  get startS(): number {
    return this.#startBytes / this.#bytesPerS;
  }

  push(bytes: Uint8Array): void {
    // Copied: the caller may use the array again.
    this.#pieces.push(bytes.slice());
    this.#endBytes += bytes.length;
    this.#forgetUntil(this.#endBytes - MAX_KEPT_S * this.#bytesPerS);
  }

  /** Audio before this has its final. */
  answered(untilS: number): void {
    this.#forgetUntil(Math.floor(untilS * this.#bytesPerS));
  }

  kept(): readonly Uint8Array[] {
    return this.#pieces;
  }

  #forgetUntil(bytes: number): void {
    let left = Math.min(bytes, this.#endBytes) - this.#startBytes;
    left -= left % this.#bytesPerFrame;
    while (left > 0) {
      const piece = this.#pieces[0]!;
      const cut = Math.min(left, piece.length);
      if (cut === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(cut);
      this.#startBytes += cut;
      left -= cut;
    }
  }
}
