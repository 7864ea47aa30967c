import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TonalitetError } from '../errors.js';

/** What a Whisper folder's config.json says. */
export interface WhisperConfig {
  readonly name: string;
  readonly version: string;
  /** Mel bands. */
  readonly nMels: number;
  /** Layers of the decoder. */
  readonly layers: number;
  readonly heads: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  /** Tokens that the decoder can hold, with the prompt. */
  readonly maxTokens: number;
  /** Frames of 10 ms that the encoder can take. */
  readonly maxFrames: number;
  /** Seconds of silence to put after the speech. */
  readonly tailS: number;
  /** Token numbers in this vocabulary. */
  readonly tokens: {
    readonly startOfTranscript: number;
    readonly endOfText: number;
    readonly transcribe: number;
    readonly noTimestamps: number;
    readonly noSpeech: number;
    readonly startOfPrevious: number;
    /** `<|0.00|>`; the others follow, 20 ms apart. */
    readonly timestampBegin: number;
    /** Swedish. */
    readonly language: number;
  };
  /** Never produced. */
  readonly suppress: readonly number[];
  /** Never produced first. */
  readonly suppressAtBegin: readonly number[];
  /**
   * Heads of the decoder that follow the sound word by word: layer and head, from 0. `undefined` where the graph does not give their
   * queries; words have no times then.
   */
  readonly alignmentHeads?: readonly (readonly [layer: number, head: number])[] | undefined;
  /** Frames in one batch of clips, filling included, where memory asks for another limit than `makeBatches` has. */
  readonly batchFrames?: number;
  /** Names of files in the model's folder. */
  readonly files: { readonly encoder: string; readonly decoder: string; readonly tokenizer: string };
}

/** The layout that this version reads. */
const CONFIG_FORMAT = 1;

/** A configuration takes a few kilobytes. */
const MAX_CONFIG_BYTES = 1_048_576;

const fileName = z.string().regex(/^[\w-][\w.-]*$/);
const token = z.int().min(0).max(200_000);

// Bounds: about four times Whisper's largest sizes, so that a wrong number cannot ask for absurd amounts of memory.
const schema = z
  .object({
    format: z.literal(CONFIG_FORMAT),
    name: z.string().min(1).max(200),
    version: z.string().min(1).max(200),
    nMels: z.int().min(1).max(512),
    layers: z.int().min(1).max(128),
    heads: z.int().min(1).max(128),
    headSize: z.int().min(1).max(512),
    vocabularySize: z.int().min(1).max(200_000),
    maxTokens: z.int().min(8).max(2_048),
    maxFrames: z.int().min(100).max(3_000),
    tailS: z.number().min(0).max(30),
    tokens: z.object({
      startOfTranscript: token,
      endOfText: token,
      transcribe: token,
      noTimestamps: token,
      noSpeech: token,
      startOfPrevious: token,
      timestampBegin: token,
      language: token,
    }),
    suppress: z.array(token).max(10_000),
    suppressAtBegin: z.array(token).max(10_000),
    alignmentHeads: z.array(z.tuple([z.int().min(0).max(127), z.int().min(0).max(127)])).min(1).max(1_024).optional(),
    files: z.object({ encoder: fileName, decoder: fileName, tokenizer: fileName }),
  })
  .refine(
    ({ tokens, suppress, suppressAtBegin, vocabularySize }) =>
      [...Object.values(tokens), ...suppress, ...suppressAtBegin].every((id) => id < vocabularySize),
    'a token lies outside the vocabulary',
  )
  .refine(
    ({ alignmentHeads, layers, heads }) => alignmentHeads?.every(([layer, head]) => layer < layers && head < heads) ?? true,
    'an alignment head lies outside the decoder',
  );

/**
 * Reads a Whisper folder's configuration and checks it.
 *
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function readWhisperConfig(path: string): Promise<WhisperConfig> {
  return readChecked(path, schema, `a Whisper configuration of format ${CONFIG_FORMAT}`);
}

/**
 * Reads a JSON file of a model's folder and checks it.
 *
 * @param what for the error's text, such as 'a Whisper configuration'.
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function readChecked<T>(path: string, rules: z.ZodType<T>, what: string): Promise<T> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new TonalitetError('MODEL_MISSING', `Expected a model configuration at '${path}', but it cannot be read. Restore the models folder.`, {
      cause: error,
    });
  }
  try {
    if (bytes.length > MAX_CONFIG_BYTES) throw new RangeError(`expected at most ${MAX_CONFIG_BYTES} bytes, got ${bytes.length}`);
    return rules.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const detail = issue !== undefined ? `${issue.path.join('.')}: ${issue.message}` : error instanceof RangeError ? error.message : 'it is not JSON';
    throw new TonalitetError('MODEL_INVALID', `Expected ${what} in '${path}', got something else (${detail}). Use a model of this version.`, {
      cause: error,
    });
  }
}
