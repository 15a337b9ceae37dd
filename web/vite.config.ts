import { defineConfig } from 'vite';
import { pdfjs } from './pdfjs.plugin.ts';
import { precompress } from './precompress.plugin.ts';

export default defineConfig({
  plugins: [pdfjs(), precompress()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // The content security policy forbids data: scripts and styles; small images stay files too.
    assetsInlineLimit: 0,
    // What reads PDF is that large, and comes when somebody shows one.
    chunkSizeWarningLimit: 600,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': 'http://localhost:8080',
      '/whip': 'http://localhost:8080',
      '/whep': 'http://localhost:8080',
      '/control': { target: 'http://localhost:8080', ws: true },
    },
  },
});
