import type { AdamWGroup } from '../../optimizer/adamw.ts'
import type { NamedTensors, ParameterGroup, TrainingProgram } from '../engine.ts'
import type { Recording } from '../symbolic/record.ts'
import * as tf from '../tf.ts'
import { names } from './names.ts'

/** Which trained parameters share one update, in this order, and which have one of their own. */
export interface Packing {
  readonly packed: readonly string[]
  readonly single: readonly string[]
}

/** What one AdamW update works on: a parameter, or many small ones as one vector. */
export interface Unit {
  readonly name: string
  readonly parameter: tf.Tensor
  readonly gradient: tf.Tensor
  readonly group: AdamWGroup
}

/** Below this size an operator's fixed cost exceeds that of its elements. */
const packedSize = 8192

export function packing(gradients: NamedTensors): Packing {
  const { packed = [], single = [] } = Object.groupBy(Object.entries(gradients), ([, { size }]) => (size <= packedSize ? 'packed' : 'single'))
  return { packed: packed.map(([name]) => name), single: single.map(([name]) => name) }
}

export function singleUnit({ groups }: TrainingProgram, name: string, parameters: NamedTensors, gradients: NamedTensors): Unit {
  const { learningRateScale, weightDecay } = found(groups, name)
  const group = { learningRateScale: tf.scalar(learningRateScale), weightDecay: tf.scalar(weightDecay) }
  return { name, parameter: found(parameters, name), gradient: found(gradients, name), group }
}

/** The small parameters, with a learning-rate scale and a weight decay for every element. */
export function packedUnit({ groups }: TrainingProgram, packed: readonly string[], recording: Recording, gradients: NamedTensors): Unit {
  const gradient = tf.concat(packed.map((name) => found(gradients, name).flatten()))
  const perElement = (pick: (group: ParameterGroup) => number): tf.Tensor =>
    tf.tensor1d(packed.flatMap((name) => Array.from({ length: found(gradients, name).size }, () => pick(found(groups, name)))))
  return {
    name: names.packed,
    parameter: recording.input(names.parameter(names.packed), { shape: gradient.shape, type: 'float32' }),
    gradient,
    group: { learningRateScale: perElement((group) => group.learningRateScale), weightDecay: perElement((group) => group.weightDecay) },
  }
}

function found<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name]
  if (value === undefined) throw new Error(`'${name}' is not there.`)
  return value
}
