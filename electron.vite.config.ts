import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'
import packageFile from './package.json' with { type: 'json' }
import { windowPlugins } from './src/renderer/vite.ts'

const root = import.meta.dirname

export default defineConfig({
  main: {
    plugins: [siblingProcesses()],
    build: {
      // Dependencies stay outside by themselves, optional ones must be named.
      externalizeDeps: { include: Object.keys(packageFile.optionalDependencies) },
      rolldownOptions: {
        input: {
          electron: `${root}/src/main/electron.ts`,
          training: `${root}/src/training/main.ts`,
          worker: `${root}/src/training/video/worker.ts`,
          'compute-worker': `${root}/src/training/engine/parallel/compute-worker.ts`,
          trial: `${root}/src/training/engine/choice/trial.ts`,
        },
        // Flat, so that a file finds the program beside it from whichever chunk it ends up in.
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    // A sandboxed preload is one CommonJS file that requires nothing but electron.
    build: { externalizeDeps: false, rolldownOptions: { input: { index: `${root}/src/preload/index.ts` }, output: { format: 'cjs', entryFileNames: '[name].cjs' } } },
  },
  renderer: {
    root: `${root}/src/renderer`,
    plugins: [windowPlugins(root), absoluteBase()],
    build: { target: 'es2023', minify: true, rolldownOptions: { input: `${root}/src/renderer/index.html` } },
  },
})

/** The sources name the programs that they start as `./name.ts` beside them; in the build these are `./name.js`. */
function siblingProcesses(): Plugin {
  return {
    name: 'sibling-processes',
    enforce: 'pre',
    transform(code) {
      const built = code.replaceAll(/new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g, "new URL('./$1.js', import.meta.url)")
      return built === code ? null : { code: built, map: null }
    },
  }
}

/** Both shells serve the window at the root of an origin, and its addresses are paths; relative scripts would break below `/runs/`. */
function absoluteBase(): Plugin {
  return { name: 'absolute-base', config: () => ({ base: '/' }) }
}
