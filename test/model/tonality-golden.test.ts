import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { TonalityClassifier } from '../../src/classification/tonality.js';
import { TONALITIES } from '../../src/classification/labels.js';
import { loadTokenizer } from '../../src/inference/tokenizer.js';
import { verifiedPath } from '../../src/inference/verification.js';
import { modelForTest } from './models.js';

/** Made by models/tonality/recipe/golden.py with ONNX Runtime in Python and the tokenizers of Hugging Face in Rust. */
const golden = JSON.parse(readFileSync(new URL('../golden/tonality.json', import.meta.url), 'utf8')) as {
  prefix: string;
  tokens: readonly { text: string; ids: readonly number[] }[];
  results: readonly { text: string; logits: { tonality: readonly number[] } }[];
};

/** int8 activations are rounded in another way without VNNI. */
const MAX_DIFFERENCE = 0.03;

const verified = await modelForTest('tonality');

describe.skipIf(verified === undefined)('the tonality model, beside the reference', async () => {
  const tokenizer = verified && (await loadTokenizer(verifiedPath(verified, 'tokenizer.json')));
  const classifier = verified && (await TonalityClassifier.load(verified, 1));
  const temperature = verified && (JSON.parse(readFileSync(verifiedPath(verified, 'config.json'), 'utf8')) as { temperature: number }).temperature;

  afterAll(async () => classifier?.release());

  it('cuts texts into the same tokens', () => {
    for (const { text, ids } of golden.tokens) expect(tokenizer!.encode(golden.prefix + text)).toEqual(ids);
  });

  it('gives the same probabilities', async () => {
    for (const { text, logits } of golden.results) {
      const [verdict] = await classifier!.classify([text], { shouldStop: () => false });
      const exponentials = logits.tonality.map((logit) => Math.exp(logit / temperature!));
      const sum = exponentials.reduce((total, value) => total + value, 0);
      TONALITIES.forEach((tonality, i) => {
        expect(Math.abs(verdict!.probabilities![tonality] - exponentials[i]! / sum)).toBeLessThan(MAX_DIFFERENCE);
      });
    }
  });
});
