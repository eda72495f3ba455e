import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tallyReport, type Tally } from './tally.ts'

// Everything that must hold, cheapest first: lint, types, build, then every test. The first failing step is the last.
// The very last line is `N passed, N failed`; lint, each type check and the build count as one.
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'mvd-test-'))
const reportFile = join(folder, 'report.json')

const steps: { title: string; script: string; args: string[]; tally?: (isSuccess: boolean) => Tally }[] = [
  { title: 'Lint', script: 'oxlint/bin/oxlint', args: ['--deny-warnings'] },
  { title: 'Types of main, training and tests', script: 'vue-tsc/bin/vue-tsc.js', args: ['-p', 'tsconfig.node.json'] },
  { title: 'Types of the window', script: 'vue-tsc/bin/vue-tsc.js', args: ['-p', 'tsconfig.web.json'] },
  { title: 'Build', script: 'electron-vite/bin/electron-vite.js', args: ['build', '--logLevel', 'warn'] },
  {
    title: 'Tests',
    script: 'vitest/vitest.mjs',
    args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
    tally: (isSuccess) =>
      tallyReport(existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined, isSuccess),
  },
]

const total: Tally = { passed: 0, failed: 0 }
try {
  for (const { title, script, args, tally } of steps) {
    console.log(`\n${title}`)
    const startedAt = performance.now()
    const isSuccess = await run(script, args)
    const { passed, failed } = tally?.(isSuccess) ?? { passed: Number(isSuccess), failed: Number(!isSuccess) }
    total.passed += passed
    total.failed += failed
    console.log(
      `${title}: ${failed === 0 ? 'passed' : 'failed'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    )
    if (failed > 0) break
  }
} catch (cause) {
  console.error(cause)
  total.failed += 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`\n${total.passed} passed, ${total.failed} failed`)

async function run(script: string, args: string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}
