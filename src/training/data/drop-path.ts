import type { Draws } from './random.ts'

/**
 * Factors of stochastic depth [rates.length, batch]: 0 with the chance of the row's rate, else 1 / (1 - rate), drawn for
 * each sample. One row for each residual branch.
 */
export function dropPathFactors(draws: Draws, rates: readonly number[], batch: number): Float32Array {
  const factors = new Float32Array(rates.length * batch)
  rates.forEach((rate, row) => {
    for (let sample = 0; sample < batch; sample++) factors[row * batch + sample] = draws.uniform() < rate ? 0 : 1 / (1 - rate)
  })
  return factors
}
