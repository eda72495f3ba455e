import type { HostTensor, TrainingProgram } from '#training/engine/engine.ts'
import { type ImageAutoencoderConfig, imageAutoencoderParameters, reconstructImage } from '#training/model/image-autoencoder.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { cubes, gatherTokens, imageGeometry } from '#training/model/patches.ts'
import { imagePixelTargets, pixelLoss } from '#training/objective/pixel-targets.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'
import { describe, expect, it } from 'vitest'
import { adamW, agreement, compareTraining, deviations, distance, evaluate, indicesOf, loadCase, sizes, specsOf } from './reference.ts'

async function prepare(name: string) {
  const reference = await loadCase(name)
  const config: ImageAutoencoderConfig = sizes(reference.config, 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads')
  const specs = imageAutoencoderParameters(config)
  const mask = reference.expected['mask']!
  const inputs = { image: reference.inputs['image']!, visible: indicesOf(mask, 0), masked: indicesOf(mask, 1) }
  const program: TrainingProgram = {
    name,
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, reference.optimizer.weightDecay),
    optimizer: adamW(reference),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const patches = gatherTokens(cubes(input('image'), imageGeometry(config.imageSize, config.patchSize)), input('masked'))
      const prediction = reconstructImage(config, weightsOf(parameters), input('image'), input('visible'), input('masked'))
      return { loss: pixelLoss(prediction, imagePixelTargets(patches, reference.config['normalizedPixels'] === true)), outputs: { prediction } }
    },
  }
  return { reference, specs, inputs, program }
}

describe.each(['mae-normalized', 'mae-raw-pixels'])('%s', (name) => {
  it('gives the published loss, prediction and gradients', async () => {
    const { reference, specs, inputs, program } = await prepare(name)
    const { weights, expected } = reference
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())

    const { outputs, gradients } = await evaluate(program, weights, inputs)
    expect(distance(outputs['loss']!.data, expected['loss']!.data)).toBeLessThan(1e-5)
    expect(distance(outputs['prediction']!.data, rowsAt(expected['prediction']!, inputs.masked))).toBeLessThan(1e-5)
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })

  it.each(['cpu', 'onnx-cpu'] as const)('trains as published on %s', async (engine) => {
    const { reference, inputs, program } = await prepare(name)
    expect(await compareTraining(engine, reference, program, reference.weights, inputs)).toEqual(agreement)
  })
})

/** Rows of [B, N, D] at indices [B, K]; the published prediction covers visible patches as well. */
function rowsAt({ data, shape }: HostTensor, indices: HostTensor): Float32Array {
  const [batch, tokens, width] = shape as [number, number, number]
  const rows = Array.from(indices.data, (token, place) => (Math.floor(place / (indices.data.length / batch)) * tokens + token) * width)
  return Float32Array.from(rows.flatMap((start) => [...data.subarray(start, start + width)]))
}
