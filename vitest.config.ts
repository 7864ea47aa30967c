import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './.ci/closing-line.mjs'],
    // Two test files at a time: inference and ffmpeg want the cores, and some tests measure time.
    maxWorkers: 2,
    // Tests that load models without the engine send nothing out either (src/engine/telemetry.ts).
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
});

export default config;
