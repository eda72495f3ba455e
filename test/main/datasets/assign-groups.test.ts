import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultDrawing, type SplitRatio } from '#contract/domain/split-drawing.ts'
import { type Split, splits } from '#contract/domain/split.ts'
import { assignGroups, splitCounts, type VideoGroup } from '#main/datasets/assign-groups.ts'

test.each([
  [0, { train: 0, validation: 0, test: 0 }],
  [1, { train: 1, validation: 0, test: 0 }],
  [2, { train: 1, validation: 0, test: 1 }],
  [3, { train: 2, validation: 0, test: 1 }],
  [5, { train: 3, validation: 1, test: 1 }],
  [10, { train: 7, validation: 1, test: 2 }],
  [100, { train: 70, validation: 10, test: 20 }],
])('%i videos of a class are split', (total, counts) => {
  expect(splitCounts(total, defaultDrawing.ratio)).toEqual(counts)
})

test('a split without a share gets no video', () => {
  expect(splitCounts(2, { train: 100, validation: 0, test: 0 })).toEqual({ train: 2, validation: 0, test: 0 })
  expect(splitCounts(10, { train: 50, validation: 50, test: 0 })).toEqual({ train: 5, validation: 5, test: 0 })
})

const ratios = fc
  .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([train, share]): SplitRatio => {
    const validation = Math.round(((100 - train) * share) / 100)
    return { train, validation, test: 100 - train - validation }
  })

const ofClasses = (classes: number, most: number) =>
  fc
    .dictionary(
      fc.integer({ min: 0, max: classes - 1 }).map((index) => `c${index}`),
      fc.integer({ min: 1, max: most }),
      { minKeys: 1, maxKeys: classes },
    )
    .map((counts): VideoGroup => ({ counts: new Map(Object.entries(counts)) }))

/** Counts of each class in an assignment. */
function countsOf(groups: readonly VideoGroup[], assigned: readonly Split[]): Map<string, Record<Split, number>> {
  const all = new Map<string, Record<Split, number>>()
  for (const [index, { counts }] of groups.entries())
    for (const [name, count] of counts) {
      const known = all.get(name) ?? { train: 0, validation: 0, test: 0 }
      known[assigned[index]!] += count
      all.set(name, known)
    }
  return all
}

const total = (counts: Record<Split, number>): number => counts.train + counts.validation + counts.test

/** Sum of squares of the differences to what is wanted. */
const distance = (groups: readonly VideoGroup[], assigned: readonly Split[], ratio: SplitRatio): number =>
  [...countsOf(groups, assigned).values()].reduce((sum, now) => {
    const wanted = splitCounts(total(now), ratio)
    return sum + splits.reduce((more, split) => more + (now[split] - wanted[split]) ** 2, 0)
  }, 0)

/** Classes of at least two groups that cannot be trained or tested. */
const incomplete = (groups: readonly VideoGroup[], assigned: readonly Split[], { test }: SplitRatio): number =>
  [...countsOf(groups, assigned)]
    .filter(([name]) => test > 0 && groups.filter(({ counts }) => counts.has(name)).length > 1)
    .reduce((sum, [, now]) => sum + Number(now.train === 0) + Number(now.test === 0), 0)

test('videos alone are split exactly as wanted, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 80 }), ratios, (classes, ratio) => {
      const groups = classes.map((name) => ({ counts: new Map([[`c${name}`, 1]]) }))
      const assigned = assignGroups(groups, ratio)
      expect(distance(groups, assigned, ratio)).toBe(0)
      for (const name of new Set(classes)) {
        const order = assigned.filter((_, index) => classes[index] === name).map((split) => splits.indexOf(split))
        expect(order).toEqual(order.toSorted((a, b) => b - a))
      }
    }),
  )
})

test('no group and no pair of groups can be placed nearer to the ratio', () => {
  fc.assert(
    fc.property(fc.array(ofClasses(4, 9), { maxLength: 14 }), ratios, (groups, ratio) => {
      const assigned = assignGroups(groups, ratio)
      const isBetter = (changed: readonly Split[]) => {
        const missing = incomplete(groups, changed, ratio) - incomplete(groups, assigned, ratio)
        return missing < 0 || (missing === 0 && distance(groups, changed, ratio) < distance(groups, assigned, ratio))
      }
      for (const index of groups.keys()) {
        for (const to of splits) expect(isBetter(assigned.with(index, to))).toBe(false)
        for (const other of groups.keys())
          expect(isBetter(assigned.with(index, assigned[other]!).with(other, assigned[index]!))).toBe(false)
      }
    }),
  )
})

test('a class of two groups is both trained and tested', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 12 }), (sizes) => {
      const groups = sizes.map((size) => ({ counts: new Map([['a', size]]) }))
      expect(incomplete(groups, assignGroups(groups, defaultDrawing.ratio), defaultDrawing.ratio)).toBe(0)
    }),
  )
})

test('25 scenes that every one of 101 classes has are divided evenly', () => {
  const classes = Array.from({ length: 101 }, (_, index) => `c${index}`)
  const groups = Array.from({ length: 25 }, (_, scene) => ({
    counts: new Map(classes.map((name, index) => [name, 4 + ((scene * 7 + index) % 4)])),
  }))
  const assigned = assignGroups(groups, { train: 60, validation: 20, test: 20 })
  expect(splits.map((split) => assigned.filter((one) => one === split).length)).toEqual([15, 5, 5])
})

test('thousands of people who are each in many classes are assigned within seconds', () => {
  const groups = Array.from({ length: 6000 }, (_, person) => ({
    counts: new Map(
      Array.from({ length: 12 }, (_, index) => [`c${(person * 31 + index * 17) % 97}`, 1 + ((person * index) % 5)]),
    ),
  }))
  const started = performance.now()
  const assigned = assignGroups(groups, defaultDrawing.ratio)
  expect(performance.now() - started).toBeLessThan(20_000)
  for (const now of countsOf(groups, assigned).values()) expect(now.test / total(now)).toBeCloseTo(0.2, 2)
})
