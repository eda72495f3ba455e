import type uPlot from 'uplot'
import { expect, test } from 'vitest'
import type { ChartLine } from '#renderer/ui/charts/lines.ts'
import { paintLines } from '#renderer/ui/charts/paint.ts'

const steps = Array.from({ length: 101 }, (_, step) => step)
const line: ChartLine = {
  id: 'a',
  entry: 'a',
  label: 'a',
  name: 'train/loss',
  style: 0,
  variant: 0,
  count: 1,
  isExact: true,
  xs: steps,
  ys: steps,
  values: steps,
  smoothed: [],
  low: [],
  high: [],
  marks: [],
  isBaseline: false,
  steps,
}

/** The positions to which a line is drawn in a chart with this range of steps, a pixel per step. */
function drawnTo(range: { min: number; max: number }, drawn: ChartLine): number[] {
  const positions: number[] = []
  const ctx = new Proxy({ lineTo: (x: number) => void positions.push(x) } as unknown as CanvasRenderingContext2D, {
    get: (target, key) => Reflect.get(target, key) ?? (() => undefined),
    set: () => true,
  })
  const chart = {
    ctx,
    bbox: { left: 0, top: 0, width: 100, height: 100 },
    scales: { x: range, y: { min: 0, max: 100 } },
    valToPos: (value: number) => value,
  } as unknown as uPlot
  paintLines(chart, [drawn], { theme: 'light', isDense: false, isShared: false })
  return positions
}

test('a zoomed chart draws the points of its range and those to which its lines lead', () => {
  expect(drawnTo({ min: 0, max: 100 }, line)).toEqual(steps)
  const zoomed = drawnTo({ min: 40.2, max: 44.8 }, line)
  expect(zoomed[0]).toBeLessThanOrEqual(40)
  expect(zoomed.at(-1)).toBeGreaterThanOrEqual(45)
  expect(zoomed.length).toBeLessThan(10)
})

test('a range between two points draws the line through it', () => {
  const zoomed = drawnTo({ min: 40.2, max: 40.4 }, line)
  expect(zoomed[0]).toBeLessThanOrEqual(40)
  expect(zoomed.at(-1)).toBeGreaterThanOrEqual(41)
})
