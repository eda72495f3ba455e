import * as tf from '#training/engine/tf.ts'
import { softTargetLoss } from '#training/objective/classification-loss.ts'
import { type FeatureDistance, featureErrors, featureLoss } from '#training/objective/feature-loss.ts'
import { beforeAll, describe, expect, it } from 'vitest'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('featureLoss', () => {
  const differences = [-3, -1, -0.5, 0, 0.25, 1, 2]
  const cases: [FeatureDistance, value: (d: number) => number, slope: (d: number) => number][] = [
    ['smooth-l1', (d) => (Math.abs(d) < 1 ? d ** 2 / 2 : Math.abs(d) - 0.5), (d) => Math.max(-1, Math.min(1, d))],
    ['l1', Math.abs, Math.sign],
    ['l2', (d) => d ** 2, (d) => 2 * d],
  ]

  it.each(cases)('%s has the values and slopes of its definition', (distance, value, slope) => {
    const target = tf.scalar(5)
    const { value: loss, grad } = tf.valueAndGrad((prediction: tf.Tensor) => featureLoss(distance, prediction, target))(tf.tensor3d([[differences]]).add(target))
    const mean = differences.map(value).reduce((a, b) => a + b) / differences.length
    expect(loss.dataSync()[0]).toBeCloseTo(mean, 5)
    const slopes = grad.mul(differences.length).dataSync()
    differences.forEach((d, index) => expect(slopes[index]).toBeCloseTo(slope(d), 5))
  })

  it('of each token averages to the loss', () => {
    const [prediction, target] = [tf.randomNormal([2, 3, 4], 0, 2, 'float32', 1), tf.randomNormal([2, 3, 4], 0, 2, 'float32', 2)]
    const errors = featureErrors('smooth-l1', prediction, target)
    expect(errors.shape).toEqual([2, 3])
    expect(errors.mean().dataSync()[0]).toBeCloseTo(featureLoss('smooth-l1', prediction, target).dataSync()[0]!, 5)
  })
})

describe('softTargetLoss', () => {
  it('is the entropy of the targets at the best logits', () => {
    const targets = tf.tensor2d([[0.7, 0.2, 0.1]])
    expect(softTargetLoss(targets.log(), targets).dataSync()[0]).toBeCloseTo(-(0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1)), 5)
  })
  it('stays finite for large logits', () => {
    expect(softTargetLoss(tf.tensor2d([[1000, 0]]), tf.tensor2d([[0, 1]])).dataSync()[0]).toBe(1000)
  })
})
