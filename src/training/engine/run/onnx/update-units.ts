import type { GroupTensors } from '../../../optimizer/adamw.ts'
import type { ParameterGroup } from '../../../optimizer/adamw.ts'
import type { NamedTensors } from '../../../tensor/host-tensor.ts'
import * as tf from '../../../tensor/tf.ts'
import type { TrainingProgram } from '../../program/engine.ts'
import { sizeOf } from '../../record/graph/graph.ts'
import { names } from './graph-names.ts'

/** Small trained parameters that are packed into one vector for their update, in this order, and those that are updated alone. */
export interface Packing {
  readonly packed: readonly string[]
  readonly single: readonly string[]
}

export type NamedShapes = Readonly<Record<string, readonly number[]>>

/** A tensor that one AdamW update computes: a parameter, or many small ones as one vector. */
export interface Unit {
  readonly name: string
  readonly shape: readonly number[]
  readonly group: () => GroupTensors
}

/** Up to this size, the fixed cost of an operator exceeds that of its elements. */
const packedSize = 8192

export function packing(trained: readonly string[], shapes: NamedShapes): Packing {
  const { packed = [], single = [] } = Object.groupBy(trained, (name) =>
    sizeOf(found(shapes, name)) <= packedSize ? 'packed' : 'single',
  )
  return { packed, single }
}

/** One unit for each single parameter, and one for the packed ones, if any. */
export function unitsOf({ groups }: TrainingProgram, { packed, single }: Packing, shapes: NamedShapes): Unit[] {
  const sizes = packed.map((name) => ({ size: sizeOf(found(shapes, name)), group: found(groups, name) }))
  const perElement = (pick: (group: ParameterGroup) => number): tf.Tensor =>
    tf.tensor1d(sizes.flatMap(({ size, group }) => Array.from({ length: size }, () => pick(group))))
  const vector: Unit = {
    name: names.packed,
    shape: [sizes.reduce((sum, { size }) => sum + size, 0)],
    group: () => ({
      learningRateScale: perElement((group) => group.learningRateScale),
      weightDecay: perElement((group) => group.weightDecay),
    }),
  }
  const singles = single.map((name): Unit => {
    const { learningRateScale, weightDecay } = found(groups, name)
    return {
      name,
      shape: found(shapes, name),
      group: () => ({ learningRateScale: tf.scalar(learningRateScale), weightDecay: tf.scalar(weightDecay) }),
    }
  })
  return packed.length > 0 ? [...singles, vector] : singles
}

/** The gradient of a unit. */
export function gradientOf({ name }: Unit, { packed }: Packing, gradients: NamedTensors): tf.Tensor {
  return name === names.packed
    ? tf.concat(packed.map((name) => found(gradients, name).flatten()))
    : found(gradients, name)
}

function found<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name]
  if (value === undefined) throw new Error(`'${name}' is missing.`)
  return value
}
