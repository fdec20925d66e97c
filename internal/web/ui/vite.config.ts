import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../dist',
    emptyOutDir: true, // public/.gitkeep comes back with every build
    assetsInlineLimit: 0, // the policy of the server allows no data URLs
    modulePreload: { polyfill: false },
    target: 'es2022',
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    // `npm run dev` shows the data of a Stellwerk that runs already.
    proxy: { '/api': process.env.STELLWERK_URL ?? 'http://127.0.0.1:8104' },
  },
  test: { include: ['src/**/*.test.ts'] },
});
