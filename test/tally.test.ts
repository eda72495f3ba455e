import { expect, test } from 'vitest'
import { notRunText, tallyReport, type Tally } from './tally.ts'

const result = (status: string, meta: { notRun?: string } = {}) => ({ status, fullName: `a ${status} test`, meta })
const file = (status: string, ...assertionResults: object[]) => ({ status, assertionResults })
const good = file('passed', result('passed'), result('passed'))
const bad = file('failed', result('passed'), result('failed'))

test.each<[string, unknown, boolean, Partial<Tally>]>([
  ['all passed', { numPassedTests: 2, numFailedTests: 0, testResults: [good] }, true, { passed: 2, failed: 0 }],
  ['one failed', { numPassedTests: 3, numFailedTests: 1, testResults: [good, bad] }, false, { passed: 3, failed: 1 }],
  [
    'a file could not be loaded',
    { numPassedTests: 2, numFailedTests: 0, testResults: [good, file('failed')] },
    false,
    { passed: 2, failed: 1 },
  ],
  [
    'an error outside of every test',
    { numPassedTests: 2, numFailedTests: 0, testResults: [good] },
    false,
    { passed: 2, failed: 1 },
  ],
  [
    'a test that this machine cannot run',
    {
      numPassedTests: 2,
      numFailedTests: 0,
      testResults: [good, file('passed', result('skipped', { notRun: 'There is no graphics card.' }))],
    },
    true,
    { passed: 2, failed: 0, notRun: { 'There is no graphics card.': ['a skipped test'] } },
  ],
  [
    'a test skipped without a reason',
    { numPassedTests: 2, numFailedTests: 0, testResults: [good, file('passed', result('skipped'))] },
    true,
    { passed: 2, failed: 1, notRun: {} },
  ],
  ['no report', undefined, false, { passed: 0, failed: 1 }],
])('%s', (_name, report, isSuccess, expected) => {
  expect(tallyReport(report, isSuccess)).toMatchObject(expected)
})

test('tests that were not run are listed by reason', () => {
  expect(
    notRunText({ 'No Python with torch was found.': ['one', 'two'], 'There is no graphics card.': ['three'] }),
  ).toBe('\nNot run: No Python with torch was found.\n  one\n  two\n\nNot run: There is no graphics card.\n  three\n')
  expect(notRunText({})).toBe('')
})
