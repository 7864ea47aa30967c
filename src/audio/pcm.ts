/** The sample rate of everything behind the decoder: voice activity detection and Whisper are both trained on it. */
export const MODEL_SAMPLE_RATE_HZ = 16_000;

/** One second: the largest chunk that a decoder hands on, so that memory does not grow with the length of a recording. */
export const MAX_CHUNK_SAMPLES: number = 1 * MODEL_SAMPLE_RATE_HZ;
