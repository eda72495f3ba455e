import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks, runStep, type Step } from '../build/checks.ts'
import { tallyReport, type Tally } from './tally.ts'

// Everything that must hold, cheapest first: the checks, the build, then every test. The first failing step is the last.
// The last line is `N passed, N failed`; each check and the build count as one.
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'mvd-test-'))
const reportFile = join(folder, 'report.json')

/** Counts as one, unless it leaves a report of its tests. */
type CountedStep = Step & { tally?: (isSuccess: boolean) => Tally }

const steps: readonly CountedStep[] = [
  ...checks,
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
  for (const step of steps) {
    const isSuccess = await runStep(root, step)
    const { passed, failed } = step.tally?.(isSuccess) ?? { passed: Number(isSuccess), failed: Number(!isSuccess) }
    total.passed += passed
    total.failed += failed
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
