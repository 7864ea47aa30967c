/** The sample rate of everything behind the decoder: voice activity detection and Whisper are both trained on it. */
export const MODEL_SAMPLE_RATE_HZ = 16_000;

/**
 * Mono samples in [-1, 1] at {@link MODEL_SAMPLE_RATE_HZ}, in order and without gaps. Decoders yield chunks of at most
 * {@link MAX_CHUNK_SAMPLES}, so that memory does not grow with the length of a recording.
 */
export type PcmChunks = AsyncIterable<Float32Array>;

/** One second: the largest chunk that a decoder hands on. */
export const MAX_CHUNK_SAMPLES: number = MODEL_SAMPLE_RATE_HZ;
