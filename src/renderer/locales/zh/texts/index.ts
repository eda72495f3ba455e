import type { ContractTexts } from '../../shape.ts'
import comparison from './comparison.ts'
import experiments from './experiments.ts'
import files from './files.ts'
import keys from './keys.ts'
import metrics from './metrics.ts'
import models from './models.ts'
import parameters from './parameters.ts'
import presets from './presets.ts'
import query from './query.ts'
import runs from './runs.ts'
import stages from './stages.ts'

/** Sentences of the contract by their English text. */
export const texts: ContractTexts = {
  ...comparison,
  ...stages,
  ...experiments,
  ...files,
  ...keys,
  ...metrics,
  ...models,
  ...presets,
  ...parameters,
  ...query,
  ...runs,
}
