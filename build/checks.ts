import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A program of a dependency that passes by exiting with 0. */
export interface Step {
  title: string
  /** Path of the program below `node_modules`. */
  script: string
  args: readonly string[]
}

/** What must hold before a test runs, cheapest first. */
export const checks: readonly Step[] = [
  { title: 'Format', script: 'oxfmt/bin/oxfmt', args: ['--check', '.'] },
  { title: 'Lint', script: 'oxlint/bin/oxlint', args: ['--deny-warnings', '--type-aware'] },
  { title: 'Folders', script: 'dependency-cruiser/bin/dependency-cruiser.mjs', args: ['src', 'build'] },
  { title: 'Unused code', script: 'knip/bin/knip.js', args: [] },
  { title: 'Types of main, training and tests', script: 'vue-tsc/bin/vue-tsc.js', args: ['-p', 'tsconfig.node.json'] },
  { title: 'Types of the window', script: 'vue-tsc/bin/vue-tsc.js', args: ['-p', 'tsconfig.web.json'] },
]

/** Runs a step with its output on the terminal. Returns whether it passed, and prints how long it took. */
export async function runStep(root: string, { title, script, args }: Step): Promise<boolean> {
  console.log(`\n${title}`)
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${title}: ${code === 0 ? 'passed' : 'failed'} in ${seconds} s`)
  return code === 0
}
