/** Mean of some numbers; NaN of none. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Standard deviation of a sample, with n − 1 degrees of freedom; NaN of fewer than two numbers. */
export function standardDeviationOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** Standard error of the mean; NaN of fewer than two numbers. */
export const standardErrorOf = (values: readonly number[]): number =>
  standardDeviationOf(values) / Math.sqrt(values.length)

/** Half the width of the interval of the mean by Student's t distribution; NaN of fewer than two numbers. */
export const intervalOf = (values: readonly number[], confidence = 0.95): number =>
  values.length < 2 ? Number.NaN : studentQuantile(confidence, values.length - 1) * standardErrorOf(values)

/** Quantile of the normal distribution for a two-sided 95 % interval. */
const normalQuantile = 1.959963984540054

/** 95 % interval of a share by Wilson's score method: it stays within 0 and 1, also for few trials. Undefined without trials. */
export function wilsonInterval(successes: number, trials: number): { low: number; high: number } | undefined {
  if (trials === 0) return undefined
  const square = normalQuantile ** 2
  const share = successes / trials
  const centre = (share + square / (2 * trials)) / (1 + square / trials)
  const half =
    (normalQuantile / (1 + square / trials)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials ** 2))
  // Rounding must not push the interval beyond a share of 0 or 1.
  return { low: Math.max(0, Math.min(share, centre - half)), high: Math.min(1, Math.max(share, centre + half)) }
}

/**
 * Difference of two shares over the same trials, second − first, with its 95 % interval by the method of Agresti and Min (2005): half a
 * trial is added to each of the four outcomes, so that few or one-sided differences do not give an interval of no width. Undefined
 * without trials.
 * @param onlyFirst trials in which only the first succeeded
 */
export function pairedShares(
  onlyFirst: number,
  onlySecond: number,
  trials: number,
): { difference: number; low: number; high: number } | undefined {
  if (trials === 0) return undefined
  const count = trials + 2
  const centre = (onlySecond - onlyFirst) / count
  const error = Math.sqrt(((onlyFirst + onlySecond + 1) / count - centre ** 2) / count)
  return {
    difference: (onlySecond - onlyFirst) / trials,
    low: Math.max(-1, centre - normalQuantile * error),
    high: Math.min(1, centre + normalQuantile * error),
  }
}

export interface PairedTest {
  readonly pairs: number
  /** Mean of second − first. */
  readonly difference: number
  /** Half the width of its 95 % interval. */
  readonly interval: number
  /** Probability of a difference at least as large if there is none, two-sided. */
  readonly p: number
}

/** Student's t test over pairs, such as two settings under the same seeds; undefined for fewer than two pairs. */
export function pairedTest(first: readonly number[], second: readonly number[]): PairedTest | undefined {
  if (first.length !== second.length) throw new Error('A paired test needs as many second values as first ones.')
  const differences = first.map((value, index) => (second[index] ?? Number.NaN) - value)
  if (differences.length < 2 || differences.some((value) => !Number.isFinite(value))) return undefined
  const difference = meanOf(differences)
  const error = standardErrorOf(differences)
  const freedom = differences.length - 1
  // Equal differences have no spread: only a difference of zero is compatible with chance.
  const p = error === 0 ? (difference === 0 ? 1 : 0) : 1 - studentMass(difference / error, freedom)
  return { pairs: differences.length, difference, interval: intervalOf(differences), p }
}

/** Probability that |T| ≤ |t| for Student's t with some degrees of freedom (Abramowitz and Stegun 26.5.27). */
export const studentMass = (t: number, freedom: number): number =>
  1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)

/** The t below which |T| lies with this probability, found by bisection of `studentMass`. */
export function studentQuantile(mass: number, freedom: number): number {
  let [low, high] = [0, 1]
  while (studentMass(high, freedom) < mass) high *= 2
  for (let step = 0; step < 200 && high - low > 1e-14 * high; step++) {
    const middle = (low + high) / 2
    if (studentMass(middle, freedom) < mass) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Regularised incomplete beta function I_x(a, b) by its continued fraction (Numerical Recipes §6.4, evaluated by Lentz's method). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a
  const tiny = 1e-300
  const guarded = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guarded(1 + even * d)
    c = guarded(1 + even / c)
    fraction *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guarded(1 + odd * d)
    c = guarded(1 + odd / c)
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return front * fraction
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b)

/** ln Γ(x) for x > 0: Stirling's series (Abramowitz and Stegun 6.1.41), after raising x above 10. */
function logGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 10; at += 1) shift += Math.log(at)
  const inverse = 1 / (at * at)
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188))))) / at
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift
}
