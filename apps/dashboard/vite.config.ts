import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The bundle of the page. Where it is written is decided by `build.mjs`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The server puts its own prefix before the addresses in `index.html`; chunks find each other by relative addresses.
  base: './',
  plugins: [react()],
  resolve: { conditions: ['@leveret/source', 'module', 'browser', 'development|production'] },
  build: {
    target: ['chrome125', 'firefox128', 'safari17.5'],
    // The security policy allows no `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
