import { floatSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram, TrainingProgram } from '../engine/program/engine.ts'
import { sizeOf, weightsOf } from '../model/parameters.ts'
import { softTargetLoss } from '../objective/classification-loss.ts'
import type { HostTensor, NamedHostTensors, NamedTensors } from '../tensor/host-tensor.ts'
import * as tf from '../tensor/tf.ts'

/** Sizes of an attentive classifier and of the tokens that it reads. */
export interface PoolingShape {
  readonly tokenCount: number
  readonly width: number
  readonly classes: number
}

/** A rate with a weight decay. One classifier is trained for each setting. */
export interface PoolingSetting {
  readonly learningRate: number
  readonly weightDecay: number
}

const parameter = (setting: number, name: 'query' | 'weight' | 'bias'): string => `setting-${setting}.${name}`
/** Frozen: a factor for each channel of a weighted mean. */
const scale = 'scale'
const logits = (setting: number): string => `logits-${setting}`
const loss = (setting: number): string => `loss-${setting}`

/** Scores of all classes of a batch [batch, classes] by one setting, among the outputs of `poolingScores`. */
export const scoresOf = (outputs: NamedHostTensors, setting: number): Float32Array => {
  const scores = outputs[logits(setting)]?.data
  if (!(scores instanceof Float32Array)) throw new Error(`There are no scores of the setting ${setting}.`)
  return scores
}

const zeros = (shape: number[]): HostTensor => ({ ...floatSpec(shape), data: new Float32Array(sizeOf(shape)) })

/**
 * The first parameters: zeros. A query of zero attends to all tokens equally, so training starts at the linear probe on their mean.
 * @param scaleOfMeans [width] factor for each channel of a weighted mean, which is not trained
 */
export function freshPooling(
  { width, classes }: PoolingShape,
  settings: readonly PoolingSetting[],
  scaleOfMeans: Float32Array,
): NamedHostTensors {
  const trained = settings.flatMap((_, setting) => [
    [parameter(setting, 'query'), zeros([1, width])],
    [parameter(setting, 'weight'), zeros([classes, width])],
    [parameter(setting, 'bias'), zeros([classes])],
  ])
  return { ...Object.fromEntries(trained), [scale]: { ...floatSpec([width]), data: scaleOfMeans } }
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
        [parameter(setting, 'query'), { learningRateScale: learningRate, weightDecay }],
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
 * Cross attention with one learned query: it weights the tokens by softmax(token · query / √width), and a linear classifier reads their
 * weighted mean. A key projection would be part of the query, and a value projection part of the classifier, so neither is there (Psomas
 * et al., "Attention, Please! Revisiting Attentive Probing Through the Lens of Efficiency", ICLR 2026).
 */
function poolAndClassify(
  { tokenCount, width, classes }: PoolingShape,
  settings: number,
  parameters: NamedTensors,
  inputs: NamedTensors,
): tf.Tensor2D[] {
  const [weights, tokens] = [weightsOf(parameters), weightsOf(inputs)('tokens') as tf.Tensor3D]
  const [batch] = tokens.shape
  const queries = tf.concat(
    Array.from({ length: settings }, (_, setting) => weights(parameter(setting, 'query')) as tf.Tensor2D),
    0,
  )
  const affinities = tf
    .matMul(tokens.reshape<tf.Tensor2D>([batch * tokenCount, width]), queries, false, true)
    .mul(1 / Math.sqrt(width))
    .reshape([batch, tokenCount, settings])
    .transpose([0, 2, 1])
  const means = tf.matMul(tf.softmax(affinities), tokens).mul<tf.Tensor3D>(weights(scale))
  // The gradient of a split needs two outputs.
  const bySetting = settings === 1 ? [means] : tf.split(means, settings, 1)
  return bySetting.map((mean, setting) =>
    tf
      .matMul(
        mean.reshape<tf.Tensor2D>([batch, width]),
        weights(parameter(setting, 'weight')) as tf.Tensor2D,
        false,
        true,
      )
      .add<tf.Tensor2D>(weights(parameter(setting, 'bias')).reshape([1, classes])),
  )
}
