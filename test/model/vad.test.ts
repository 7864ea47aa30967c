import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifiedPath } from '../../src/inference/verification.js';
import { FRAME_SAMPLES } from '../../src/vad/segmenter.js';
import { SileroVad, VAD_FILE } from '../../src/vad/silero-vad.js';
import { SpeechFinder } from '../../src/vad/speech-finder.js';
import { modelForTest } from './models.js';
import { wordlessRecordings } from './noises.js';

const model = await modelForTest('vad');

async function secondsOfSpeech(vad: SileroVad, samples: Float32Array): Promise<number> {
  const finder = new SpeechFinder(vad.openStream());
  const found = [...(await finder.push(samples)), ...finder.flush()];
  return found.reduce((sum, event) => sum + (event.kind === 'end' ? event.end - event.start : 0), 0) / 16_000;
}

/** A buzz with two formants that opens and closes three times a second: the nearest to speech that a formula gives. */
function babble(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const t = i / 16_000;
    const pitch = 120 + 20 * Math.sin(2 * Math.PI * 0.7 * t);
    const open = Math.max(0, Math.sin(2 * Math.PI * 3 * t));
    let sum = 0;
    for (let harmonic = 1; harmonic <= 25; harmonic++) {
      const hz = pitch * harmonic;
      const formants = 1 / (1 + ((hz - 400 - 300 * open) / 120) ** 2) + 0.5 / (1 + ((hz - 1_700) / 180) ** 2);
      sum += formants * Math.sin(2 * Math.PI * 120 * harmonic * t + (harmonic * 20 * (1 - Math.cos(2 * Math.PI * 0.7 * t))) / 0.7);
    }
    return 0.15 * open * sum;
  });
}

describe.skipIf(model === undefined)('Silero VAD', { timeout: 120_000 }, () => {
  let vad: SileroVad;

  beforeAll(async () => {
    vad = await SileroVad.load(verifiedPath(model!, VAD_FILE));
  });

  afterAll(async () => {
    await vad.release();
  });

  it('finds next to no speech where there is none', async () => {
    const recordings = wordlessRecordings();
    const seconds: number[] = [];
    for (const { samples } of recordings) seconds.push(await secondsOfSpeech(vad, samples));
    // Loud music and a loud beat may pass for a second or two; what the speech model makes of them is tested with it.
    expect(seconds.filter((each) => each > 0).length).toBeLessThanOrEqual(4);
    expect(seconds.reduce((sum, each) => sum + each, 0)).toBeLessThan(5);
  });

  it('gives the same for one frame at a time as for many, and remembers nothing of other streams', async () => {
    const samples = babble(4);
    const whole = await vad.openStream().push(samples.subarray(0, 120 * FRAME_SAMPLES));
    const stream = vad.openStream();
    const other = vad.openStream();
    for (let frame = 0; frame < 120; frame++) {
      const [probability] = await stream.push(samples.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES));
      await other.push(new Float32Array(FRAME_SAMPLES).fill(0.1));
      expect(Math.abs(probability! - whole[frame]!)).toBeLessThan(1e-4);
    }
    expect(whole.every((probability) => probability >= 0 && probability <= 1)).toBe(true);
  });

  it('hears speech after digital silence as it hears it at the beginning', async () => {
    const samples = babble(2).subarray(0, 60 * FRAME_SAMPLES);
    const alone = await vad.openStream().push(samples);
    const stream = vad.openStream();
    await stream.push(samples);
    expect([...(await stream.push(new Float32Array(2 * FRAME_SAMPLES)))][1]).toBe(0);
    const again = await stream.push(samples);
    again.forEach((probability, i) => expect(Math.abs(probability - alone[i]!)).toBeLessThan(1e-4));
  });

  // Eight hours without a model are in test/vad; here the model itself runs.
  it('takes a long stream in constant memory', async () => {
    const finder = new SpeechFinder(vad.openStream());
    const noise = wordlessRecordings().find(({ name }) => name === 'pink noise -50 dB')!.samples;
    const before = process.memoryUsage.rss();
    for (let minute = 0; minute < 10; minute++) for (let i = 0; i < 10; i++) await finder.push(noise);
    expect(finder.samplesIn).toBe(600 * 16_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });

  it('does not take part of a frame', async () => {
    await expect(vad.openStream().push(new Float32Array(FRAME_SAMPLES + 1))).rejects.toThrow(RangeError);
  });
});
