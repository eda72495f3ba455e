import { weightsOf } from '#training/model/parameters.ts'
import { cubes, gatherTokens, tokenCount } from '#training/model/patches.ts'
import { flatPositions } from '#training/model/positions.ts'
import { reconstructVideo, type VideoAutoencoderConfig, videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { pixelLoss, videoPixelTargets } from '#training/objective/pixel-targets.ts'
import { describe, expect, it } from 'vitest'
import { deviations, distance, evaluate, indicesOf, loadCase, sizes } from './reference.ts'

describe('videomae-normalized', () => {
  it('gives the published numbers', async () => {
    const { config: given, weights, inputs, expected } = await loadCase('videomae-normalized')
    const config: VideoAutoencoderConfig = sizes(given, 'frames', 'tubeletSize', 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads')
    const specs = videoAutoencoderParameters(config)
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())
    expect(distance(flatPositions(config.width, tokenCount(config)), expected['encoder_pos_embed']!.data)).toBeLessThan(1e-6)
    expect(distance(flatPositions(config.decoderWidth, tokenCount(config)), expected['decoder_pos_embed']!.data)).toBeLessThan(1e-6)

    const feeds = { video: inputs['video']!, visible: indicesOf(inputs['mask']!, 0), masked: indicesOf(inputs['mask']!, 1) }
    const { outputs, gradients } = await evaluate(specs, weights, feeds, (parameters, { video, visible, masked }) => {
      const prediction = reconstructVideo(config, weightsOf(parameters), video!, visible!, masked!)
      const target = videoPixelTargets(gatherTokens(cubes(video!, config), masked!), given['normalizedPixels'] === true)
      return { loss: pixelLoss(prediction, target), prediction, target }
    })

    expect(deviations(outputs, expected, '', 1e-5)).toEqual({})
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })
})
