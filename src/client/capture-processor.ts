/** What the processor is registered as. */
export const CAPTURE_NAME = 'tonalitet-capture';

/** Samples are handed over in frames of this length, in seconds: two frames of telephony. */
export const FRAME_S = 0.04;

/**
 * The program of the audio thread, as text: it is loaded by address, and a package cannot know the address that a page gives its files.
 * Frames of {@link FRAME_S} go out as Float32Array; at `flush` comes what is left, and then `flushed`.
 */
export const CAPTURE_SOURCE: string = `
class Capture extends AudioWorkletProcessor {
  #frame = new Float32Array(Math.round(sampleRate * ${FRAME_S}));
  #filled = 0;
  #done = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#done = true;
      if (this.#filled > 0) this.port.postMessage(this.#frame.slice(0, this.#filled));
      this.port.postMessage('flushed');
    };
  }

  process([[samples]]) {
    if (this.#done) return false;
    for (const sample of samples ?? []) {
      this.#frame[this.#filled++] = sample;
      if (this.#filled < this.#frame.length) continue;
      this.port.postMessage(this.#frame, [this.#frame.buffer]);
      this.#frame = new Float32Array(Math.round(sampleRate * ${FRAME_S}));
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('${CAPTURE_NAME}', Capture);
`;
