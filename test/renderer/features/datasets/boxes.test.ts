import { expect, test } from 'vitest'
import type { Sample } from '#contract/domain/dataset.ts'
import { boxesByFrame, boxesOnPage, pageOfBoxes } from '#renderer/features/datasets/boxes.ts'
import { shapes } from '../../support/fake-data.ts'

const box = (frameIndex: number) => ({ frameIndex, x: 0, y: 0, width: 1, height: 1, labels: [] })

test('boxes are drawn on the shown frames nearest to theirs', () => {
  const byFrame = boxesByFrame([10, 14, 18], [box(0), box(15), box(17), box(40)])
  expect([...byFrame].map(([index, boxes]) => [index, boxes.map(({ frameIndex }) => frameIndex)])).toEqual([
    [0, [0]],
    [1, [15]],
    [2, [17, 40]],
  ])
})

test('a preview shows its page nearest to the keyframe, with boxes only if that page is within the sample', () => {
  const video = { ...shapes.samples[0]!.video, frameCount: 240 }
  const at = (keyframe: number): Sample => ({
    id: 'a',
    video,
    span: { firstFrame: keyframe - 4, frameCount: 9 },
    labels: {},
    boxes: [box(keyframe)],
    split: 'train',
  })
  expect(pageOfBoxes(at(102), 24)).toBe(10)
  expect(boxesOnPage(at(102), { page: 10, pages: 24 })).toEqual([box(102)])
  // Page 11 is frame 110, and page 10 frame 100.
  expect(boxesOnPage(at(105), { page: pageOfBoxes(at(105), 24), pages: 24 })).toEqual([])
  expect(pageOfBoxes(at(236), 24)).toBe(23)
  // Without pages, the first frame is drawn.
  expect(boxesOnPage(at(102), { page: 0, pages: 1 })).toEqual([])
  expect(boxesOnPage(at(4), { page: 0, pages: 1 })).toEqual([box(4)])
})
