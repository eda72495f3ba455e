import { availableParallelism } from 'node:os'
import { type EngineName, type Precision, traitsOf } from '#contract/domain/engine.ts'
import { fastest } from './choose.ts'
import { TrialCache } from './trial-cache.ts'

/** The engine that `auto` chooses for a precision on this machine, if engines have been tried before. Tries none. */
export function engineOfAuto(precision: Precision): EngineName | undefined {
  const { trials = [] } = new TrialCache(availableParallelism(), () => {}).read() ?? {}
  return fastest(trials.filter(({ name }) => traitsOf(name).precisions.includes(precision)))?.name
}
