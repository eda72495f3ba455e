import type { Plugin } from 'vite'

/** What a build makes of the training child: its own program and those that it starts. Name of the program, and its source. */
export const trainingPrograms = (root: string): Readonly<Record<string, string>> => ({
  training: `${root}/src/training/main.ts`,
  worker: `${root}/src/training/video/worker/worker.ts`,
  'compute-worker': `${root}/src/training/engine/collective/compute-worker.ts`,
  'trial-process': `${root}/src/training/selection/trial-process.ts`,
  'write-worker': `${root}/src/training/built-in-data/write-worker.ts`,
})

/** Flat, so that code finds the program in its own folder, whichever chunk contains the code. */
export const programNames = { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } as const

/** The sources name the programs that they start as `./name.ts` in their folder; in the build these are `./name.js`. */
export function siblingProcesses(): Plugin {
  return {
    name: 'sibling-processes',
    enforce: 'pre',
    transform(code) {
      const built = code.replaceAll(
        /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g,
        "new URL('./$1.js', import.meta.url)",
      )
      return built === code ? null : { code: built, map: null }
    },
  }
}
