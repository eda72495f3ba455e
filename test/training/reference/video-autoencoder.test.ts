import type { TrainingProgram } from '#training/engine/engine.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { cubes, gatherTokens, tokenCount } from '#training/model/patches.ts'
import { flatPositions } from '#training/model/positions.ts'
import { reconstructVideo, type VideoAutoencoderConfig, videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { pixelLoss, videoPixelTargets } from '#training/objective/pixel-targets.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'
import { describe, expect, it } from 'vitest'
import { adamW, agreement, compareTraining, deviations, distance, evaluate, indicesOf, loadCase, sizes, specsOf } from './reference.ts'

async function prepare() {
  const reference = await loadCase('videomae-normalized')
  const config: VideoAutoencoderConfig = sizes(reference.config, 'frames', 'tubeletSize', 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads')
  const specs = videoAutoencoderParameters(config)
  const mask = reference.inputs['mask']!
  const inputs = { video: reference.inputs['video']!, visible: indicesOf(mask, 0), masked: indicesOf(mask, 1) }
  const program: TrainingProgram = {
    name: 'videomae',
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, reference.optimizer.weightDecay),
    optimizer: adamW(reference),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const prediction = reconstructVideo(config, weightsOf(parameters), input('video'), input('visible'), input('masked'))
      const target = videoPixelTargets(gatherTokens(cubes(input('video'), config), input('masked')), reference.config['normalizedPixels'] === true)
      return { loss: pixelLoss(prediction, target), outputs: { prediction, target } }
    },
  }
  return { reference, config, specs, inputs, program }
}

describe('videomae-normalized', () => {
  it('gives the published loss, prediction, target and gradients', async () => {
    const { reference, config, specs, inputs, program } = await prepare()
    const { weights, expected } = reference
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())
    expect(distance(flatPositions(config.width, tokenCount(config)), expected['encoder_pos_embed']!.data)).toBeLessThan(1e-6)
    expect(distance(flatPositions(config.decoderWidth, tokenCount(config)), expected['decoder_pos_embed']!.data)).toBeLessThan(1e-6)

    const { outputs, gradients } = await evaluate(program, weights, inputs)
    expect(deviations(outputs, expected, '', 1e-5)).toEqual({})
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })

  it.each(['cpu', 'onnx-cpu'] as const)('trains as published on %s', async (engine) => {
    const { reference, inputs, program } = await prepare()
    expect(await compareTraining(engine, reference, program, reference.weights, inputs)).toEqual(agreement)
  })
})
