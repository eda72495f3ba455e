import { smoothTargets } from '#training/data/mixup.ts'
import type { HostTensor, TrainingProgram } from '#training/engine/engine.ts'
import { type ClassifierConfig, classifierParameters, classify } from '#training/model/classifier.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { gridOf } from '#training/model/patches.ts'
import { spaceTimePositions } from '#training/model/positions.ts'
import { softTargetLoss } from '#training/objective/classification-loss.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'
import { describe, expect, it } from 'vitest'
import { adamW, agreement, compareTraining, deviations, distance, evaluate, loadCase, type ReferenceCase, sizes, specsOf } from './reference.ts'

async function prepare(name: string) {
  const reference = await loadCase(name)
  const config: ClassifierConfig = {
    ...sizes(reference.config, 'frames', 'tubeletSize', 'imageSize', 'patchSize', 'width', 'depth', 'heads', 'classes'),
    positions: 'space-time',
    headInitScale: 1,
  }
  const specs = classifierParameters(config)
  const { layerDecay } = sizes(reference.config, 'layerDecay')
  const inputs = { video: reference.inputs['video']!, targets: reference.inputs['soft_targets'] ?? smoothed(reference, config.classes) }
  const program: TrainingProgram = {
    name,
    inputs: specsOf(inputs),
    groups: parameterGroups(specs, reference.optimizer.weightDecay, { decay: layerDecay, depth: config.depth }),
    optimizer: adamW(reference),
    loss(parameters, inputs) {
      const input = weightsOf(inputs)
      const logits = classify(config, weightsOf(parameters), input('video'))
      return { loss: softTargetLoss(logits, input('targets')), outputs: { logits } }
    },
  }
  return { reference, config, specs, inputs, program }
}

function smoothed({ config, inputs }: ReferenceCase, classes: number): HostTensor {
  const labels = Int32Array.from(inputs['labels']!.data)
  return { shape: [labels.length, classes], dtype: 'float32', data: smoothTargets(labels, classes, sizes(config, 'labelSmoothing').labelSmoothing) }
}

describe.each(['classifier-soft-targets', 'classifier-label-smoothing'])('%s', (name) => {
  it('gives the published loss, logits and gradients', async () => {
    const { reference, config, specs, inputs, program } = await prepare(name)
    const { weights, expected } = reference
    expect(specs.map((spec) => spec.name).toSorted()).toEqual(Object.keys(weights).toSorted())
    expect(distance(spaceTimePositions(config.width, gridOf(config)), expected['pos_embed']!.data)).toBeLessThan(1e-6)

    const { outputs, gradients } = await evaluate(program, weights, inputs)
    expect(distance(outputs['loss']!.data, expected['losses']!.data.subarray(0, 1))).toBeLessThan(1e-5)
    expect(distance(outputs['logits']!.data, expected['logits']!.data)).toBeLessThan(1e-5)
    expect(deviations(gradients, expected, 'grad.', 1e-4)).toEqual({})
  })

  it.each(['cpu', 'onnx-cpu'] as const)('trains as published on %s', async (engine) => {
    const { reference, inputs, program } = await prepare(name)
    expect(await compareTraining(engine, reference, program, reference.weights, inputs)).toEqual(agreement)
  })
})
