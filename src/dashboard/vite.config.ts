import { defineConfig } from 'vite';

/** `npm run build:dashboard`; relative URLs, since a host may mount it anywhere. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // All of it is one script: nothing to preload, and nothing inline for the content security policy to refuse.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
