import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';

/**
 * The first paint waits for the program, which knows the theme by then: no flash of the wrong one. Vite writes the script tag
 * itself and drops attributes, so this one is added afterwards.
 */
const paintAfterScript: Plugin = {
  name: 'sotto:paint-after-script',
  enforce: 'post',
  transformIndexHtml: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [preact(), paintAfterScript],
  resolve: { conditions: ['sotto-src', 'module', 'browser', 'development|production'] },
  // The hosts know the worker by this name: it alone has a policy of its own.
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'assets/decoder-[hash].js' } } },
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows files of the host alone: nothing inline, no data URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
