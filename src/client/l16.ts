/** Samples in [-1, 1] as 16-bit little-endian; what is beyond is clipped. */
export function toL16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(32_767 / 32_768, sample)) * 32_768), true));
  return bytes;
}
