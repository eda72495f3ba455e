import { expect, test } from 'vitest'
import type { MetricSummary } from '#contract/domain/metric.ts'
import { feedingAdvice } from '#renderer/features/runs/feeding.ts'

function summary(name: string, last: number, count: number): MetricSummary {
  return { name, last, lastStep: 10 * count, min: last, max: last, count }
}

const fed = (wait: number, decoded: number, reading: number, count = 3, status: 'running' | 'finished' = 'running') =>
  feedingAdvice({
    status,
    durationMs: count * 100_000,
    summaries: [
      summary('speed/epoch-data-wait', wait, count),
      summary('speed/epoch-decoded', decoded, count),
      summary('speed/epoch-reading', reading, count),
    ],
  })

test('the run page says why the last epoch waited for data, and what to do', () => {
  expect(fed(8, 100, 0)).toBeUndefined()
  expect(fed(40, 100, 0, 1)).toContain('because its videos were decoded')
  expect(fed(40, 100, 0, 1, 'finished')).toBeUndefined()
  expect(fed(40, 55, 0)).toContain('55.0 % of its clips were decoded again')
  expect(fed(40, 0, 80)).toContain('the disk of the workspace is slow')
  expect(fed(40, 0, 10)).toContain('although the frames are cached')
  expect(feedingAdvice({ status: 'running', durationMs: 1000, summaries: [] })).toBeUndefined()
})
