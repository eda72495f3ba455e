import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks, runStep, type Step } from '../build/checks.ts'
import { notRunText, tallyReport, type Tally } from './tally.ts'

// Runs the checks, the build and every test, and stops at the first step that fails. Lists the tests that this machine cannot run;
// the last line is `N passed, N failed`. Each check and the build count as one.
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

const total = { passed: 0, failed: 0 }
let notRun: Tally['notRun'] = {}
try {
  for (const step of steps) {
    const isSuccess = await runStep(root, step)
    const tally = step.tally?.(isSuccess) ?? { passed: Number(isSuccess), failed: Number(!isSuccess), notRun: {} }
    total.passed += tally.passed
    total.failed += tally.failed
    notRun = { ...notRun, ...tally.notRun }
    if (tally.failed > 0) break
  }
} catch (cause) {
  console.error(cause)
  total.failed += 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = total.failed === 0 ? 0 : 1
process.stdout.write(notRunText(notRun))
console.log(`\n${total.passed} passed, ${total.failed} failed`)
