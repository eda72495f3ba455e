import type { EChartsOption } from 'echarts'
import { BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts'
import {
  BrushComponent,
  GridComponent,
  LegendScrollComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers'

// Only the parts of ECharts that charts over runs need. Load this file with a dynamic import: it is large.
use([
  BarChart,
  BrushComponent,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  HeatmapChart,
  LegendScrollComponent,
  LineChart,
  ParallelChart,
  ParallelComponent,
  SVGRenderer,
  ScatterChart,
  TooltipComponent,
  VisualMapContinuousComponent,
])

/** Options of a chart over runs. */
export type ChartOption = EChartsOption

/** An interactive chart on a canvas in `host`. */
export const createChart = (host: HTMLElement) => init(host, null, { renderer: 'canvas' })

/** A chart as an SVG document, in pixels of the given size. */
export function svgOf(option: ChartOption, width: number, height: number, background: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ ...option, animation: false, backgroundColor: background })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}
