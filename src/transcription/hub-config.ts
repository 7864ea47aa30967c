import { z } from 'zod';
import { TonalitetError } from '../errors.js';
import type { Tokenizer } from '../inference/tokenizer.js';
import { verifiedPath } from '../inference/verification.js';
import type { VerifiedModel } from '../inference/verification.js';
import { MAX_BATCH } from './batches.js';
import { readChecked } from './whisper-config.js';
import type { WhisperConfig } from './whisper-config.js';

const TOKENIZER_FILE = 'tokenizer.json';

/** Of a graph's name in the layout: what follows says how its weights are kept, such as `_quantized`. */
const ENCODER_FILE = /^onnx\/encoder_model(_\w+)?\.onnx$/;
const DECODER_FILE = /^onnx\/decoder_model_merged(_\w+)?\.onnx$/;

/** Such models were made for clips padded to their whole window, 30 s. */
const WINDOW_S = 30;

/** What the decoder may hold of what it heard, for a whole batch: 8 clips of the base size, 2 of the small one, 1 of a larger one. */
const MAX_HEARD_BYTES = 300_000_000;

const FLOAT_BYTES = 4;

const tokenId = z.int().min(0).max(200_000);
const tokenIds = z.array(tokenId).max(10_000).nullish();

// Bounds as for our own layout: about four times Whisper's largest sizes.
const modelSchema = z.object({
  model_type: z.literal('whisper'),
  d_model: z.int().min(1).max(8_192),
  num_mel_bins: z.int().min(1).max(512),
  decoder_layers: z.int().min(1).max(128),
  decoder_attention_heads: z.int().min(1).max(128),
  vocab_size: z.int().min(1).max(200_000),
  max_source_positions: z.int().min(50).max(1_500),
  max_target_positions: z.int().min(8).max(2_048),
  eos_token_id: tokenId.nullish(),
  decoder_start_token_id: tokenId.nullish(),
});

const generationSchema = z.object({
  suppress_tokens: tokenIds,
  begin_suppress_tokens: tokenIds,
  no_timestamps_token_id: tokenId.nullish(),
  lang_to_id: z.record(z.string().max(100), tokenId).nullish(),
  task_to_id: z.record(z.string().max(100), tokenId).nullish(),
});

/** The analysis that `LogMel` does; a model that was made for another one would hear noise. */
const preprocessorSchema = z.object({
  feature_size: z.int().min(1).max(512),
  hop_length: z.literal(160),
  n_fft: z.literal(400),
  sampling_rate: z.literal(16_000),
  nb_max_frames: z.int().min(100).max(3_000).nullish(),
});

type ModelFields = z.infer<typeof modelSchema>;
type GenerationFields = z.infer<typeof generationSchema>;

/** Whether a model's files lie as hubs publish them, which its list of files tells: no file needs to be read for that. */
export function isHubLayout({ paths }: VerifiedModel): boolean {
  return Object.keys(paths).some((path) => ENCODER_FILE.test(path));
}

/** The path of a hub model's tokenizer. @throws TonalitetError `MODEL_INVALID` */
export function hubTokenizerPath(verified: VerifiedModel): string {
  return verifiedPath(verified, TOKENIZER_FILE);
}

/**
 * Reads the four configurations of a model in the layout of hubs, checks them against each other, and says what they say in our own
 * terms.
 *
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function readHubConfig(verified: VerifiedModel, tokenizer: Tokenizer): Promise<WhisperConfig> {
  const { name, version } = verified.model;
  const fields = await readChecked(verifiedPath(verified, 'config.json'), modelSchema, "a Whisper's config.json as hubs publish it");
  const generation = await readChecked(verifiedPath(verified, 'generation_config.json'), generationSchema, "a Whisper's generation_config.json");
  const preprocessor = await readChecked(verifiedPath(verified, 'preprocessor_config.json'), preprocessorSchema, "a Whisper's preprocessor_config.json");
  const wrong = (expected: string, got: string): TonalitetError =>
    new TonalitetError('MODEL_INVALID', `Expected ${expected} in the model '${name}', got ${got}. Fetch the whole model again, all files of one revision.`);

  const { d_model: state, decoder_attention_heads: heads, decoder_layers: layers, vocab_size: vocabularySize, max_source_positions: places } = fields;
  const maxFrames = 2 * places;
  if (state % heads !== 0) throw wrong(`d_model to be a multiple of the ${heads} heads`, `${state}`);
  if (preprocessor.feature_size !== fields.num_mel_bins) throw wrong(`the same number of mel bands in both configurations (${fields.num_mel_bins})`, `${preprocessor.feature_size}`);
  if (preprocessor.nb_max_frames != null && preprocessor.nb_max_frames !== maxFrames) throw wrong(`nb_max_frames to be ${maxFrames}`, `${preprocessor.nb_max_frames}`);

  const tokens = readTokens(fields, generation, tokenizer, wrong);
  const suppress = [...(generation.suppress_tokens ?? []), ...between(tokens.endOfText + 1, tokens.timestampBegin)];
  const suppressAtBegin = generation.begin_suppress_tokens ?? [];
  const outside = [...suppress, ...suppressAtBegin, tokens.timestampBegin + places].find((id) => id >= vocabularySize);
  if (outside !== undefined) throw wrong(`all tokens within the vocabulary of ${vocabularySize}`, `${outside}`);

  const encoder = onlyFile(verified, ENCODER_FILE, wrong);
  const decoder = onlyFile(verified, DECODER_FILE, wrong);
  const heardBytes = 2 * layers * places * state * FLOAT_BYTES;
  return {
    name,
    version,
    nMels: fields.num_mel_bins,
    layers,
    heads,
    headSize: state / heads,
    vocabularySize,
    maxTokens: fields.max_target_positions,
    maxFrames,
    tailS: WINDOW_S,
    tokens,
    suppress: [...new Set(suppress)],
    suppressAtBegin,
    batchFrames: maxFrames * Math.min(MAX_BATCH, Math.max(1, Math.floor(MAX_HEARD_BYTES / heardBytes))),
    files: { encoder, decoder, tokenizer: TOKENIZER_FILE },
  };
}

/** The special tokens by their names in the tokenizer; what the configurations say of them must agree. */
function readTokens(
  { eos_token_id, decoder_start_token_id }: ModelFields,
  { no_timestamps_token_id, lang_to_id, task_to_id }: GenerationFields,
  tokenizer: Tokenizer,
  wrong: (expected: string, got: string) => TonalitetError,
): WhisperConfig['tokens'] {
  const token = (names: readonly string[], stated: number | null | undefined): number => {
    const id = names.map((each) => tokenizer.idOf(each)).find((each) => each !== undefined);
    if (id === undefined) throw wrong(`the token ${names[0]} in ${TOKENIZER_FILE}, as multilingual Whisper models have it`, 'none');
    if (stated != null && stated !== id) throw wrong(`${names[0]} to be ${id} everywhere, as in ${TOKENIZER_FILE}`, `${stated}`);
    return id;
  };
  const noTimestamps = token(['<|notimestamps|>'], no_timestamps_token_id);
  const tokens = {
    endOfText: token(['<|endoftext|>'], eos_token_id),
    startOfTranscript: token(['<|startoftranscript|>'], decoder_start_token_id),
    language: token(['<|sv|>'], lang_to_id?.['<|sv|>']),
    transcribe: token(['<|transcribe|>'], task_to_id?.['transcribe']),
    startOfPrevious: token(['<|startofprev|>'], undefined),
    // The second is the older name.
    noSpeech: token(['<|nospeech|>', '<|nocaptions|>'], undefined),
    noTimestamps,
    // Not every tokenizer names the timestamps; they follow, in every Whisper.
    timestampBegin: noTimestamps + 1,
  };
  if (tokens.endOfText >= noTimestamps) throw wrong('<|endoftext|> before <|notimestamps|>', `${tokens.endOfText} and ${noTimestamps}`);
  return tokens;
}

function onlyFile({ paths }: VerifiedModel, pattern: RegExp, wrong: (expected: string, got: string) => TonalitetError): string {
  const found = Object.keys(paths).filter((path) => pattern.test(path));
  if (found.length !== 1) throw wrong(`one file like ${pattern.source.replaceAll(/[\\^$]/g, '')}`, found.length === 0 ? 'none' : found.join(', '));
  return found[0]!;
}

/** The numbers from `from` up to, but not, `to`. */
function between(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
