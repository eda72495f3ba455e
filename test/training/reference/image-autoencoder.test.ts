import type { HostTensor } from '#training/engine/engine.ts'
import { type ImageAutoencoderConfig, imageAutoencoderParameters, reconstructImage } from '#training/model/image-autoencoder.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { cubes, gatherTokens, imageGeometry } from '#training/model/patches.ts'
import { imagePixelTargets, pixelLoss } from '#training/objective/pixel-targets.ts'
import { describe, expect, it } from 'vitest'
import { deviations, distance, evaluate, indicesOf, loadCase, sizes } from './reference.ts'

describe.each(['mae-normalized', 'mae-raw-pixels'])('%s', (name) => {
  it('gives the published numbers', async () => {
    const { config: given, weights, inputs, expected } = await loadCase(name)
    const config: ImageAutoencoderConfig = sizes(given, 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'decoderWidth', 'decoderDepth', 'decoderHeads')
    const specs = imageAutoencoderParameters(config)
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())

    const masked = indicesOf(expected['mask']!, 1)
    const feeds = { image: inputs['image']!, visible: indicesOf(expected['mask']!, 0), masked }
    const { outputs, gradients } = await evaluate(specs, weights, feeds, (parameters, { image, visible, masked }) => {
      const patches = cubes(image!, imageGeometry(config.imageSize, config.patchSize))
      const prediction = reconstructImage(config, weightsOf(parameters), image!, visible!, masked!)
      const loss = pixelLoss(prediction, imagePixelTargets(gatherTokens(patches, masked!), given['normalizedPixels'] === true))
      return { loss, prediction }
    })

    expect(distance(outputs['loss']!.data, expected['loss']!.data)).toBeLessThan(1e-5)
    expect(distance(outputs['prediction']!.data, rowsAt(expected['prediction']!, masked))).toBeLessThan(1e-5)
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })
})

/** Rows of [B, N, D] at indices [B, K]; the published prediction covers visible patches as well. */
function rowsAt({ data, shape }: HostTensor, indices: HostTensor): Float32Array {
  const [batch, tokens, width] = shape as [number, number, number]
  const rows = Array.from(indices.data, (token, place) => (Math.floor(place / (indices.data.length / batch)) * tokens + token) * width)
  return Float32Array.from(rows.flatMap((start) => [...data.subarray(start, start + width)]))
}
