import { floatSpec } from '../data/batch-tensors.ts'
import { draws } from '../data/random.ts'
import type { InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { weightsOf } from '../model/parameters.ts'
import { softTargetLoss } from '../objective/classification-loss.ts'
import type { NamedHostTensors, NamedTensors } from '../tensor/host-tensor.ts'
import * as tf from '../tensor/tf.ts'

/** Sizes of an attentive classifier and of the tokens that it reads. */
export interface PoolingShape {
  readonly tokenCount: number
  readonly width: number
  readonly queries: number
  readonly classes: number
}

/** A rate with a weight decay. One classifier is trained for each setting. */
export interface PoolingSetting {
  readonly learningRate: number
  readonly weightDecay: number
}

const parameter = (setting: number, name: 'queries' | 'weight' | 'bias'): string => `setting-${setting}.${name}`
const logits = (setting: number): string => `logits-${setting}`
const loss = (setting: number): string => `loss-${setting}`

/** Scores of all classes of a batch [batch, classes] by one setting, among the outputs of `poolingScores`. */
export const scoresOf = (outputs: NamedHostTensors, setting: number): Float32Array => {
  const scores = outputs[logits(setting)]?.data
  if (!(scores instanceof Float32Array)) throw new Error(`There are no scores of the setting ${setting}.`)
  return scores
}

/**
 * The first parameters, equal for all settings: queries are normal, because equal queries would stay equal; the classifier is zero, as
 * that of the linear probe.
 */
export function freshPooling(
  { queries, width, classes }: PoolingShape,
  settings: readonly PoolingSetting[],
  seed: number,
): NamedHostTensors {
  const random = draws(seed, 'attentive-probe')
  const drawn = Float32Array.from({ length: queries * width }, () => random.normal())
  return Object.fromEntries(
    settings.flatMap((_, setting) => [
      [parameter(setting, 'queries'), { ...floatSpec([queries, width]), data: drawn.slice() }],
      [
        parameter(setting, 'weight'),
        { ...floatSpec([classes, queries * width]), data: new Float32Array(classes * queries * width) },
      ],
      [parameter(setting, 'bias'), { ...floatSpec([classes]), data: new Float32Array(classes) }],
    ]),
  )
}

/**
 * Trains one classifier per setting on the same batches, so that tokens are read once. Their losses are added; each gradient has the
 * term of its own setting alone. Inputs: `tokens` [batch, tokenCount, width] and `targets` [batch, classes].
 */
export function poolingTraining(
  shape: PoolingShape,
  settings: readonly PoolingSetting[],
  batch: number,
  accumulationSteps: number,
): TrainingProgram {
  return {
    name: 'attentive-probe',
    inputs: { tokens: tokenSpec(shape, batch), targets: floatSpec([batch, shape.classes]) },
    accumulationSteps,
    groups: Object.fromEntries(
      settings.flatMap(({ learningRate, weightDecay }, setting) => [
        [parameter(setting, 'queries'), { learningRateScale: learningRate, weightDecay }],
        [parameter(setting, 'weight'), { learningRateScale: learningRate, weightDecay }],
        [parameter(setting, 'bias'), { learningRateScale: learningRate, weightDecay: 0 }],
      ]),
    ),
    optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipGradient: 0 },
    loss(parameters, inputs) {
      const targets = weightsOf(inputs)('targets')
      const losses = poolAndClassify(shape, settings.length, parameters, inputs).map((scores) =>
        softTargetLoss(scores, targets),
      )
      const outputs = Object.fromEntries(losses.map((value, setting) => [loss(setting), value]))
      return { loss: tf.addN(losses), outputs }
    },
  }
}

/** Scores by each setting for `tokens` [batch, tokenCount, width]. Read them with `scoresOf`. */
export const poolingScores = (shape: PoolingShape, settings: number, batch: number): InferenceProgram => ({
  name: 'attentive-probe-scores',
  inputs: { tokens: tokenSpec(shape, batch) },
  run: (parameters, inputs) =>
    Object.fromEntries(
      poolAndClassify(shape, settings, parameters, inputs).map((scores, setting) => [logits(setting), scores]),
    ),
})

const tokenSpec = ({ tokenCount, width }: PoolingShape, batch: number) => floatSpec([batch, tokenCount, width])

/**
 * Multi-query cross attention: each learned query weights the tokens by softmax(token · query / √width), and a linear classifier reads
 * the weighted means of all queries. Multi-head attention with one learned token computes nothing else: its key projection is part of the
 * queries, its value and output projections part of the classifier (Psomas et al., "Attention, Please! Revisiting Attentive Probing
 * Through the Lens of Efficiency", ICLR 2026).
 */
function poolAndClassify(
  { tokenCount, width, queries, classes }: PoolingShape,
  settings: number,
  parameters: NamedTensors,
  inputs: NamedTensors,
): tf.Tensor2D[] {
  const [weights, tokens] = [weightsOf(parameters), weightsOf(inputs)('tokens') as tf.Tensor3D]
  const [batch] = tokens.shape
  const every = Array.from({ length: settings }, (_, setting) => setting)
  const allQueries = tf.concat(
    every.map((setting) => weights(parameter(setting, 'queries'))),
    0,
  )
  const affinities = tf
    .matMul(tokens.reshape<tf.Tensor2D>([batch * tokenCount, width]), allQueries as tf.Tensor2D, false, true)
    .mul(1 / Math.sqrt(width))
    .reshape([batch, tokenCount, settings * queries])
    .transpose([0, 2, 1])
  const means = tf.matMul(tf.softmax(affinities), tokens)
  // The gradient of a split needs two outputs.
  const bySetting = settings === 1 ? [means] : tf.split(means, settings, 1)
  return bySetting.map((mean, setting) =>
    tf
      .matMul(
        mean.reshape<tf.Tensor2D>([batch, queries * width]),
        weights(parameter(setting, 'weight')) as tf.Tensor2D,
        false,
        true,
      )
      .add<tf.Tensor2D>(weights(parameter(setting, 'bias')).reshape([1, classes])),
  )
}
