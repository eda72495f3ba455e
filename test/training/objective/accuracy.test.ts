import { describe, expect, test } from 'vitest'
import { ViewAverage } from '#training/objective/accuracy.ts'

const classes = ['a', 'b']

function concluded(average: 'softmax' | 'logits' | undefined) {
  const views = new ViewAverage(2, average)
  // One view is very sure of b, two lean to a.
  views.add('video', 0, [0, 6])
  views.add('video', 0, [2, 0])
  views.add('video', 0, [2, 0])
  return views.conclude(classes)
}
const share = (score: number) => 1 / (1 + Math.exp(-score))

describe('the views of a video', () => {
  test('are averaged after the softmax: each has the same weight', () => {
    const { top1, views, videos, loss } = concluded(undefined)
    expect([top1, views, videos]).toEqual([1, 3, 1])
    expect(loss).toBeCloseTo(-Math.log((share(-6) + 2 * share(2)) / 3), 10)
    expect(concluded('softmax')).toEqual(concluded(undefined))
  })

  test('or before it: a confident view outweighs the others', () => {
    const { top1, loss, confusion } = concluded('logits')
    expect(top1).toBe(0)
    expect(confusion).toEqual([
      [0, 1],
      [0, 0],
    ])
    expect(loss).toBeCloseTo(-Math.log(share((0 + 2 + 2) / 3 - 6 / 3)), 10)
  })
})
