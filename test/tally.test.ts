import { expect, test } from 'vitest'
import { tallyReport, type Tally } from './tally.ts'

const good = { status: 'passed', assertionResults: [{}, {}] }
const bad = { status: 'failed', assertionResults: [{}, {}] }
const unread = { status: 'failed', assertionResults: [] }

test.each<[string, unknown, boolean, Tally]>([
  ['all passed', { numPassedTests: 2, numFailedTests: 0, testResults: [good] }, true, { passed: 2, failed: 0 }],
  ['one failed', { numPassedTests: 3, numFailedTests: 1, testResults: [good, bad] }, false, { passed: 3, failed: 1 }],
  [
    'a file could not be read',
    { numPassedTests: 2, numFailedTests: 0, testResults: [good, unread] },
    false,
    { passed: 2, failed: 1 },
  ],
  [
    'an error outside of every test',
    { numPassedTests: 2, numFailedTests: 0, testResults: [good] },
    false,
    { passed: 2, failed: 1 },
  ],
  ['no report', undefined, false, { passed: 0, failed: 1 }],
])('%s', (_name, report, isSuccess, expected) => {
  expect(tallyReport(report, isSuccess)).toEqual(expected)
})
