import { expect, test } from 'vitest'
import { describeLimits, fieldsOf } from '#contract/configuration/form.ts'
import { configurationSections } from '#contract/configuration/pipeline.ts'

test.each([
  ['distill', 'maskRatio', 'between 0 and 1, both excluded'],
  ['distill', 'dropPath', 'from 0 to below 1'],
  ['distill', 'learningRate', 'above 0 up to 10'],
  ['distill', 'epochs', 'from 1 to 100000'],
  ['distill', 'loss', ''],
] as const)('the limits of %s.%s read %j', (part, key, text) => {
  const field = fieldsOf(configurationSections[part]).find((candidate) => candidate.key === key)
  expect(describeLimits(field!)).toBe(text)
})

test.each([
  [0, undefined, false, false, 'from 0'],
  [0, undefined, true, false, 'above 0'],
  [undefined, 1, false, false, 'up to 1'],
  [undefined, 1, false, true, 'below 1'],
])('limits %s and %s, excluded %s and %s, read %j', (minimum, maximum, isMinimumExcluded, isMaximumExcluded, text) =>
  expect(describeLimits({ minimum, maximum, isMinimumExcluded, isMaximumExcluded })).toBe(text),
)
