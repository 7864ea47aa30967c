import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { Transcriber } from '../../src/transcription/transcriber.js';
import { join } from '../audio/signals.js';
import { modelForTest } from './models.js';

interface Golden {
  readonly recordings: readonly { readonly file: string; readonly text: string }[];
}

/** Made by test/golden/greedy_text.py with the reference implementation. */
const golden = JSON.parse(await readFile(new URL('../golden/greedy-text.json', import.meta.url), 'utf8')) as Golden;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The models folder with OpenAI's base model in float32 and with its whole vocabulary; the recipe's verify.py exports it. */
const folder = process.env['TONALITET_GOLDEN_MODELS'];
const model = folder === undefined ? undefined : await modelForTest('speech', undefined, folder);
const present = golden.recordings.filter(({ file }) => existsSync(resolve(ROOT, file)));
if (model === undefined) console.warn('\n*** LEFT OUT: greedy text against the reference implementation: it needs TONALITET_GOLDEN_MODELS ***\n');
else if (present.length === 0) console.warn('\n*** LEFT OUT: greedy text against the reference implementation: none of its recordings is there ***\n');

describe.skipIf(model === undefined || present.length === 0)('greedy text in float32', { timeout: 120_000 }, () => {
  it('is that of the reference implementation, with its 30 s of context', async () => {
    const transcriber = await Transcriber.load(model!, { tailS: 30 });
    for (const { file, text } of present) {
      const chunks: Float32Array[] = [];
      for await (const chunk of decodeAudio({ kind: 'file', path: resolve(ROOT, file) }, { maxDurationS: 30, ffmpegPath: 'ffmpeg' })) chunks.push(chunk);
      const [transcript] = await transcriber.recognise([{ samples: join(chunks) }]);
      expect(transcript!.text, file).toBe(text);
    }
    await transcriber.release();
  });
});
