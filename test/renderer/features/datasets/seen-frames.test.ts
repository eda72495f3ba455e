// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest'
import { h } from 'vue'
import SeenFrames from '#renderer/features/datasets/SeenFrames.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { fakeSeenClip } from '../../support/fake-seen-clip.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

test('boxes are listed with their classes and drawn on the whole frame that is nearest to theirs', async () => {
  const of = { kind: 'preset', name: 'tiny', stage: 'distill' } as const
  const { views, maskedShare } = await fakeSeenClip({ dataset: 'd', sample: 's', of, epoch: 1 })
  const boxes = [
    { frameIndex: 15, x: 0.25, y: 0.5, width: 0.125, height: 0.25, labels: ['stand', 'talk to'], person: 3 },
    { frameIndex: 15, x: 0, y: 0, width: 1, height: 1, labels: [] },
  ]
  shown = await showPage(
    { render: () => views.map((view) => h(SeenFrames, { view, boxes, maskedShare })) },
    createFakeStudio({ tickMs: 0 }),
    '/datasets',
  )
  expect(shown.page.findAll('li').map((item) => item.text())).toEqual(['Person 3: stand and talk to', 'no label'])
  const drawn = shown.page.findAll<HTMLElement>('[data-box]')
  expect(drawn.map(({ element }) => element.parentElement?.getAttribute('aria-label'))).toEqual(
    Array(2).fill('Whole frame with the crop, Frame 16'),
  )
  const { left, top, width, height } = drawn[0]!.element.style
  expect([left, top, width, height]).toEqual(['25%', '50%', '12.5%', '25%'])
})
