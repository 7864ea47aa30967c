import type { BatchDecoding, SpeechModel } from '../../src/transcription/whisper-model.js';
import { tinyConfig } from './config.js';

/** What a scripted model writes for one clip. */
export interface Script {
  /** Without the end. */
  readonly tokens: readonly number[];
  /** The logit of each scripted token, above 0 for all others. @default 12: almost sure */
  readonly logit?: number;
  /** The logit of "no speech" at the start. @default -12 */
  readonly noSpeech?: number;
}

export interface ScriptedModel extends SpeechModel {
  /** For each call of `encode`, the frames of its clips. */
  readonly encoded: (readonly number[])[];
  /** Frames of 20 ms that each token takes, for those who ask where words are. */
  framesAToken: number;
  /** Called at each step of decoding. */
  onStep: () => void;
}

/**
 * A speech model that writes what the script says for the clip.
 *
 * @param script given the clip's own frames and how often a clip of this many frames was encoded before.
 */
export function scriptedModel(script: (frames: number, time: number) => Script, words: readonly string[] = []): ScriptedModel {
  const { vocabularySize, tokens: special } = tinyConfig;
  const seen = new Map<number, number>();
  const model: ScriptedModel = {
    config: tinyConfig,
    tokenizer: {
      encode: () => [],
      encodePlain: () => [],
      decode: (tokens) => tokens.map((token) => words[token] ?? ` w${token}`).join(''),
      idOf: () => undefined,
    },
    encoded: [],
    framesAToken: 10,
    onStep: () => undefined,
    encode: (_mel, _frames, lengths) => {
      model.encoded.push(lengths);
      let rows = lengths.map((frames) => {
        const time = seen.get(frames) ?? 0;
        seen.set(frames, time + 1);
        return script(frames, time);
      });
      let steps = 0;
      const decoding: BatchDecoding = {
        step: (tokens) => {
          if (tokens.length % rows.length !== 0) throw new Error('expected the same count of tokens for each row');
          model.onStep();
          const logits = new Float32Array(rows.length * vocabularySize);
          rows.forEach((row, i) => {
            const next = steps === 0 ? special.noSpeech : (row.tokens[steps - 1] ?? special.endOfText);
            logits[i * vocabularySize + next] = steps === 0 ? (row.noSpeech ?? -12) : (row.logit ?? 12);
          });
          steps++;
          return Promise.resolve(logits);
        },
        keep: (kept) => {
          rows = kept.map((row) => rows[row]!);
        },
      };
      const attention = (_clip: number, tokens: readonly number[], looked: number): Promise<Float32Array> => {
        const scores = new Float32Array(tokens.length * looked);
        // Token i of the text is at its place times `framesAToken`; the row before it looks there.
        tokens.forEach((_, row) => {
          const from = Math.max(0, row - 3) * model.framesAToken;
          for (let frame = from; frame < Math.min(looked, from + model.framesAToken); frame++) scores[row * looked + frame] = 10;
        });
        return Promise.resolve(scores);
      };
      return Promise.resolve({ open: () => decoding, attention });
    },
    release: () => Promise.resolve(),
  };
  return model;
}
