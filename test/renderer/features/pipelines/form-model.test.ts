import { describe, expect, test } from 'vitest'
import { configurationSections } from '#contract/configuration/pipeline.ts'
import { sectionNames } from '#contract/configuration/pipeline.ts'
import { helpText, parseInput, groupsOf } from '#renderer/features/pipelines/form-model.ts'

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
