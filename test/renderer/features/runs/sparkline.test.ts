import { expect, test } from 'vitest'
import { growthOf, mainMetrics, sparklineOf } from '#renderer/features/runs/sparkline.ts'

const series = (last: readonly (number | 'NaN' | 'Infinity')[], start = last.map((_, index) => 10 * index)) => ({
  runId: 'r',
  name: 'train/loss',
  width: 1,
  lastStep: start.at(-1) ?? -1,
  start,
  first: [...last],
  last: [...last],
  min: [...last],
  max: [...last],
})
const summary = (name: string, count = 1) => ({ name, last: 1, lastStep: 1, min: 1, max: 1, count })

const names = (...all: string[]) => mainMetrics({ summaries: all.map((name) => summary(name)) })
const at = (count: number, status: 'running' | 'finished' = 'running') =>
  growthOf({ id: 'r', attempt: 1, status, summaries: [summary('train/loss', count)] })

test('a line has its largest value at the top, and gaps where a value is not finite', () => {
  expect(sparklineOf(series([4, 2, 'NaN', 0, 'Infinity', 1]), 100, 40)).toEqual({
    path: 'M0.0 0.0L20.0 20.0M60.0 40.0h0M100.0 30.0h0',
    min: 0,
    max: 4,
    firstStep: 0,
    lastStep: 50,
    nonFinite: 2,
  })
  expect(sparklineOf(series([3]), 100, 40)?.path).toBe('M50.0 20.0h0')
  expect(sparklineOf(series(['NaN']), 100, 40)).toBeUndefined()
  expect(sparklineOf(series([]), 100, 40)).toBeUndefined()
})

test('the loss and the accuracy of the validation stand for a run', () => {
  expect(names('train/top1', 'train/loss', 'validation/loss', 'validation/top1')).toEqual([
    'train/loss',
    'validation/top1',
  ])
  expect(names('speed/clips-per-second')).toEqual(['speed/clips-per-second'])
  expect(names()).toEqual([])
})

test('curves are read again after a tenth more points, and after the end', () => {
  expect(at(1000)).toBe(at(1001))
  expect(at(1000)).not.toBe(at(1200))
  expect(at(1000)).not.toBe(at(1000, 'finished'))
})
