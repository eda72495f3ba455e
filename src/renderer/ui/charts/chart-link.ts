import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import type { Spread } from './bands.ts'
import { createDrawQueue, type DrawQueue } from './draw-queue.ts'
import type { Reading } from './lines.ts'
import type { AxisKind } from './x-axis.ts'

/** The cursor of the charts of a page. It changes once per frame at most. */
export interface ChartCursor {
  /** The chart under the pointer, or with the focus. */
  chart: string
  x: number
  /** Entry of the nearest line. */
  entry: string | undefined
}

/** What the charts of a page share: charts draw it themselves, the legend lists it. */
export interface ChartLink {
  cursor: ShallowRef<ChartCursor | undefined>
  /** Entry under the pointer in the legend. */
  highlighted: ShallowRef<string | undefined>
  /** The chart whose values the legend lists; undefined before the pointer was over one. */
  active: ShallowRef<string | undefined>
  /** Values of an entry in a chart at a position; its last values for undefined. */
  readers: Map<string, (entry: string, x: number | undefined) => Reading[]>
  /** Draws the charts that follow the one in use. */
  followers: DrawQueue
}

export const createChartLink = (): ChartLink => ({
  cursor: shallowRef(),
  highlighted: shallowRef(),
  active: shallowRef(),
  readers: shallowReactive(new Map()),
  followers: createDrawQueue(),
})

/** A row of the legend: a run, or a group of runs. */
export interface LegendEntry {
  id: string
  label: string
  /** Index in the palette. */
  style: number
  runIds: readonly string[]
}

export interface ChartSettings {
  axis: AxisKind
  /** Weight of the past in the smoothed curve, from 0 (off) up to 1. */
  smoothing: number
  isLogarithmic: boolean
  isLogarithmicX: boolean
  spread: Spread
}
