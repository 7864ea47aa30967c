import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBatches } from '../../src/transcription/batches.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import { tinyConfig } from './config.js';
import { scriptedModel } from './scripted-model.js';

const TIME = tinyConfig.tokens.timestampBegin;

function stretch(seconds: number, signal?: AbortSignal): { samples: Float32Array; signal?: AbortSignal } {
  const samples = new Float32Array(seconds * 16_000);
  return signal === undefined ? { samples } : { samples, signal };
}

/** The frames of a stretch with a second of silence after it, as the configuration asks for. */
const framesOf = (seconds: number): number => (seconds + tinyConfig.tailS) * 100;

describe('recognise', () => {
  it('gives each stretch its text, in order, with a segment over all of it', async () => {
    const model = scriptedModel((frames) => ({ tokens: Array.from({ length: frames / 100 }, (_, i) => i + 1) }));
    const transcriber = new Transcriber(model);
    const got = await transcriber.recognise([stretch(1), stretch(4), stretch(2)]);
    expect(got.map((each) => each?.text)).toEqual(['w1 w2', 'w1 w2 w3 w4 w5', 'w1 w2 w3']);
    expect(got[1]!.segments).toHaveLength(1);
    expect(got[1]!.segments[0]).toMatchObject({ start: 0, end: 4, text: 'w1 w2 w3 w4 w5' });
    expect(got[1]!.segments[0]!.confidence).toBeGreaterThan(0.99);
    expect(transcriber.counts).toEqual({ stretches: 3, decodedAgain: 0, searched: 0, drawn: 0, loops: 0, creditsDropped: 0 });
  });

  it('takes stretches of similar length together', async () => {
    const model = scriptedModel(() => ({ tokens: [1] }));
    await new Transcriber(model).recognise([stretch(3), stretch(10), stretch(3.5), stretch(9), stretch(3.2)]);
    expect(model.encoded).toEqual([
      [1_100, 1_000],
      [450, 420, 400],
    ]);
  });

  it('gives nothing for nothing, and for what has no word', async () => {
    const model = scriptedModel((frames) => ({ tokens: frames === framesOf(1) ? [] : [5] }), Array<string>(40).fill(' …'));
    const transcriber = new Transcriber(model);
    expect(await transcriber.recognise([])).toEqual([]);
    expect(await transcriber.recognise([stretch(2), stretch(3)])).toMatchObject([
      { segments: [], text: '' },
      { segments: [], text: '' },
    ]);
  });

  it('never takes more than the window of the model', async () => {
    const model = scriptedModel(() => ({ tokens: [1] }));
    const transcriber = new Transcriber(model);
    await transcriber.recognise([stretch(30)]);
    expect(model.encoded).toEqual([[3_000]]);
    await expect(transcriber.recognise([stretch(31)])).rejects.toThrow(RangeError);
  });

  it.each([-1, 31, Number.NaN])('does not take a tail of %d s', (tailS) => {
    expect(() => new Transcriber(scriptedModel(() => ({ tokens: [] })), { tailS })).toThrow(RangeError);
  });

  it('stops where far more is written than can have been said', async () => {
    const model = scriptedModel(() => ({ tokens: Array.from({ length: 400 }, (_, i) => 1 + ((i * i) % 17 > 5 ? i % 6 : i % 5)) }));
    const transcriber = new Transcriber(model);
    const [got] = await transcriber.recognise([stretch(1)]);
    expect(got!.text.split(' ').length).toBeLessThanOrEqual(38);
    expect(transcriber.counts.decodedAgain).toBe(1);
  });
});

describe('what looks wrong', () => {
  it('is decoded again with more silence after it, and replaced', async () => {
    const loop = Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
    const model = scriptedModel((frames) => ({ tokens: frames === framesOf(3) ? loop : [4, 5, 6] }));
    const transcriber = new Transcriber(model);
    const got = await transcriber.recognise([stretch(3), stretch(2)]);
    expect(got.map((each) => each?.text)).toEqual(['w4 w5 w6', 'w4 w5 w6']);
    expect(model.encoded.at(-1)).toEqual([800]);
    expect(transcriber.counts).toMatchObject({ decodedAgain: 1, loops: 1 });
  });

  it('keeps the first text of a loop, once, if nothing better comes', async () => {
    const loop = Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
    const model = scriptedModel((_frames, time) => (time === 0 ? { tokens: loop } : { tokens: loop, logit: 2 }));
    const [got] = await new Transcriber(model).recognise([stretch(3)]);
    expect(got!.text).toBe('w1 w2 w3');
  });

  const credit = ['', 'Undertexter', ' från', ' Amara.org', ' Tack', ' så', ' mycket', ' (suppressed)', ' för att', ' ni', ' tittade'];

  it('drops a credit only if it comes again, and counts it', async () => {
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [1, 2, 3] }), credit));
    expect(await transcriber.recognise([stretch(3)])).toMatchObject([{ segments: [], text: '', decoding: { attempts: 2, creditDropped: true } }]);
    expect(transcriber.counts).toMatchObject({ decodedAgain: 1, searched: 0, drawn: 0, creditsDropped: 1 });
  });

  it('writes what was said instead of a credit', async () => {
    const transcriber = new Transcriber(scriptedModel((frames) => ({ tokens: frames === framesOf(3) ? [1, 2, 3] : [4, 5, 6] }), credit));
    expect((await transcriber.recognise([stretch(3)]))[0]!.text).toBe('Tack så mycket');
    expect(transcriber.counts).toMatchObject({ decodedAgain: 1, creditsDropped: 0 });
  });

  it('never drops thanks', async () => {
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [4, 5, 6] }), credit));
    expect((await transcriber.recognise([stretch(3)]))[0]!.text).toBe('Tack så mycket');
    expect(transcriber.counts.decodedAgain).toBe(0);
  });

  it('keeps what a citizen could have said, if it comes again', async () => {
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [4, 8, 9, 10] }), credit));
    expect((await transcriber.recognise([stretch(3)]))[0]!.text).toBe('Tack för att ni tittade');
    expect(transcriber.counts).toMatchObject({ decodedAgain: 1, creditsDropped: 0 });
  });

  it('is silence, if the model says so and is not sure of its words', async () => {
    const unsure = { tokens: [1, 2], logit: 1, noSpeech: 12 };
    expect(await new Transcriber(scriptedModel(() => unsure)).recognise([stretch(3)])).toMatchObject([{ segments: [], text: '' }]);
    const sure = { tokens: [1, 2], noSpeech: 12 };
    expect((await new Transcriber(scriptedModel(() => sure)).recognise([stretch(3)]))[0]!.text).toBe('w1 w2');
  });
});

describe('last resorts', () => {
  const doubtful = { tokens: [1, 2, 3], logit: 1 };

  it('are a beam search, and then texts drawn at two temperatures', async () => {
    const model = scriptedModel(() => doubtful);
    const transcriber = new Transcriber(model);
    const [got] = await transcriber.recognise([stretch(3)]);
    expect(got!.decoding).toMatchObject({ attempts: 5, searched: true, drawn: true, doubtful: true });
    expect(model.encoded).toEqual([[400], [800], [800], [800], [800]]);
    expect(transcriber.counts).toMatchObject({ stretches: 1, decodedAgain: 1, searched: 1, drawn: 1 });
  });

  it('end with the first text that looks right', async () => {
    // Encoded twice with the longer tail: decoded again, and then searched.
    const model = scriptedModel((frames, time) => (frames === 800 && time === 1 ? { tokens: [4, 5] } : doubtful));
    const transcriber = new Transcriber(model);
    const [got] = await transcriber.recognise([stretch(3)]);
    expect(got).toMatchObject({ text: 'w4 w5', decoding: { attempts: 3, searched: true, drawn: false, doubtful: false } });
    expect(transcriber.counts).toMatchObject({ searched: 1, drawn: 0 });
  });

  it('are left out for what looks right, and where they are not wanted', async () => {
    const right = new Transcriber(scriptedModel(() => ({ tokens: [1] })));
    await right.recognise([stretch(3)]);
    expect(right.counts).toMatchObject({ decodedAgain: 0, searched: 0, drawn: 0 });
    const plain = new Transcriber(scriptedModel(() => doubtful), { lastResorts: false });
    await plain.recognise([stretch(3)]);
    expect(plain.counts).toMatchObject({ decodedAgain: 1, searched: 0, drawn: 0 });
  });

  it('give the same text each time', async () => {
    const text = async (): Promise<string | undefined> => (await new Transcriber(scriptedModel(() => ({ tokens: [1, 2, 3], logit: 0.1 }))).recognise([stretch(3)]))[0]?.text;
    expect(await text()).toBe(await text());
  });
});

describe('a beam search from the beginning', () => {
  it('gives each stretch its text, each in a batch of its own', async () => {
    const model = scriptedModel((frames) => ({ tokens: Array.from({ length: frames / 100 }, (_, i) => i + 1) }));
    const transcriber = new Transcriber(model, { beamSize: 5 });
    const got = await transcriber.recognise([stretch(1), stretch(4)]);
    expect(got.map((each) => each?.text)).toEqual(['w1 w2', 'w1 w2 w3 w4 w5']);
    expect(model.encoded).toEqual([[200], [500]]);
    expect(transcriber.counts).toMatchObject({ decodedAgain: 0, searched: 0 });
  });

  it.each([0, 1.5, 17])('does not take %d texts', (beamSize) => {
    expect(() => new Transcriber(scriptedModel(() => ({ tokens: [] })), { beamSize })).toThrow(RangeError);
  });
});

describe('words', () => {
  it('have their places, in order and inside the segment', async () => {
    const model = scriptedModel(() => ({ tokens: [1, 2, 3] }));
    model.framesAToken = 25;
    const [got] = await new Transcriber(model, { words: true }).recognise([stretch(1.5)]);
    const { words } = got!.segments[0]!;
    expect(words!.map(({ word }) => word)).toEqual(['w1', 'w2', 'w3']);
    words!.forEach(({ start, end, confidence }, i) => {
      expect(start).toBeCloseTo(i * 0.5, 1);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(1.5);
      expect(confidence).toBeGreaterThan(0.99);
    });
  });

  it('stay with their segments where there are several', async () => {
    const tokens = [TIME, 1, 2, TIME + 5, TIME + 5, 3, TIME + 10];
    const model = scriptedModel(() => ({ tokens }));
    model.framesAToken = 3;
    const [got] = await new Transcriber(model, { words: true }).recognise([stretch(3)], { timestamps: true });
    expect(got!.segments.map(({ words }) => words!.map(({ word }) => word))).toEqual([['w1', 'w2'], ['w3']]);
    for (const { start, end, words } of got!.segments) {
      for (const word of words!) expect(word.start >= start && word.end <= end && word.end >= word.start).toBe(true);
    }
  });

  it('are left out unless asked for', async () => {
    const [got] = await new Transcriber(scriptedModel(() => ({ tokens: [1] }))).recognise([stretch(1)]);
    expect(got!.segments[0]).not.toHaveProperty('words');
  });
});

describe('hints', () => {
  it('are looked up with and without a capital', async () => {
    const model = scriptedModel(() => ({ tokens: [1] }));
    const seen: string[] = [];
    new Transcriber({ ...model, tokenizer: { ...model.tokenizer, encodePlain: (text) => (seen.push(text), [1]) } }, { hints: ['bygglov', 'Åtvidaberg'] });
    expect(seen).toEqual([' bygglov', ' Bygglov', ' Åtvidaberg']);
  });
});

describe('a single word', () => {
  it('that is taken for no speech gets a second chance', async () => {
    const model = scriptedModel((frames) => (frames === framesOf(1) ? { tokens: [1, 2], logit: 1, noSpeech: 12 } : { tokens: [3] }));
    expect((await new Transcriber(model).recognise([stretch(1)]))[0]!.text).toBe('w3');
  });
});

describe('an abort', () => {
  it('leaves a stretch out, and the others in', async () => {
    const aborted = AbortSignal.abort();
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [1] })));
    const got = await transcriber.recognise([stretch(3, aborted), stretch(3)]);
    expect(got.map((each) => each?.text)).toEqual([undefined, 'w1']);
  });

  it('stops a stretch between two steps', async () => {
    const controller = new AbortController();
    const model = scriptedModel((frames) => ({ tokens: frames === framesOf(3) ? Array.from({ length: 30 }, (_, i) => i % 19) : [1] }));
    let steps = 0;
    model.onStep = () => {
      if (++steps === 5) controller.abort();
    };
    const got = await new Transcriber(model).recognise([stretch(3, controller.signal), stretch(2.9)]);
    expect(got.map((each) => each?.text)).toEqual([undefined, 'w1']);
    expect(steps).toBe(5);
  });
});

describe('with timestamps', () => {
  it('gives segments with their times, inside the stretch and in order', async () => {
    const tokens = [TIME, 1, 2, TIME + 5, TIME + 5, 3, TIME + 10];
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens })));
    const [got] = await transcriber.recognise([stretch(3)], { timestamps: true });
    expect(got!.segments.map(({ start, end, text }) => ({ start, end, text }))).toEqual([
      { start: 0, end: 0.1, text: 'w1 w2' },
      { start: 0.1, end: 0.2, text: 'w3' },
    ]);
    expect(got!.text).toBe('w1 w2 w3');
  });

  it('ends a segment without an end where the stretch ends', async () => {
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [TIME + 2, 1, 2] })));
    const [got] = await transcriber.recognise([stretch(3)], { timestamps: true });
    expect(got!.segments.map(({ start, end }) => ({ start, end }))).toEqual([{ start: 0.04, end: 3 }]);
  });
});

describe('times after the end of the stretch', () => {
  it('are of no word that was said', async () => {
    const transcriber = new Transcriber(scriptedModel(() => ({ tokens: [TIME, 1, TIME + 5, TIME + 5, 2, TIME + 8] })));
    const [got] = await transcriber.recognise([stretch(0.1)], { timestamps: true });
    expect(got!.segments.map(({ start, end, text }) => ({ start, end, text }))).toEqual([{ start: 0, end: 0.1, text: 'w1' }]);
  });
});

describe('makeBatches', () => {
  it('puts every clip into one batch, of similar lengths, within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 3_000 }), { maxLength: 60 }), (lengths) => {
        const clips = lengths.map((frames) => ({ frames }));
        const batches = makeBatches(clips);
        expect(new Set(batches.flat())).toEqual(new Set(clips));
        expect(batches.flat()).toHaveLength(clips.length);
        for (const batch of batches) {
          const longest = batch[0]!.frames;
          expect(batch.length * longest <= 4_400 || batch.length === 1).toBe(true);
          expect(batch.length).toBeLessThanOrEqual(8);
          for (const { frames } of batch) expect(frames <= longest && frames >= longest * 0.7).toBe(true);
        }
      }),
    );
  });
});
