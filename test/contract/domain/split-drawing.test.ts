import { expect, test } from 'vitest'
import { describeIssues } from '#contract/api/issues.ts'
import { defaultDrawing, describeDrawing, groupInName, splitDrawing } from '#contract/domain/split-drawing.ts'

test.each([
  ['_', 'scene-3_cam-1_002', 'scene-3'],
  ['_', 'scene-3', undefined],
  ['_', '_002', undefined],
  ['_cam', 'scene_3_cam-1', 'scene_3'],
  ['_(g[0-9]+)_', 'v_ApplyEyeMakeup_g01_c02', 'g01'],
  ['^(v_.*_g[0-9]+)_', 'v_ApplyEyeMakeup_g01_c02', 'v_ApplyEyeMakeup_g01'],
  ['_(g[0-9]+)_', 'other', undefined],
  ['(?:a|b)(x?)', 'b', undefined],
])('the pattern %s finds the group of %s', (pattern, name, group) => {
  expect(groupInName(pattern)(name)).toBe(group)
})

const problemsOf = (changes: object): string =>
  describeIssues(splitDrawing.safeParse({ ...defaultDrawing, ...changes }).error?.issues ?? [])
const byName = (pattern: string) => ({ groupBy: { by: 'name', pattern } })

test('problems name their field', () => {
  expect(problemsOf({})).toBe('')
  expect(problemsOf({ ratio: { train: 33.333333, validation: 33.333333, test: 33.333333 } })).toBe('')
  expect(problemsOf({ ratio: { train: 80, validation: 10, test: 20 } })).toBe(
    'ratio: The percentages of training, validation and test must sum to 100, not 110.',
  )
  expect(problemsOf({ ratio: { train: 0, validation: 50, test: 50 } })).toBe(
    'ratio.train: Training needs more than 0 %.',
  )
  expect(problemsOf({ seed: -1 })).toMatch(/^seed: /)
  expect(problemsOf(byName(''))).toMatch(/^groupBy\.pattern: Give a text/)
  expect(problemsOf(byName('(g'))).toMatch(/^groupBy\.pattern: The expression is not valid: /)
  expect(problemsOf(byName('(a)_(b)'))).toBe(
    'groupBy.pattern: The expression must have one group in parentheses, not 2.',
  )
})

test('a drawing is a sentence', () => {
  expect(describeDrawing(defaultDrawing)).toBe(
    'Splits were drawn of each class with seed 0: 70 % training, 10 % validation, 20 % test.',
  )
  expect(describeDrawing({ ...defaultDrawing, groupBy: { by: 'name', pattern: '_' } })).toMatch(
    /; videos whose names agree in _ stay together\.$/,
  )
})
