import { expect, test } from 'vitest'
import { slug } from '#contract/domain/dataset.ts'
import { lastSegment, suggestName } from '#renderer/ui/suggest-name.ts'

test.each([
  ['/data/bed-falls', [], 'bed-falls'],
  ['/data/Bed Falls (v2)/', [], 'bed-falls-v2'],
  ['C:\\Videos\\UCF_101', [], 'ucf-101'],
  ['/data/Ébène', [], 'ebene'],
  ['/data/視頻', [], 'videos'],
  ['/', [], 'videos'],
  ['/data/falls', ['falls'], 'falls-2'],
  ['/data/falls', ['falls', 'falls-2'], 'falls-3'],
  [`/data/${'x'.repeat(80)}`, ['x'.repeat(58)], `${'x'.repeat(58)}-2`],
])('for %s, with %j taken, suggests %s', (directory, taken, name) => {
  expect(suggestName(lastSegment(directory), 'videos', new Set(taken))).toBe(name)
  expect(slug.safeParse(name).success).toBe(true)
})
