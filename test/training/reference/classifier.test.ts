import { smoothTargets } from '#training/data/mixup.ts'
import { type ClassifierConfig, classifierParameters, classify } from '#training/model/classifier.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { gridOf } from '#training/model/patches.ts'
import { spaceTimePositions } from '#training/model/positions.ts'
import { softTargetLoss } from '#training/objective/classification-loss.ts'
import { describe, expect, it } from 'vitest'
import { deviations, distance, evaluate, loadCase, sizes } from './reference.ts'

describe.each(['classifier-soft-targets', 'classifier-label-smoothing'])('%s', (name) => {
  it('gives the published numbers', async () => {
    const { config: given, weights, inputs, expected } = await loadCase(name)
    const config: ClassifierConfig = { ...sizes(given, 'frames', 'tubeletSize', 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'classes'), positions: 'space-time', headInitScale: 1 }
    const specs = classifierParameters(config)
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())
    expect(distance(spaceTimePositions(config.width, gridOf(config)), expected['pos_embed']!.data)).toBeLessThan(1e-6)

    const labels = inputs['labels']
    const targets =
      inputs['soft_targets'] ?? {
        shape: [labels!.data.length, config.classes],
        dtype: 'float32',
        data: smoothTargets(Int32Array.from(labels!.data), config.classes, sizes(given, 'labelSmoothing').labelSmoothing),
      }
    const { outputs, gradients } = await evaluate(specs, weights, { video: inputs['video']!, targets }, (parameters, { video, targets }) => {
      const logits = classify(config, weightsOf(parameters), video!)
      return { loss: softTargetLoss(logits, targets!), logits }
    })

    expect(distance(outputs['loss']!.data, expected['losses']!.data.subarray(0, 1))).toBeLessThan(1e-5)
    expect(distance(outputs['logits']!.data, expected['logits']!.data)).toBeLessThan(1e-5)
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })
})
