import { expect, test } from 'vitest'
import { newDrawingForm, readDrawing } from '#renderer/features/datasets/drawing-form.ts'

const read = (changes: Partial<ReturnType<typeof newDrawingForm>>) => readDrawing({ ...newDrawingForm(), ...changes })

test('fields as they are at first are no choice', () => expect(read({})).toEqual({}))

test('fields are read, with a decimal comma', () => {
  const ratio = { train: '62,5', validation: '12.5', test: '25' }
  expect(read({ ratio, seed: '3', groupBy: 'name', pattern: '_' })).toEqual({
    drawing: {
      ratio: { train: 62.5, validation: 12.5, test: 25 },
      seed: 3,
      groupBy: { by: 'name', pattern: '_' },
    },
  })
})

test.each([
  [{ ratio: { train: '80', validation: '10', test: '20' } }, 'ratio', /not 110 %/],
  [{ ratio: { train: '', validation: '50', test: '50' } }, 'ratio', /^Give percentages/],
  [{ ratio: { train: '0', validation: '50', test: '50' } }, 'ratio', /^Give percentages/],
  [{ seed: 'x' }, 'seed', /^Give a whole number/],
  [{ seed: '1.5' }, 'seed', /^Give a whole number/],
  [{ groupBy: 'name', pattern: '' }, 'pattern', /^Give a pattern/],
  [{ groupBy: 'name', pattern: '(g' }, 'pattern', /^The pattern must be/],
] as const)('%j is a problem of the field %s', (changes, field, text) => {
  const { problem, drawing } = read(changes)
  expect(drawing).toBeUndefined()
  expect(problem).toEqual({ field, text: expect.stringMatching(text) })
})
