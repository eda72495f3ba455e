import { describe, expect, test } from 'vitest'
import { describeLimits, fieldsOf } from '#contract/configuration/form.ts'
import { configurationSections } from '#contract/configuration/pipeline.ts'
import { sectionNames } from '#contract/configuration/pipeline.ts'
import { groupsOf, helpText, limitsText, optionsOf, parseInput } from '#renderer/features/pipelines/form-model.ts'

test.each(sectionNames)('the form shows every field of %s with label, help and group', (section) => {
  const fields = groupsOf(section).flatMap((group) => group.fields)
  expect(fields.map(({ key }) => key).toSorted()).toEqual(Object.keys(configurationSections[section].shape).toSorted())
  for (const field of fields)
    expect(field).toMatchObject({
      label: expect.stringMatching(/\S/),
      help: expect.stringMatching(/\S/),
      group: expect.stringMatching(/\S/),
    })
})

test('limits read as on the command line', () => {
  const fields = Object.values(configurationSections).flatMap((schema) => fieldsOf(schema))
  const limits = [
    ...fields,
    { minimum: undefined, maximum: 3, isMinimumExcluded: false, isMaximumExcluded: true },
    { minimum: undefined, maximum: 3, isMinimumExcluded: false, isMaximumExcluded: false },
    { minimum: 0, maximum: undefined, isMinimumExcluded: true, isMaximumExcluded: false },
    { minimum: 0, maximum: undefined, isMinimumExcluded: false, isMaximumExcluded: false },
    { minimum: undefined, maximum: undefined, isMinimumExcluded: false, isMaximumExcluded: false },
  ]
  expect(limits.map(limitsText)).toEqual(limits.map(describeLimits))
})

test('metrics are chosen by their label, other values as files have them', () => {
  expect(optionsOf({ options: ['validation/top1', 'smooth-l1'] })).toEqual([
    { value: 'validation/top1', label: 'Validation top-1' },
    { value: 'smooth-l1', label: 'smooth-l1' },
  ])
})

describe('reading an input', () => {
  test.each([
    ['number', '1e-3', 0.001],
    ['integer', ' 16 ', 16],
    ['number', '', null],
    ['integer', 'sixteen', 'sixteen'],
    ['choice', 'both', 'both'],
    ['text', '12', '12'],
  ] as const)('%s %j is %j', (kind, text, value) => expect(parseInput({ kind }, text)).toBe(value))
})

test('the help of a field names its limits', () => {
  const ratio = groupsOf('distill')
    .flatMap((group) => group.fields)
    .find(({ key }) => key === 'maskRatio')
  expect(helpText(ratio!)).toBe('Share of tokens hidden from the encoder. Number between 0 and 1, both excluded.')
})
