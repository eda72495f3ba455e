import type { RunTimes } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatEpoch, formatStep } from '../format.ts'
import { t } from '../language.ts'

/** What the horizontal axis of curves shows; the first is the default. */
export const axisKinds = ['step', 'epoch', 'samples', 'wall', 'compute'] as const
export type AxisKind = (typeof axisKinds)[number]

export const axisTitle = (kind: AxisKind): string => t(`charts.axes.${kind}`)

export const needsTimes = (kind: AxisKind): kind is 'wall' | 'compute' => kind === 'wall' || kind === 'compute'
/** Whether positions on the axis are whole numbers. */
export const isWhole = (kind: AxisKind): boolean => kind === 'step' || kind === 'samples'

/** Position of steps on the horizontal axis: epochs, samples, or seconds since the first start. */
export interface AxisMap {
  /** Undefined for a step whose position is not known. */
  toX: (step: number) => number | undefined
  toStep: (x: number) => number
  /** Axis units per step if that is the same for all steps. */
  factor: number | undefined
}

type AxisRun = Pick<Run, 'totalSteps' | 'epochs' | 'effectiveBatchSize'>

/** Positions of a run's steps; undefined if they are not known for this run. */
export function axisOf(kind: AxisKind, run: AxisRun | undefined, times: RunTimes | undefined): AxisMap | undefined {
  if (kind === 'step') return proportional(1)
  if (kind === 'epoch') {
    if (!run?.totalSteps || !run.epochs) return undefined
    return proportional(run.epochs / run.totalSteps)
  }
  if (kind === 'samples') return run?.effectiveBatchSize ? proportional(run.effectiveBatchSize) : undefined
  if (times === undefined || times.steps.length === 0) return undefined
  return overTime(times.steps, kind === 'wall' ? times.wallMs : times.computeMs)
}

const proportional = (factor: number): AxisMap => ({
  toX: (step) => step * factor,
  toStep: (x) => x / factor,
  factor,
})

function overTime(steps: readonly number[], timesMs: readonly number[]): AxisMap {
  // A clock that was set back must not bend a curve back.
  let latest = 0
  const seconds = timesMs.map((ms) => (latest = Math.max(latest, ms / 1000)))
  return {
    toX: (step) => interpolate(steps, seconds, step),
    toStep: (x) => interpolate(seconds, steps, x) ?? (x < (seconds[0] ?? 0) ? (steps[0] ?? 0) : (steps.at(-1) ?? 0)),
    factor: undefined,
  }
}

/** Value at `x` on the line through the points; undefined outside of them. `xs` ascends. */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number | undefined {
  const last = xs.length - 1
  const first = xs[0]
  const end = xs[last]
  if (first === undefined || end === undefined || x < first || x > end) return undefined
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((xs[middle] ?? 0) <= x) low = middle
    else high = middle
  }
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [xs[low], xs[high], ys[low], ys[high]]
  if (x === x1) return y1
  return x1 === x0 ? y0 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
}

/** Index of the number nearest to `x` in ascending numbers; -1 of none. */
export function nearestIndex(xs: readonly number[], x: number): number {
  let low = 0
  let high = xs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((xs[middle] ?? 0) <= x) low = middle
    else high = middle
  }
  if (high < 0) return -1
  // Without absolute values, since far beyond the last number both distances are equal after rounding.
  return x - (xs[low] ?? 0) <= (xs[high] ?? 0) - x ? low : high
}

/** A position with its unit: `step 40`, `epoch 1.5`, `640 samples`, `2 min 5 s`. */
export function formatPosition(kind: AxisKind, x: number): string {
  if (needsTimes(kind)) return formatElapsed(x)
  return t(`charts.positions.${kind}`, { value: kind === 'epoch' ? formatEpoch(x) : formatStep(x) })
}

/** Labels of ticks; empty for a fraction of a step. */
export function axisLabels(kind: AxisKind, ticks: readonly number[]): string[] {
  if (needsTimes(kind)) return ticks.map(formatElapsed)
  if (kind === 'epoch') return ticks.map((tick) => String(Number(tick.toPrecision(6))))
  return ticks.map((tick) => (Number.isInteger(tick) ? formatStep(tick) : ''))
}

/** Distances of ticks on an axis of seconds, so that they fall on whole minutes, hours and days. */
export const timeIncrements = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600,
  43_200, 86_400, 172_800, 432_000, 864_000, 1_728_000, 4_320_000, 8_640_000,
]

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** `45 s`, `5 min`, `1 h 30 min`; two units at most. */
function formatElapsed(exact: number): string {
  // Rounded to the smaller unit first: 59.9 min is an hour.
  const seconds = exact < 59.5 ? exact : exact < 3570 ? Math.round(exact) : Math.round(exact / 60) * 60
  const unit = units.findIndex(([, size]) => seconds >= size)
  const [name, size] = units[unit] ?? ['s', 1]
  if (name === 's') return `${Number(seconds.toPrecision(3))} s`
  const [smaller, part] = units[unit + 1] ?? ['s', 1]
  const parts = Math.round(seconds / part)
  const perUnit = size / part
  const rest = parts % perUnit
  return `${Math.floor(parts / perUnit)} ${name}${rest === 0 ? '' : ` ${rest} ${smaller}`}`
}
