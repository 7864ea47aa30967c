import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifiedPath } from '../../src/inference/verification.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import { SileroVad, VAD_FILE } from '../../src/vad/silero-vad.js';
import { SpeechFinder } from '../../src/vad/speech-finder.js';
import { sine } from '../audio/signals.js';
import { modelForTest } from './models.js';
import { wordlessRecordings } from './noises.js';
import type { Noise } from './noises.js';
import { hasSox, soxRecordings } from './sox-noises.js';

const vadModel = await modelForTest('vad');
const speechModel = await modelForTest('speech');

if (!hasSox) console.warn('\n*** LEFT OUT: sounds made by sox: there is no sox ***\n');

/** Stretches of speech as the product finds them. */
async function stretchesOf(vad: SileroVad, samples: Float32Array): Promise<{ samples: Float32Array }[]> {
  const finder = new SpeechFinder(vad.openStream());
  const found = [...(await finder.push(samples)), ...finder.flush()];
  return found.filter((event) => event.kind === 'end');
}

describe.skipIf(vadModel === undefined || speechModel === undefined)('from sound to text', { timeout: 120_000 }, () => {
  let vad: SileroVad;
  let transcriber: Transcriber;

  beforeAll(async () => {
    vad = await SileroVad.load(verifiedPath(vadModel!, VAD_FILE));
    transcriber = await Transcriber.load(speechModel!);
  }, 60_000);

  afterAll(async () => {
    await vad.release();
    await transcriber.release();
  });

  it('writes nothing for what has no word in it', async () => {
    expect(await written(wordlessRecordings())).toEqual([]);
  });

  it.skipIf(!hasSox)('writes nothing for music, bursts, hold tones and other sounds made by sox', async () => {
    const recordings = soxRecordings();
    expect(recordings.length).toBeGreaterThanOrEqual(45);
    for (const { samples } of recordings) expect(samples.length).toBeGreaterThan(16_000);
    expect(await written(recordings)).toEqual([]);
  });

  /** What was written for recordings that hold no word. */
  async function written(recordings: readonly Noise[]): Promise<string[]> {
    const texts: string[] = [];
    for (const { name, samples } of recordings) {
      const transcripts = await transcriber.recognise(await stretchesOf(vad, samples));
      const text = transcripts.map((transcript) => transcript?.text ?? '').join(' ').trim();
      if (text !== '') texts.push(`${name}: ${text}`);
    }
    return texts;
  }

  it('takes stretches of any length', async () => {
    const lengths = [1, 100, 1_600, 16_000, 30 * 16_000];
    const transcripts = await transcriber.recognise(lengths.map((length) => ({ samples: sine(200, 16_000, length, 0.1) })));
    expect(transcripts).toHaveLength(lengths.length);
    transcripts.forEach((transcript, i) => {
      for (const { start, end, confidence } of transcript!.segments) {
        expect(start).toBe(0);
        expect(end).toBeCloseTo(lengths[i]! / 16_000, 6);
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
    });
  });
});
