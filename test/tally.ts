import { z } from 'zod'

/** What the last lines of a test run say. */
export interface Tally {
  passed: number
  failed: number
  /** Tests that this machine cannot run, by reason. */
  notRun: Readonly<Record<string, readonly string[]>>
}

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          meta: z.object({ notRun: z.string().optional() }).optional(),
        }),
      ),
    }),
  ),
})

/**
 * Counts the JSON report of vitest. These count as a failure each: a file that could not be loaded, a skipped test without a
 * reason, and a run that failed although no test did (an error outside of every test) or that left no report (undefined).
 */
export function tallyReport(json: unknown, isSuccess: boolean): Tally {
  if (json === undefined) return { passed: 0, failed: 1, notRun: {} }
  const { numPassedTests, numFailedTests, testResults } = report.parse(json)
  const notLoaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const skipped = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
  const unexplained = skipped.filter(({ meta }) => meta?.notRun === undefined).length
  const notRun: Record<string, string[]> = {}
  for (const { fullName, meta } of skipped) if (meta?.notRun !== undefined) (notRun[meta.notRun] ??= []).push(fullName)
  const failed = numFailedTests + notLoaded + unexplained
  return { passed: numPassedTests, failed: failed === 0 && !isSuccess ? 1 : failed, notRun }
}

/** Lists what was not run, one paragraph per reason; empty if everything ran. */
export function notRunText(notRun: Tally['notRun']): string {
  return Object.entries(notRun)
    .map(([reason, names]) => `\nNot run: ${reason}\n${names.map((name) => `  ${name}\n`).join('')}`)
    .join('')
}
