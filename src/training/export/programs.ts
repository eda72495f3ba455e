import { clipSpec, floatSpec, indexSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import type { Model } from '../model/layouts.ts'
import { weightsOf } from '../model/parameters.ts'
import { tokenCount } from '../model/patches.ts'
import type { NamedSpecs } from '../tensor/host-tensor.ts'

/**
 * The program of an exported graph: normalised `video` [N, 3, T, S, S] or `image` [N, 3, S, S] -> what `Model.encode` returns. For a model
 * without a head these are `last_block` [N, tokens, D], the features of a teacher in MVD, and `features`.
 */
export const encoderProgram = (model: Model, batch: number): InferenceProgram => ({
  name: `mvd-${model.layout}`,
  inputs: pixelSpecs(model, batch),
  run: (parameters, inputs) => model.encode(weightsOf(parameters), weightsOf(inputs)(model.input)),
})

/**
 * All outputs of a checkpoint for one clip: with a decoder also the prediction of every second token from the others. `visible`
 * and `masked` are int32 [1, Nv] and [1, Nm].
 */
export function wholeProgram(model: Model): InferenceProgram {
  const { predict, input } = model
  const encoder = encoderProgram(model, 1)
  if (predict === undefined) return encoder
  const tokens = tokenCount(model.geometry)
  const masked = Math.floor(tokens / 2)
  return {
    name: encoder.name,
    inputs: { ...encoder.inputs, visible: indexSpec([1, tokens - masked]), masked: indexSpec([1, masked]) },
    run(parameters, inputs) {
      const [weights, given] = [weightsOf(parameters), weightsOf(inputs)]
      return {
        ...model.encode(weights, given(input)),
        ...predict(weights, given(input), given('visible'), given('masked')),
      }
    },
  }
}

function pixelSpecs({ input, geometry }: Model, batch: number): NamedSpecs {
  const { imageSize } = geometry
  return input === 'image'
    ? { image: floatSpec([batch, 3, imageSize, imageSize]) }
    : { video: clipSpec(batch, geometry) }
}
