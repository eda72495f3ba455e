import { expect, test } from 'vitest'
import { readRunEvent, runEvent } from '#contract/domain/run-event.ts'

const metrics = { type: 'metrics', at: '2026-01-01T00:00:00.000Z', step: 3, values: { 'train/loss': 1, b: 'NaN' } }

test.each([
  metrics,
  { ...metrics, elapsedMs: 5 },
  { ...metrics, values: {} },
  { type: 'log', at: '', level: 'info', message: 'x' },
])('%j is an event, as the schema says', (line) => {
  expect(readRunEvent(line)).toEqual(runEvent.parse(line))
})

test.each([
  { ...metrics, step: -1 },
  { ...metrics, step: 1.5 },
  { ...metrics, step: 2 ** 60 },
  { ...metrics, step: '3' },
  { ...metrics, at: 3 },
  { ...metrics, elapsedMs: -1 },
  { ...metrics, elapsedMs: null },
  { ...metrics, elapsedMs: Number.POSITIVE_INFINITY },
  { ...metrics, values: { '': 1 } },
  { ...metrics, values: { a: null } },
  { ...metrics, values: { a: 'nan' } },
  { ...metrics, values: { a: Number.POSITIVE_INFINITY } },
  { ...metrics, values: [1] },
  { ...metrics, values: undefined },
  { ...metrics, type: 'metric' },
  null,
  3,
  [],
])('%j is none, as the schema says', (line) => {
  expect(runEvent.safeParse(line).success).toBe(false)
  expect(readRunEvent(line)).toBeUndefined()
})
