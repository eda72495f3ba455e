import type { Draws } from './random.ts'

/**
 * Factors of stochastic depth [rates.length, positions.length], one row for each residual branch: 0 with the probability of
 * the row's rate, else 1 / (1 - rate). They are drawn for all `samples` of a step; `positions` selects those of a micro-batch.
 */
export function dropPathFactors(
  draws: Draws,
  rates: readonly number[],
  samples: number,
  positions: Int32Array = Int32Array.from({ length: samples }, (_, position) => position),
): Float32Array {
  const factors = new Float32Array(rates.length * positions.length)
  const row = new Float32Array(samples)
  rates.forEach((rate, index) => {
    for (let sample = 0; sample < samples; sample++) row[sample] = dropFactor(draws, rate)
    positions.forEach((position, at) => (factors[index * positions.length + at] = row[position] ?? 0))
  })
  return factors
}

/** Factors of dropout [width]: 0 with probability `rate`, else 1 / (1 - rate) (Srivastava et al. 2014). */
export function dropoutFactors(draws: Draws, rate: number, width: number): Float32Array {
  return Float32Array.from({ length: width }, () => dropFactor(draws, rate))
}

const dropFactor = (draws: Draws, rate: number): number => (draws.uniform() < rate ? 0 : 1 / (1 - rate))
