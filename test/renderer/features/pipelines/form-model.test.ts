import { describe, expect, test } from 'vitest'
import { configurationParts } from '#contract/configuration/pipeline.ts'
import { parts } from '#renderer/features/pipelines/draft.ts'
import { helpText, parseInput, sectionsOf } from '#renderer/features/pipelines/form-model.ts'

test.each(parts)('the form shows every field of %s with label, help and section', (part) => {
  const fields = sectionsOf(part).flatMap((section) => section.fields)
  expect(fields.map(({ key }) => key).toSorted()).toEqual(Object.keys(configurationParts[part].shape).toSorted())
  for (const field of fields)
    expect(field).toMatchObject({
      label: expect.stringMatching(/\S/),
      help: expect.stringMatching(/\S/),
      section: expect.stringMatching(/\S/),
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
  const ratio = sectionsOf('distill')
    .flatMap((section) => section.fields)
    .find(({ key }) => key === 'maskRatio')
  expect(helpText(ratio!)).toBe('Share of tokens hidden from the encoder. Number between 0 and 1, both excluded.')
})
