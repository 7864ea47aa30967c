import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LogMel } from '../../src/transcription/log-mel.js';

interface Golden {
  readonly frames: number;
  /** For each number of bands: band, frame, value. */
  readonly bands: Readonly<Record<string, readonly (readonly [number, number, number])[]>>;
}

/** Made by test/golden/log_mel.py with the reference implementation. */
const golden = JSON.parse(await readFile(new URL('../golden/log-mel.json', import.meta.url), 'utf8')) as Golden;

/** The signal of log_mel.py. */
function signal(): Float32Array {
  return Float32Array.from({ length: 48_000 }, (_, n) => {
    const t = n / 16_000;
    const sweep = 0.4 * Math.sin(2 * Math.PI * (80 * t + 600 * t * t)) * Math.sin((Math.PI * t) / 3);
    return sweep + 0.02 * Math.sin(2 * Math.PI * 50 * t) + (n >= 30_000 && n < 30_008 ? 0.8 : 0);
  });
}

describe('the log-mel spectrogram', () => {
  it.each([80, 128])('of %i bands is that of the reference', (bands) => {
    const output = new Float32Array(bands * golden.frames);
    new LogMel(bands).compute(signal(), golden.frames, output);
    const places = golden.bands[String(bands)]!;
    expect(places.length).toBeGreaterThan(1_000);
    // The reference computes in single precision; what is left is its rounding.
    const largest = places.reduce((most, [band, frame, value]) => Math.max(most, Math.abs(output[band * golden.frames + frame]! - value)), 0);
    expect(largest).toBeLessThan(1e-4);
  });
});
