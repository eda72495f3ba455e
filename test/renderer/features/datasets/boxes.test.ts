import { expect, test } from 'vitest'
import { boxesByFrame } from '#renderer/features/datasets/boxes.ts'

const box = (frameIndex: number) => ({ frameIndex, x: 0, y: 0, width: 1, height: 1, labels: [] })

test('boxes are drawn on the shown frames nearest to theirs', () => {
  const byFrame = boxesByFrame([10, 14, 18], [box(0), box(15), box(17), box(40)])
  expect([...byFrame].map(([index, boxes]) => [index, boxes.map(({ frameIndex }) => frameIndex)])).toEqual([
    [0, [0]],
    [1, [15]],
    [2, [17, 40]],
  ])
})
