import type uPlot from 'uplot'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { ChartLine, Reading } from './lines.ts'
import { paintHighlight, type PaintOptions } from './paint.ts'

/** What lies over the plot of a chart: the highlighted lines with their points, and the name and value at the cursor. */
export interface PlotOverlay {
  /** Call after a change of the chart's size. */
  fit(): void
  show(
    lines: { highlighted: readonly ChartLine[]; faint: readonly ChartLine[]; readings: readonly Reading[] },
    options: PaintOptions & { hasLine: boolean },
  ): void
  /** Text at the left or right of the plot; none for an empty one. */
  setLabel(text: string, side: 'left' | 'right'): void
}

/** Adds an overlay to a chart. It is written to directly, since it changes with every move of the pointer. */
export function addOverlay(chart: uPlot): PlotOverlay {
  /** Made when something is highlighted for the first time: a page of many charts has one canvas less of each. */
  let canvas: HTMLCanvasElement | undefined
  function makeCanvas(): HTMLCanvasElement {
    const made = document.createElement('canvas')
    made.className = 'pointer-events-none absolute inset-0 size-full'
    chart.over.prepend(made)
    return made
  }
  const label = document.createElement('div')
  label.className =
    'pointer-events-none absolute top-1 max-w-4/5 truncate rounded bg-elevated px-1.5 py-0.5 text-xs text-highlighted shadow-sm'
  label.hidden = true
  chart.over.append(label)
  function fit(): void {
    if (canvas === undefined) return
    canvas.width = chart.bbox.width
    canvas.height = chart.bbox.height
  }
  return {
    fit,
    show({ highlighted, faint, readings }, options) {
      if (canvas === undefined) {
        if (faint.length === 0 && (!options.hasLine || highlighted.length === 0) && readings.length === 0) return
        canvas = makeCanvas()
        fit()
      }
      const points = highlighted.map((line) => {
        const reading = readings.find((candidate) => candidate.line === line)
        const y = reading === undefined ? Number.NaN : (reading.smoothed ?? decodeMetric(reading.value))
        return { line, at: reading !== undefined && Number.isFinite(y) ? { x: reading.x, y } : undefined }
      })
      paintHighlight(
        chart,
        canvas,
        [...faint.map((line) => ({ line, at: undefined, isThin: true })), ...points],
        options,
      )
    },
    setLabel(text, side) {
      label.hidden = text === ''
      label.textContent = text
      label.style.left = side === 'left' ? '4px' : 'auto'
      label.style.right = side === 'right' ? '4px' : 'auto'
    },
  }
}
