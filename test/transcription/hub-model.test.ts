import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { HubModel } from '../../src/transcription/hub-model.js';
import { loadSpeechModel } from '../../src/transcription/load-speech-model.js';
import { LogMel } from '../../src/transcription/log-mel.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import { WhisperModel } from '../../src/transcription/whisper-model.js';
import type { SpeechModel } from '../../src/transcription/whisper-model.js';
import { TINY_LAYOUTS, TINY_WHISPER, changedHub, tinyWhisper } from './tiny-whisper.js';

/** A second of a tone that moves, so that clips differ from each other. */
function clip(hz: number, seconds = 1): Float32Array {
  return Float32Array.from({ length: Math.round(16_000 * seconds) }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hz * i * (1 + i / 40_000)) / 16_000));
}

const CLIPS = [clip(180), clip(700, 0.8), clip(2_300, 0.6), clip(90, 0.4), clip(5_000)];

function melOf(model: SpeechModel, clips: readonly Float32Array[]): Float32Array {
  const { nMels, maxFrames } = model.config;
  const mel = new Float32Array(clips.length * nMels * maxFrames);
  clips.forEach((samples, i) => new LogMel(nMels).compute(samples, maxFrames, mel.subarray(i * nMels * maxFrames, (i + 1) * nMels * maxFrames)));
  return mel;
}

/** The logits of a fixed way through a text, with rows left out and taken twice on the way. */
async function walk(model: SpeechModel): Promise<Float32Array[]> {
  const { tokens, maxFrames } = model.config;
  const found: Float32Array[] = [];
  const decoding = (await model.encode(melOf(model, CLIPS), maxFrames, CLIPS.map(() => maxFrames))).open();
  const step = async (next: readonly number[]): Promise<void> => void found.push((await decoding.step(next)).slice());
  await step(CLIPS.map(() => tokens.startOfTranscript));
  await step(CLIPS.flatMap(() => [tokens.language, tokens.transcribe, tokens.noTimestamps]));
  for (let i = 0; i < 4; i++) await step(CLIPS.map((_, row) => 1 + ((3 * i + row) % 20)));
  decoding.keep([4, 2, 0]);
  for (let i = 0; i < 4; i++) await step([5 + i, 9, 2 * i]);
  decoding.keep([1]);
  for (let i = 0; i < 3; i++) await step([4 * i]);
  return found;
}

describe('a model in the two layouts', () => {
  const models: SpeechModel[] = [];

  beforeAll(async () => {
    for (const layout of TINY_LAYOUTS) models.push(await loadSpeechModel(await tinyWhisper(`${TINY_WHISPER}${layout}`), 1));
  });

  afterAll(async () => {
    for (const model of models) await model.release();
  });

  it('is loaded by the loader that its files ask for', () => {
    expect(models[0]).toBeInstanceOf(WhisperModel);
    expect(models[1]).toBeInstanceOf(HubModel);
  });

  it('says the same of itself', () => {
    const [own, hub] = models.map(({ config }) => config);
    const { suppress, batchFrames, tailS, files, ...rest } = hub!;
    expect(own).toMatchObject(rest);
    expect([...suppress].sort()).toEqual([...own!.suppress].sort());
    expect({ tailS, batchFrames, encoder: files.encoder }).toEqual({ tailS: 30, batchFrames: 800, encoder: 'onnx/encoder_model.onnx' });
  });

  it('gives the same logits, step by step, for any rows', async () => {
    const [own, hub] = await Promise.all(models.map(walk));
    expect(hub!.map((logits) => logits.length)).toEqual(own!.map((logits) => logits.length));
    let largest = 0;
    own!.forEach((logits, step) => logits.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - hub![step]![i]!)))));
    expect(largest).toBeLessThan(1e-3);
    // Logits that hardly differ from each other would agree whatever the loaders do.
    const last = own!.at(-1)!;
    expect(Math.max(...last) - Math.min(...last)).toBeGreaterThan(1);
  });

  it('writes the same texts', async () => {
    const texts: string[][] = [];
    for (const layout of TINY_LAYOUTS) {
      const transcriber = await Transcriber.load(await tinyWhisper(`${TINY_WHISPER}${layout}`));
      // Each alone: a clip in a batch of our own layout is not padded to the window.
      const heard: string[] = [];
      for (const samples of CLIPS) heard.push(...(await transcriber.recognise([{ samples }])).map((each) => each!.text));
      texts.push(heard, (await transcriber.recognise(CLIPS.map((samples) => ({ samples })))).map((each) => each!.text));
      await transcriber.release();
    }
    const [own, ownBatch, hub, hubBatch] = texts;
    expect(hub).toEqual(own);
    expect(hubBatch).toEqual(ownBatch);
    expect(hub).toEqual(hubBatch);
    expect(new Set(hub).size).toBeGreaterThan(2);
  });

  it('pads what is shorter than the window with the silence behind the clip', async () => {
    const hub = models[1]!;
    const { nMels, maxFrames, tokens } = hub.config;
    const short = new Float32Array(nMels * 60);
    new LogMel(nMels).compute(CLIPS[3]!, 60, short);
    const long = melOf(hub, [CLIPS[3]!]);
    const logits = async (mel: Float32Array, frames: number): Promise<Float32Array> => (await (await hub.encode(mel, frames, [frames])).open().step([tokens.startOfTranscript])).slice();
    expect(await logits(short, 60)).toEqual(await logits(long, maxFrames));
  });
});

describe('a configuration that is not right', () => {
  const cases: readonly (readonly [string, string, (content: Record<string, unknown>) => unknown, RegExp])[] = [
    ['another kind of model', 'config.json', (c) => ({ ...c, model_type: 'wav2vec2' }), /model_type/],
    ['no JSON', 'config.json', () => '<html>', /not JSON/],
    ['a size out of all bounds', 'config.json', (c) => ({ ...c, decoder_layers: 1e9 }), /decoder_layers/],
    ['a size that is no number', 'config.json', (c) => ({ ...c, d_model: '16' }), /d_model/],
    ['heads that do not fit', 'config.json', (c) => ({ ...c, decoder_attention_heads: 3 }), /multiple of the 3 heads/],
    ['other bands than the spectrogram', 'preprocessor_config.json', (c) => ({ ...c, feature_size: 128 }), /mel bands .* got 128/],
    ['another hop', 'preprocessor_config.json', (c) => ({ ...c, hop_length: 256 }), /hop_length/],
    ['another rate', 'preprocessor_config.json', (c) => ({ ...c, sampling_rate: 8_000 }), /sampling_rate/],
    ['another window', 'preprocessor_config.json', (c) => ({ ...c, nb_max_frames: 3_000 }), /nb_max_frames to be 100/],
    ['a suppressed token outside the vocabulary', 'generation_config.json', (c) => ({ ...c, suppress_tokens: [90_000] }), /within the vocabulary .* got 90000/],
    ['a negative token', 'generation_config.json', (c) => ({ ...c, suppress_tokens: [-1] }), /suppress_tokens/],
    ['a list of tokens without end', 'generation_config.json', (c) => ({ ...c, suppress_tokens: new Array(10_001).fill(1) }), /suppress_tokens/],
    ['another token for Swedish', 'generation_config.json', (c) => ({ ...c, lang_to_id: { '<|sv|>': 3 } }), /<\|sv\|> to be \d+ everywhere/],
    ['a vocabulary that is too small for the timestamps', 'config.json', (c) => ({ ...c, vocab_size: 60 }), /within the vocabulary of 60/],
    ['a tokenizer without Swedish', 'tokenizer.json', (c) => JSON.parse(JSON.stringify(c).replace('<|sv|>', '<|fi|>')) as unknown, /token <\|sv\|> in tokenizer.json/],
    ['sizes that the graph does not have', 'config.json', (c) => ({ ...c, decoder_layers: 3 }), /past_key_values\.2/],
  ];

  it.each(cases)('is refused: %s', async (_name, file, change, message) => {
    const verified = await changedHub(file, change);
    const error: unknown = await loadSpeechModel(verified, 1).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(TonalitetError);
    expect((error as TonalitetError).code).toBe('MODEL_INVALID');
    expect((error as TonalitetError).message).toMatch(message);
    await rm(dirname(verified.paths['config.json']!), { recursive: true });
  });

  it('is refused: two graphs of one kind', async () => {
    const verified = await tinyWhisper(`${TINY_WHISPER}hub`);
    const paths = { ...verified.paths, 'onnx/encoder_model_quantized.onnx': verified.paths['onnx/encoder_model.onnx']! };
    await expect(loadSpeechModel({ ...verified, paths }, 1)).rejects.toThrow(/one file like .*encoder_model.* got onnx\/encoder_model.onnx, onnx\/encoder_model_quantized.onnx/);
  });
});
