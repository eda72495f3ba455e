import { expect, test } from 'vitest'
import { splitNamed } from '#contract/domain/split.ts'

test.each([
  ['train', 'train'],
  ['Training', 'train'],
  ['VAL', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['Testing ', 'test'],
  ['tests', undefined],
  ['constructor', undefined],
])('%s means the split %s', (name, split) => expect(splitNamed(name)).toBe(split))
