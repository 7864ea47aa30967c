import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import { join } from '../audio/signals.js';
import { tinyWhisper } from '../transcription/tiny-whisper.js';

/** A folder that models/whisper/recipe/hub_layout.py made; its 300 MB lie in no repository. */
const FOLDER = process.env['TONALITET_HUB_MODEL'];
const missing = FOLDER === undefined || !existsSync(FOLDER);
if (missing) console.warn('\n*** LEFT OUT: the hub layout with real weights needs TONALITET_HUB_MODEL, a folder made by models/whisper/recipe/hub_layout.py ***\n');

/** Made by test/golden/greedy_text.py with the reference implementation. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const golden = JSON.parse(await readFile(new URL('../golden/greedy-text.json', import.meta.url), 'utf8')) as { readonly recordings: readonly { readonly file: string; readonly text: string }[] };
const present = golden.recordings.filter(({ file }) => existsSync(resolve(ROOT, file)));
const float32 = !missing && existsSync(resolve(FOLDER, 'onnx/encoder_model.onnx'));
if (!missing && (present.length === 0 || !float32)) console.warn('\n*** LEFT OUT: the hub layout against the reference implementation: it needs its recordings, and the files in float32 ***\n');

async function read(path: string): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const chunk of decodeAudio({ kind: 'file', path: resolve(ROOT, path) }, { maxDurationS: 30, ffmpegPath: 'ffmpeg' })) chunks.push(chunk);
  return join(chunks);
}

describe.skipIf(missing)('Whisper base in the layout of hubs (needs TONALITET_HUB_MODEL)', () => {
  let transcriber: Transcriber;

  beforeAll(async () => {
    transcriber = await Transcriber.load(await tinyWhisper(FOLDER!), { threads: 2 });
  }, 120_000);

  afterAll(async () => transcriber.release());

  it('hears what is said, in a batch of clips of different lengths', { timeout: 300_000 }, async () => {
    const clips = await Promise.all(['samples/01-vaxel-positiv.wav', 'samples/04-forskola-positiv.wav'].map(read));
    const texts = (await transcriber.recognise(clips.map((samples) => ({ samples })))).map((each) => each!.text);
    expect(texts[0]).toMatch(/väldigt nöjd/i);
    expect(texts[1]).toMatch(/redan i augusti/i);
  });

  it.skipIf(present.length === 0 || !float32)('writes what the reference implementation writes with the same weights', { timeout: 300_000 }, async () => {
    for (const { file, text } of present) {
      const [transcript] = await transcriber.recognise([{ samples: await read(file) }]);
      expect(transcript!.text, file).toBe(text);
    }
  });
});
