import { expect, it } from 'vitest'
import { chartMove } from '#renderer/ui/charts/chart-keys.ts'

const steps = Array.from({ length: 101 }, (_, index) => index * 10)

it.each([
  { key: 'ArrowRight', row: 5, expected: { row: 6 } },
  { key: 'ArrowLeft', row: 5, expected: { row: 4 } },
  { key: 'ArrowRight', row: undefined, expected: { row: 0 } },
  { key: 'ArrowLeft', row: undefined, expected: { row: 100 } },
  { key: 'ArrowRight', isShifted: true, row: 5, expected: { row: 15 } },
  { key: 'ArrowRight', row: 100, expected: { row: 100 } },
  { key: 'Home', row: 50, expected: { row: 0 } },
  { key: 'End', row: 50, range: [200, 405] as const, expected: { row: 40 } },
  { key: 'ArrowLeft', row: 20, range: [200, 400] as const, expected: { row: 20 } },
  { key: '+', row: 50, expected: { range: [250, 750] } },
  { key: '+', row: 0, expected: { range: [0, 500] } },
  { key: '=', row: undefined, range: [200, 400] as const, expected: { range: [250, 350] } },
  { key: '-', row: 30, range: [250, 350] as const, expected: { range: [200, 400] } },
  { key: '-', row: 50, range: [200, 800] as const, expected: { range: undefined } },
  { key: '0', row: 50, range: [200, 800] as const, expected: { range: undefined } },
  { key: 'x', row: 50, expected: undefined },
])('$key at row $row of $range gives $expected', ({ key, isShifted = false, row, range, expected }) =>
  expect(chartMove(key, isShifted, { steps, row, range, isWhole: true })).toEqual(expected),
)

it('a chart without points ignores keys', () =>
  expect(
    chartMove('ArrowRight', false, { steps: [], row: undefined, range: undefined, isWhole: true }),
  ).toBeUndefined())

it('positions that are not whole are zoomed without rounding', () =>
  expect(chartMove('+', false, { steps: [0, 0.5, 1, 1.5, 2], row: 2, range: undefined, isWhole: false })).toEqual({
    range: [0.5, 1.5],
  }))
