import { expect, test } from 'vitest'
import { afterValue, isPlateau, type PlateauState } from '#contract/domain/plateau.ts'

const rule = (minImprovement = 0) => ({ metric: 'm', patience: 3, minImprovement })

/** The step at which a series becomes a plateau. */
function plateauAt(values: readonly number[], goal: 'minimize' | 'maximize' | 'none', minImprovement = 0) {
  let state: PlateauState | undefined
  for (const [step, value] of values.entries()) {
    state = afterValue(rule(minImprovement), goal, state, step, value)
    if (isPlateau(rule(minImprovement), state)) return step
  }
  return undefined
}

test.each([
  ['a falling loss', [5, 4, 3, 2, 1], 'minimize', 0, undefined],
  ['a loss that stays', [5, 4, 4, 4, 4], 'minimize', 0, 4],
  ['an accuracy that rises', [1, 2, 3, 4, 5], 'maximize', 0, undefined],
  ['an accuracy that falls', [5, 4, 3, 2, 1], 'maximize', 0, 3],
  ['small improvements', [5, 4.95, 4.9, 4.85], 'minimize', 0.1, undefined],
  ['improvements below the smallest that counts', [5, 4.99, 4.98, 4.97], 'minimize', 0.1, 3],
  ['a loss that improves just in time', [5, 5, 5, 4, 4, 4], 'minimize', 0, undefined],
  ['values that are not finite', [5, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN], 'minimize', 0, 3],
  ['nothing finite', [Number.NaN, Number.NaN, Number.NaN, Number.NaN], 'minimize', 0, undefined],
  ['a metric without a goal', [3, 2, 1, 0], 'none', 0, undefined],
] as const)('%s', (_what, values, goal, minImprovement, expected) => {
  expect(plateauAt(values, goal, minImprovement)).toBe(expected)
})

test('slow improvements add up to one that counts', () => {
  let state: PlateauState | undefined
  for (const [step, value] of [5, 4.95, 4.89].entries()) state = afterValue(rule(0.1), 'minimize', state, step, value)
  expect(state).toEqual({ best: 4.89, bestStep: 2, waited: 0 })
})
