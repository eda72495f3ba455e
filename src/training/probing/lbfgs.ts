import { dot } from './features.ts'

/** A smooth function: its value at a point, and its gradient written into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number

export interface Iterate {
  readonly point: Float64Array
  readonly value: number
  /** Largest absolute component of the gradient. */
  readonly slope: number
}

/** Number of steps in the approximation of the curvature. */
const memory = 10
/** Share of the predicted decrease that a step must achieve (Armijo). */
const sufficientDecrease = 1e-4
const shortestStep = 2 ** -40

/**
 * Minimises a convex function by L-BFGS with backtracking (Nocedal & Wright, "Numerical optimization", algorithms 7.4 and 3.1). Yields
 * each iterate, including the start, and ends if no component of the gradient exceeds `tolerance` or no step decreases the function.
 */
export function* minimise(
  objective: Objective,
  start: Float64Array,
  tolerance: number,
): Generator<Iterate, void, void> {
  let point: Float64Array = start.slice()
  let gradient: Float64Array = new Float64Array(start.length)
  let value = objective(point, gradient)
  const pairs: { step: Float64Array; change: Float64Array; curvature: number }[] = []
  for (;;) {
    const slope = gradient.reduce((largest, part) => Math.max(largest, Math.abs(part)), 0)
    yield { point, value, slope }
    if (slope <= tolerance) return

    const direction = descent(gradient, pairs)
    const promise = dot(direction, gradient)
    const nextGradient = new Float64Array(start.length)
    // Without an estimate of the curvature, the length of the gradient does not determine the step size.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-promise)) : 1
    let next = along(point, direction, length)
    let nextValue = objective(next, nextGradient)
    while (!(nextValue <= value + sufficientDecrease * length * promise)) {
      length /= 2
      if (length < shortestStep) return
      next = along(point, direction, length)
      nextValue = objective(next, nextGradient)
    }

    const step = next.map((part, i) => part - (point[i] ?? 0))
    const change = nextGradient.map((part, i) => part - (gradient[i] ?? 0))
    const curvature = dot(step, change)
    if (curvature > 0) pairs.push({ step, change, curvature })
    if (pairs.length > memory) pairs.shift()
    point = next
    gradient = nextGradient
    value = nextValue
  }
}

/** The direction of the two-loop recursion. */
function descent(
  gradient: Float64Array,
  pairs: readonly { step: Float64Array; change: Float64Array; curvature: number }[],
): Float64Array {
  const direction = gradient.map((part) => -part)
  const weights = pairs.map(() => 0)
  for (let index = pairs.length - 1; index >= 0; index--) {
    const pair = pairs[index]
    if (pair === undefined) continue
    weights[index] = dot(pair.step, direction) / pair.curvature
    add(direction, pair.change, -(weights[index] ?? 0))
  }
  const last = pairs.at(-1)
  if (last !== undefined) {
    const scale = last.curvature / dot(last.change, last.change)
    direction.forEach((part, i) => void (direction[i] = part * scale))
  }
  pairs.forEach(({ step, change, curvature }, index) =>
    add(direction, step, (weights[index] ?? 0) - dot(change, direction) / curvature),
  )
  return direction
}

const along = (point: Float64Array, direction: Float64Array, length: number): Float64Array =>
  point.map((part, i) => part + length * (direction[i] ?? 0))

function add(target: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (other[i] ?? 0)
}
