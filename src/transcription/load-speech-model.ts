import type { VerifiedModel } from '../inference/verification.js';
import { isHubLayout } from './hub-config.js';
import { HubModel } from './hub-model.js';
import type { SpeechModel } from './whisper-model.js';
import { WhisperModel } from './whisper-model.js';

/**
 * Loads a model of the kind `speech`, in this project's layout or in that of hubs.
 *
 * @param threads threads for one operator, at least 1.
 * @throws TonalitetError `MODEL_MISSING` or `MODEL_INVALID`.
 */
export async function loadSpeechModel(verified: VerifiedModel, threads: number): Promise<SpeechModel> {
  return isHubLayout(verified) ? HubModel.load(verified, threads) : WhisperModel.load(verified, threads);
}
