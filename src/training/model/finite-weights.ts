import { StudioError } from '#contract/api/errors.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { nonFiniteHint, nonFiniteWeights } from '#contract/domain/non-finite.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { nonFiniteTensors } from '../tensor/non-finite.ts'

/**
 * Checks the weights of a model before they are used.
 * @param origin id of its checkpoint, or name of the imported model
 * @throws StudioError `checkpoint-invalid` with the tensors that hold NaN or infinite values, where they come from, and what to do.
 */
export function requireFiniteWeights(origin: string, weights: NamedHostTensors): void {
  const broken = nonFiniteTensors(weights)
  if (broken.length === 0) return
  const isImported = parseRef(origin).kind === 'imported-model'
  throw new StudioError(
    'checkpoint-invalid',
    `The ${isImported ? 'imported model' : 'checkpoint'} ${origin} has ${nonFiniteWeights(broken)}.`,
    isImported
      ? `The file from which it was imported held them. ${nonFiniteHint}`
      : 'Its training has diverged. Choose an earlier checkpoint of the run, or train it again with a lower learning rate.',
  )
}
