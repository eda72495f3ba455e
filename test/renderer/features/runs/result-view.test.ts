// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import ResultView from '#renderer/features/runs/ResultView.vue'

test('a test of few classes has no top-5, and classes without training or test videos are named beside it', () => {
  const page = mount(ResultView, {
    props: {
      result: {
        task: 'classification',
        top1: 0.4,
        top5: null,
        videos: 5,
        views: 5,
        classes: ['a', 'b', 'c', 'd'],
        confusion: [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 0, 0],
          [2, 1, 0, 0],
        ],
        trainingVideos: [3, 3, 2, 0],
      },
    },
  })
  expect(page.text()).not.toContain('Top-5')
  expect(page.get('dl').text()).toMatch(/Top-1\s*40\.0 %.*Top-1 of classes with training videos\s*100\.0 %/)
  expect(page.findAll('li').map((note) => note.text())).toEqual([
    expect.stringContaining('The class d had no training videos'),
    'The class c had no test videos and is not measured.',
  ])
})
