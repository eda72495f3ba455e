import type { Draws } from './random.ts'

/**
 * Factors of stochastic depth [rates.length, places.length]: 0 with the chance of the row's rate, else 1 / (1 - rate). One row
 * for each residual branch. They are drawn for all `samples` of a step, of which `places` takes some or all.
 */
export function dropPathFactors(
  draws: Draws,
  rates: readonly number[],
  samples: number,
  places: Int32Array = Int32Array.from({ length: samples }, (_, place) => place),
): Float32Array {
  const factors = new Float32Array(rates.length * places.length)
  const row = new Float32Array(samples)
  rates.forEach((rate, index) => {
    for (let sample = 0; sample < samples; sample++) row[sample] = dropFactor(draws, rate)
    places.forEach((place, at) => (factors[index * places.length + at] = row[place] ?? 0))
  })
  return factors
}

/** Factors of dropout [width]: 0 with the chance `rate`, else 1 / (1 - rate) (Srivastava et al. 2014). */
export function dropoutFactors(draws: Draws, rate: number, width: number): Float32Array {
  return Float32Array.from({ length: width }, () => dropFactor(draws, rate))
}

const dropFactor = (draws: Draws, rate: number): number => (draws.uniform() < rate ? 0 : 1 / (1 - rate))
