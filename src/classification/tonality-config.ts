import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TonalitetError } from '../errors.js';
import { AREAS, SERVICES, TONALITIES } from './labels.js';

/** What comes with a tonality model: how it is fed, and where its decisions lie. */
export interface TonalityConfig {
  /** The longest window of text, in tokens, with the special ones. */
  readonly maxTokens: number;
  /** Put in front of every text, as in the encoder's training. */
  readonly prefix: string;
  readonly thresholds: DecisionThresholds;
}

/** Found on the model's validation set; see its card. */
export interface DecisionThresholds {
  /** Divides the logits of the tonality: calibration. */
  readonly temperature: number;
  /** Divides the logits of each area. */
  readonly areaTemperature: number;
  /** An area is judged where 1 - P(absent) is above this. */
  readonly areaThreshold: number;
  readonly serviceThreshold: number;
  /** The text judges something where the probability of an opinion is above this. */
  readonly opinionThreshold: number;
  /** A verdict is uncertain where the largest probability of a tonality is below this. */
  readonly uncertainBelow: number;
}

/** A configuration takes a kilobyte; more than 64 KiB is something else. */
const MAX_CONFIG_BYTES = 65_536;

/** Shorter windows than this would hold no sentence; e5's positions end at 512. */
const MIN_WINDOW_TOKENS = 32;
const MAX_WINDOW_TOKENS = 512;

const probability = z.number().min(0).max(1);
const temperature = z.number().min(0.01).max(100);

const configSchema = z.object({
  format: z.literal(1),
  maxTokens: z.int().min(MIN_WINDOW_TOKENS).max(MAX_WINDOW_TOKENS),
  prefix: z.string().max(64),
  temperature,
  areaTemperature: temperature,
  areaThreshold: probability,
  serviceThreshold: probability,
  opinionThreshold: probability,
  uncertainBelow: probability,
  labels: z.object({ tonality: sameAs(TONALITIES), areas: sameAs(AREAS), services: sameAs(SERVICES) }),
});

/**
 * Reads the `config.json` of a tonality model.
 *
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`, also for a model with other labels than these.
 */
export async function readTonalityConfig(path: string): Promise<TonalityConfig> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new TonalitetError('MODEL_MISSING', `Expected a configuration at '${path}', but it cannot be read. Restore the models folder.`, { cause: error });
  }
  let json: unknown;
  try {
    json = bytes.length <= MAX_CONFIG_BYTES ? JSON.parse(bytes.toString('utf8')) : undefined;
  } catch {
    json = undefined;
  }
  const result = configSchema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new TonalitetError(
      'MODEL_INVALID',
      `Expected the configuration of a tonality model in '${path}', but at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'it differs'}. ` +
        'Restore the models folder, or use a model of this version.',
    );
  }
  const { maxTokens, prefix, format: _format, labels: _labels, ...thresholds } = result.data;
  return { maxTokens, prefix, thresholds };
}

function sameAs(labels: readonly string[]): z.ZodType<readonly string[]> {
  return z.array(z.string()).refine((got) => got.join() === labels.join(), `expected the labels ${labels.join(', ')}`);
}
