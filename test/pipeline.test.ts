import { describe, expect, it } from 'vitest';
import { classifyRecording, transcribeRecording } from '../src/pipeline.js';
import type { PipelineOptions, Recording } from '../src/pipeline.js';
import type { TranscriptSegment } from '../src/transcription/transcript.js';
import { pressedKeys } from './audio/dtmf-tones.js';
import { join } from './audio/signals.js';
import { FakeEngine, tones } from './fake-engine.js';

const options: PipelineOptions = { maxDurationS: 1e6, ffmpegPath: '/nonexistent/ffmpeg', signal: undefined };

function recording(samples: Float32Array): Recording {
  return { kind: 'samples', samples, sampleRateHz: 16_000 };
}

async function segmentsOf(samples: Float32Array, engine: FakeEngine, changes: Partial<PipelineOptions> = {}): Promise<TranscriptSegment[]> {
  const segments: TranscriptSegment[] = [];
  for await (const segment of transcribeRecording(recording(samples), engine, { ...options, ...changes })) segments.push(segment);
  return segments;
}

describe('a recording', () => {
  it('gives its words with their places, and the verdict on them', async () => {
    const engine = new FakeEngine();
    const result = await classifyRecording(recording(tones(1, 2, 2, 3, 1)), engine, options);
    expect(result).toMatchObject({ durationS: 9, tonality: 'positiv', reason: null });
    expect(result.segments).toHaveLength(2);
    expect(result.segments[0]!.start).toBeGreaterThan(0.5);
    expect(result.segments[0]!.start).toBeLessThanOrEqual(1);
    expect(result.segments[0]!.end).toBeGreaterThanOrEqual(3);
    expect(result.segments[1]!.start).toBeGreaterThanOrEqual(result.segments[0]!.end);
    expect(result.segments[1]!.end).toBeLessThan(9);
    expect(result.text).toBe(result.segments.map(({ text }) => text).join(' '));
    expect(engine.classified).toEqual([result.text]);
    expect(engine.openFinders).toBe(0);
  });

  it('tells the keys that were pressed, and leaves their tones out of what is recognised', async () => {
    const engine = new FakeEngine();
    const keys = pressedKeys('1#', { rateHz: 16_000, onS: 0.1, offS: 0.1 });
    const { digits, segments, durationS } = await classifyRecording(recording(join([tones(1, 1, 1), keys, tones(1)])), engine, options);
    expect(digits.map(({ digit }) => digit)).toEqual(['1', '#']);
    expect(digits[0]!.startS).toBeCloseTo(3, 1);
    expect(digits[1]!.startS).toBeCloseTo(3.2, 1);
    expect(digits[1]!.durationS).toBeCloseTo(0.1, 1);
    expect(segments).toHaveLength(1);
    expect(durationS).toBeCloseTo(4.4, 3);
    const only = new FakeEngine();
    expect(await classifyRecording(recording(join([tones(0.5), keys, tones(0.5)])), only, options)).toMatchObject({ text: '', reason: 'no_speech' });
    expect(only.recognised).toEqual([]);
  });

  it('tells how its text came about', async () => {
    const engine = new FakeEngine();
    const decoding = { attempts: 3, searched: true, drawn: false, doubtful: true, creditDropped: false };
    const telling = Object.assign(Object.create(engine) as FakeEngine, { recognise: async (samples: Float32Array) => ({ ...(await engine.recognise(samples)), decoding }) });
    const { diagnostics } = await classifyRecording(recording(tones(1, 2, 2, 3, 1)), telling, options);
    expect(diagnostics).toEqual({ stretches: 2, decodedAgain: 2, searched: 2, drawn: 0, doubtful: 2, creditsDropped: 0 });
  });

  it('tells where the time went', async () => {
    const { timings } = await classifyRecording(recording(tones(1, 2)), new FakeEngine(), options);
    const { totalS, ...steps } = timings;
    for (const seconds of Object.values(steps)) expect(seconds).toBeGreaterThanOrEqual(0);
    expect(timings.transcribeS).toBeGreaterThan(0);
    expect(Object.values(steps).reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(totalS + 1e-6);
  });

  it('of silence, or of speech that holds no words, has no tonality and says why', async () => {
    const silence = new FakeEngine();
    expect(await classifyRecording(recording(tones(5)), silence, options)).toMatchObject({ text: '', segments: [], tonality: null, reason: 'no_speech', durationS: 5 });
    expect(silence.recognised).toEqual([]);
    for (const said of ['', '...']) {
      const engine = new FakeEngine(() => said);
      expect(await classifyRecording(recording(tones(1, 2, 1)), engine, options)).toMatchObject({ tonality: null, reason: 'no_speech', probabilities: null });
    }
  });

  it('that is long is recognised a few stretches at a time, and gives its first words before its end is read', async () => {
    const engine = new FakeEngine();
    let read = 0;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      const { makeWav, encodeSamples, PCM } = await import('./audio/make-wav.js');
      yield makeWav({ sampleRateHz: 16_000, dataSize: 0xffff_ffff });
      for (; read < 100; read++) yield encodeSamples(tones(1.2, 2), PCM, 16);
    }
    const transcript = transcribeRecording({ kind: 'stream', stream: bytes() }, engine, options);
    const first = await transcript.next();
    expect(first.done).toBe(false);
    expect(read).toBeLessThan(10);
    let count = 1;
    for await (const segment of transcript) {
      expect(segment.end).toBeLessThanOrEqual(320);
      count++;
    }
    expect(count).toBe(100);
    expect(engine.mostAtOnce).toBeLessThanOrEqual(4);
  });

  it('with more words than a comment has ends with TEXT_LIMIT, before all of it is done', async () => {
    const engine = new FakeEngine(() => 'mycket '.repeat(800).trim());
    await expect(classifyRecording(recording(tones(...Array.from({ length: 40 }, () => 1.2))), engine, options)).rejects.toMatchObject({ code: 'TEXT_LIMIT' });
    expect(engine.recognised.length).toBeLessThan(10);
    expect(engine.openFinders).toBe(0);
  });
});

describe('stopping', () => {
  it('by an AbortSignal ends with ABORTED and leaves nothing open', async () => {
    for (const afterMs of [0, 5]) {
      const engine = new FakeEngine();
      const controller = new AbortController();
      setTimeout(() => controller.abort(), afterMs);
      await expect(segmentsOf(tones(...Array.from({ length: 400 }, () => 1)), engine, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
      expect(engine.openFinders).toBe(0);
    }
  });

  it('by leaving the loop leaves nothing open', async () => {
    const engine = new FakeEngine();
    for await (const _ of transcribeRecording(recording(tones(...Array.from({ length: 40 }, () => 1))), engine, options)) break;
    expect(engine.openFinders).toBe(0);
    expect(engine.recognised.length).toBeLessThan(10);
  });

  it('by an error of the recording leaves nothing open', async () => {
    const engine = new FakeEngine();
    await expect(segmentsOf(Float32Array.of(Number.NaN), engine)).rejects.toMatchObject({ code: 'AUDIO_NOT_FINITE' });
    expect(engine.openFinders).toBe(0);
  });
});
