/* global AudioWorkletProcessor, registerProcessor */

/** Hands the microphone's samples over in frames of 40 ms. */
class Capture extends AudioWorkletProcessor {
  #frame = new Float32Array(Math.round(globalThis.sampleRate * 0.04));
  #filled = 0;

  process([[samples]]) {
    for (const sample of samples ?? []) {
      this.#frame[this.#filled++] = sample;
      if (this.#filled < this.#frame.length) continue;
      this.port.postMessage(this.#frame.slice());
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('capture', Capture);
