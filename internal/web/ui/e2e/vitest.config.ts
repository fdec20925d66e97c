import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'e2e',
    include: ['*.e2e.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
