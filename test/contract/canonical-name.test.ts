import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalName } from '#contract/canonical-name.ts'

test.each([
  ['cafe\u0301', 'caf\u00E9'],
  ['  tai   chi ', 'tai chi'],
  ['tai\u00A0chi', 'tai chi'],
  ['\uFEFFwalk', 'walk'],
  ['wa\u00ADlk\u200B', 'walk'],
  ['Walk', 'Walk'],
])('%j is seen as %j', (name, seen) => expect(canonicalName(name)).toBe(seen))

test('a name as it is seen stays the same, and composed and decomposed letters agree', () => {
  assert(
    property(string({ unit: 'grapheme' }), (name) => {
      const seen = canonicalName(name)
      expect(canonicalName(seen)).toBe(seen)
      expect(canonicalName(name.normalize('NFD'))).toBe(seen)
      expect(canonicalName(name.normalize('NFC'))).toBe(seen)
    }),
  )
})
