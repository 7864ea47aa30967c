import { readFile } from 'node:fs/promises';
import * as huggingFace from '@huggingface/tokenizers';
import { TonalitetError } from '../errors.js';

/** Text to token numbers and back. */
export interface Tokenizer {
  /** The text's tokens, with the special tokens that the model's tokenizer adds around them. */
  encode(text: string): number[];
  /** The text's tokens alone. */
  encodePlain(text: string): number[];
  /**
   * The tokens' text, without special tokens. Give it all tokens of a text at once: a character may be spread over several.
   */
  decode(tokens: readonly number[]): string;
  /** The number of a token that is written exactly so, such as `<|sv|>`. */
  idOf(token: string): number | undefined;
}

/** The part of the package that is used. Its own types do not resolve under NodeNext (imports without endings) and would become `any`. */
interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
}
type HuggingFaceTokenizerClass = new (tokenizer: unknown, config: unknown) => HuggingFaceTokenizer;

/** The largest tokenizer.json that is read: whole multilingual vocabularies take 17 MB. */
const MAX_TOKENIZER_BYTES = 67_108_864;

/**
 * Loads a tokenizer.json in Hugging Face's format.
 *
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new TonalitetError('MODEL_MISSING', `Expected a tokenizer at '${path}', but it cannot be read. Restore the models folder.`, { cause: error });
  }
  if (bytes.length > MAX_TOKENIZER_BYTES) {
    throw new TonalitetError('MODEL_INVALID', `Expected a tokenizer of at most ${MAX_TOKENIZER_BYTES} bytes in '${path}', got ${bytes.length}.`);
  }
  try {
    return wrap(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new TonalitetError('MODEL_INVALID', `Expected a Hugging Face tokenizer.json in '${path}', got something else. Restore the models folder.`, {
      cause: error,
    });
  }
}

function wrap(definition: unknown): Tokenizer {
  // The package also asks for tokenizer_config.json; all that it would take from it here are the defaults.
  const TokenizerClass = huggingFace.Tokenizer as unknown as HuggingFaceTokenizerClass;
  const tokenizer = new TokenizerClass(definition, {});
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: true }).ids,
    encodePlain: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (tokens) => (tokens.length === 0 ? '' : tokenizer.decode([...tokens], { skip_special_tokens: true, clean_up_tokenization_spaces: false })),
    idOf: (token) => tokenizer.token_to_id(token),
  };
}
