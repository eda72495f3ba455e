import { describe, expect, test } from 'vitest'
import { ViewAverage } from '#training/objective/accuracy.ts'
import { rankOf } from '#training/objective/rank.ts'

const view = (id: string, index = 1, views = 1) => ({
  id,
  path: `${id}.mp4`,
  view: `clip ${index} of ${views}, crop 1 of 1`,
})

function concluded(average: 'softmax' | 'logits' | undefined) {
  const views = new ViewAverage(['a', 'b'], average)
  // One view is very sure of b, two lean to a.
  views.add(view('video'), 0, [0, 6])
  views.add(view('video'), 0, [2, 0])
  views.add(view('video'), 0, [2, 0])
  return views.conclude()
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

const refused = (logits: number[]) => () => new ViewAverage(['a', 'b', 'c']).add(view('fall', 2, 5), 0, logits)

describe('scores that are not numbers', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d is refused with the video, the view and the class',
    (score) => {
      expect(refused([0, score, 1])).toThrow(
        `The scores of fall.mp4 (clip 2 of 5, crop 1 of 1) are not numbers: that of the class b is ${score}.`,
      )
    },
  )

  test('missing scores are refused', () => {
    expect(refused([])).toThrow('fall.mp4 has 0 scores')
    expect(refused([1, 2])).toThrow('fall.mp4 has 2 scores')
  })

  test('have no rank', () => {
    expect(rankOf([3, 1, 2], 2)).toBe(1)
    expect(() => rankOf([Number.NaN, 1, 2], 2)).toThrow('The score of the class 0 is NaN.')
    expect(() => rankOf([0, 1, Number.NaN], 2)).toThrow('The score of the class 2 is NaN.')
    expect(() => rankOf([0, 1], 2)).toThrow('no score of the class 2')
  })

  test('nothing was tested: there is no accuracy', () => {
    expect(() => new ViewAverage(['a', 'b']).conclude()).toThrow('no video')
  })
})

describe('the confusion matrix', () => {
  test('holds every video, and its diagonal the correct ones, with ties counted against the model', () => {
    const views = new ViewAverage(['a', 'b', 'c'])
    const scores = [
      [1, 1, 0],
      [1, 1, 1],
      [0, 2, 1],
      [5, 1, 0],
      [0, 0, 0],
    ]
    scores.forEach((logits, index) => views.add(view(`v${index}`), index % 3, logits))
    const { confusion, videos, top1, top5 } = views.conclude()
    expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(videos)
    expect(confusion.reduce((sum, row, index) => sum + row[index]!, 0)).toBe(top1 * videos)
    expect(confusion[0]).toEqual([1, 1, 0])
    expect(top5).toBeNull()
  })

  test('top-5 has a meaning from six classes on', () => {
    const classes = ['a', 'b', 'c', 'd', 'e', 'f']
    const views = new ViewAverage(classes)
    views.add(view('v'), 5, [5, 4, 3, 2, 1, 0])
    views.add(view('w'), 4, [5, 4, 3, 2, 1, 0])
    expect(views.conclude().top5).toBe(0.5)
  })
})

test('which videos were right is kept in the order of their ids, not in that of reading', () => {
  const scores = { d: [2, 0], a: [2, 0], c: [0, 2], b: [2, 0] }
  const hitsOf = (ids: (keyof typeof scores)[]) => {
    const views = new ViewAverage(['x', 'y'])
    for (const id of ids) views.add(view(id), 0, scores[id])
    return views.conclude().hits
  }
  expect(hitsOf(['d', 'a', 'c', 'b'])).toBe('d')
  expect(hitsOf(['a', 'b', 'c', 'd'])).toBe('d')
})
