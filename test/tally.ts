import { z } from 'zod'

/** What the closing line counts. */
export interface Tally {
  passed: number
  failed: number
}

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

/**
 * Counts vitest's JSON report. A file that could not be read counts as one failure, and so does a run that failed
 * although no test did (an error outside of every test) or left no report (undefined).
 */
export function tallyReport(json: unknown, isSuccess: boolean): Tally {
  if (json === undefined) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, testResults } = report.parse(json)
  const unread = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const failed = numFailedTests + unread
  return { passed: numPassedTests, failed: failed === 0 && !isSuccess ? 1 : failed }
}
