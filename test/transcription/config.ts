import type { WhisperConfig } from '../../src/transcription/whisper-config.js';

/** A configuration with a vocabulary of 40: words 0 to 19, then the special tokens, then timestamps from 0.00 to 0.20 s. */
export const tinyConfig: WhisperConfig = {
  name: 'tiny',
  version: '1',
  nMels: 80,
  layers: 1,
  heads: 1,
  headSize: 2,
  vocabularySize: 40,
  maxTokens: 448,
  maxFrames: 3_000,
  tailS: 1,
  tokens: { endOfText: 20, startOfTranscript: 21, language: 22, transcribe: 23, startOfPrevious: 24, noSpeech: 25, noTimestamps: 26, timestampBegin: 29 },
  suppress: [7, 21, 22, 23, 24, 25, 27, 28],
  suppressAtBegin: [0, 20],
  files: { encoder: 'encoder.onnx', decoder: 'decoder.onnx', tokenizer: 'tokenizer.json' },
};
