import { expect, test } from 'vitest'
import { decodeMetric } from '#contract/domain/metric.ts'
import { Recorder } from '#training/run/recorder.ts'
import { eventsOf, newFolder } from './train-in-folder.ts'

test('a metric that is not finite keeps its value on the way; a result with one is never written as null', () => {
  const folder = newFolder()
  using recorder = new Recorder(folder)
  recorder.metrics(1, { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 2 })
  const result = {
    task: 'classification' as const,
    top1: Number.NaN,
    top5: null,
    videos: 1,
    views: 1,
    classes: ['a'],
    confusion: [[1]],
  }
  expect(() => recorder.write({ type: 'result', result })).toThrow('The value of top1 is NaN')
  const [event, ...others] = eventsOf(folder)
  expect(others).toEqual([])
  expect(event).toMatchObject({ type: 'metrics', step: 1 })
  const values = event?.type === 'metrics' ? event.values : {}
  expect(Object.entries(values).map(([name, value]) => [name, decodeMetric(value)])).toEqual([
    ['a', Number.NaN],
    ['b', Number.NEGATIVE_INFINITY],
    ['c', 2],
  ])
})
