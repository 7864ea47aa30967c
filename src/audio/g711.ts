/**
 * The two telephone codecs of ITU-T Recommendation G.711 (11/1988): A-law (European networks) and µ-law (North America,
 * Japan, and the default of much recording equipment). One byte is one sample.
 *
 * G.711 states µ-law values on a 14-bit scale and A-law values on a 13-bit scale. Both are kept here on the 16-bit scale
 * that recorders and other decoders use (times 4 and times 8), and divided by 32768 at the boundary.
 */

const FULL_SCALE = 32_768;

/** Added to a µ-law magnitude so that its segments start at powers of two: 33 in G.711's 14-bit scale, times 4. */
const MU_BIAS = 132;

/** The largest magnitude with a µ-law code of its own; above it the code stays at the top. */
const MU_CLIP = 32_767 - MU_BIAS;

/** G.711 has A-law's even bits inverted on the line (table 1a, note 2). */
const A_TOGGLE = 0x55;

/** The segment of a 15-bit magnitude, indexed by its upper eight bits: the position of the highest bit set. */
const SEGMENTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, upper) => (upper < 2 ? 0 : 31 - Math.clz32(upper)));

const MU_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MU_BIAS) << ((bits >> 4) & 7)) - MU_BIAS;
  // Both zeros, 0xFF and 0x7F, become +0: a negative zero would surprise code that compares samples.
  return magnitude === 0 ? 0 : (bits & 0x80 ? -magnitude : magnitude) / FULL_SCALE;
});

const A_LAW: Float32Array = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ A_TOGGLE;
  const segment = (bits >> 4) & 7;
  const step = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 264) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / FULL_SCALE;
});

/** G.711 µ-law bytes to samples in [-1, 1). The largest magnitude is 32124/32768. */
export function decodeMuLaw(bytes: Uint8Array): Float32Array {
  return decodeWith(MU_LAW, bytes);
}

/** G.711 A-law bytes to samples in [-1, 1). The largest magnitude is 32256/32768; A-law has no zero, its smallest is ±8/32768. */
export function decodeALaw(bytes: Uint8Array): Float32Array {
  return decodeWith(A_LAW, bytes);
}

/**
 * Samples to G.711 µ-law bytes. Values outside [-1, 1) take the outermost code; NaN is taken for 0. Of the two zeros the
 * positive one, 0xFF, is written. A sample that lies on a decision value takes the code further from zero.
 */
export function encodeMuLaw(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = toInt16(samples[i]!);
    const magnitude = Math.min(Math.abs(value), MU_CLIP) + MU_BIAS;
    const segment = SEGMENTS[magnitude >> 7]!;
    bytes[i] = ~((value < 0 ? 0x80 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f));
  }
  return bytes;
}

/**
 * Samples to G.711 A-law bytes. Values outside [-1, 1) take the outermost code; NaN is taken for 0, which takes the
 * smallest positive code. A sample that lies on a decision value takes the code further from zero.
 */
export function encodeALaw(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = toInt16(samples[i]!);
    const magnitude = Math.min(Math.abs(value), 32_767);
    const segment = SEGMENTS[magnitude >> 7]!;
    // The two lowest segments share a step size, hence the shared shift.
    const step = (magnitude >> Math.max(segment + 3, 4)) & 0x0f;
    bytes[i] = ((value < 0 ? 0 : 0x80) | (segment << 4) | step) ^ A_TOGGLE;
  }
  return bytes;
}

function decodeWith(table: Float32Array, bytes: Uint8Array): Float32Array {
  const samples = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = table[bytes[i]!]!;
  return samples;
}

function toInt16(sample: number): number {
  const scaled = Math.round(sample * FULL_SCALE);
  if (scaled >= FULL_SCALE) return FULL_SCALE - 1;
  if (scaled <= -FULL_SCALE) return -FULL_SCALE;
  return Number.isNaN(scaled) ? 0 : scaled;
}
