import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'
import { programNames, siblingProcesses, trainingPrograms } from './build/main.ts'
import { windowPlugins } from './build/window.ts'
import packageFile from './package.json' with { type: 'json' }

const root = import.meta.dirname

export default defineConfig({
  main: {
    plugins: [siblingProcesses()],
    build: {
      // Dependencies stay outside by themselves, optional ones must be named.
      externalizeDeps: { include: Object.keys(packageFile.optionalDependencies) },
      rolldownOptions: {
        input: {
          electron: `${root}/src/main/shells/electron/main.ts`,
          'log-checkpoint-worker': `${root}/src/main/database/log-checkpoint-worker.ts`,
          'folder-process': `${root}/src/main/datasets/folder-process.ts`,
          ...trainingPrograms(root),
        },
        output: programNames,
      },
    },
  },
  preload: {
    // A sandboxed preload is one CommonJS file that requires nothing but electron.
    build: {
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: `${root}/src/preload/index.ts` },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: `${root}/src/renderer`,
    plugins: [windowPlugins(root), absoluteBase()],
    build: { target: 'es2023', minify: true, rolldownOptions: { input: `${root}/src/renderer/index.html` } },
  },
})

/** Both shells serve the window at the root of an origin, and its addresses are paths; relative scripts would break below `/runs/`. */
function absoluteBase(): Plugin {
  return { name: 'absolute-base', config: () => ({ base: '/' }) }
}
