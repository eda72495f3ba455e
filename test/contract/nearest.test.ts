import { expect, test } from 'vitest'
import { didYouMean, nearest } from '#contract/nearest.ts'

test.each([
  ['epoch', 'epochs'],
  ['Epochs', 'epochs'],
  ['flp', 'flip'],
  ['constructor', undefined],
])('the nearest to %s is %s', (word, expected) => {
  expect(nearest(word, ['epochs', 'flip', 'mixup'])).toBe(expected)
})

test('a hint names the nearest word before the way out, or only the way out where none is near', () => {
  expect(didYouMean('tyni', ['tiny', 'base'], 'Choose one of them.')).toBe('Did you mean tiny? Choose one of them.')
  expect(didYouMean('gigantic', ['tiny', 'base'], 'Choose one of them.')).toBe('Choose one of them.')
})
