/**
 * A byte-level tokenizer in the format of Whisper's: tokens 0 to 255 are the bytes (in the order of their visible characters), one
 * merge ("he"), and the end of the text.
 */
export function byteLevelTokenizer(): object {
  const characters = byteCharacters();
  const vocabulary = Object.fromEntries([...characters, 'he'].map((token, id) => [token, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: 257, content: '<|endoftext|>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      vocab: vocabulary,
      merges: [['h', 'e']],
    },
  };
}

/** The visible character that stands for each byte in byte-level vocabularies: itself where it is printable, the next free one otherwise. */
function byteCharacters(): string[] {
  let free = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : free++);
  });
}
