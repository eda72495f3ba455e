import type { TrainingProgram, TrainingState } from '../engine.ts'
import { sumOfSquares } from '../gradients.ts'
import { sizeOf } from '../graph/graph.ts'
import { encodeOnnx, type OnnxModel } from '../graph/onnx.ts'
import { names } from '../onnx/names.ts'
import { recordSchedule, recordTraining, updateUnit } from '../onnx/training-graph.ts'
import { unitsOf, type Packing, type Unit } from '../onnx/units.ts'
import { record } from '../symbolic/record.ts'
import * as tf from '../tf.ts'

/** The graphs of a step that several members compute together. */
export interface ParallelGraphs extends Packing {
  /** Loss, outputs and gradients of one member's part of a batch. Where a step has several batches, gradients are added to those before. */
  readonly gradients: OnnxModel
  /** What each member does of the update, in their order: its share of the parameters, of which a small model has none for some. */
  readonly shares: readonly (UpdateShare | undefined)[]
}

export interface UpdateShare {
  /** The mean of all members' gradients takes the place of the first one's; its sums of squares, one of each unit, are `squares`. */
  readonly mean: OnnxModel
  /** The new parameters and moments by that mean. */
  readonly update: OnnxModel
}

export const parallelNames = {
  squares: 'sums of squares',
  /** Factor on every gradient (clipping). */
  gradientScale: 'gradient scale',
  /** The gradient of a unit as the member counted from 0 has it. */
  gradientOf: (member: number, unit: string) => `${names.gradient(unit)} of ${member}`,
} as const

/** Records a step of `batches` batches, whose program declares the inputs of one of `members` parts of a batch. */
export function recordParallel(program: TrainingProgram, state: TrainingState, members: number, batches: number): ParallelGraphs {
  const { gradients, packed, single } = recordTraining(program, state, members * batches)
  const shapes = Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape]))
  const shares = shareOut(unitsOf(program, { packed, single }, shapes), ({ shape }) => sizeOf(shape), members)
  return { packed, single, gradients, shares: shares.map((units) => (units.length === 0 ? undefined : { mean: recordMean(program, units, members, batches), update: recordUpdate(program, units) })) }
}

function recordMean(program: TrainingProgram, units: readonly Unit[], members: number, batches: number): OnnxModel {
  const name = `${program.name} mean gradient`
  const values = record(name, (recording) => {
    const means = units.map((unit): [string, tf.Tensor] => {
      const parts = Array.from({ length: members }, (_, member) => recording.input(parallelNames.gradientOf(member, unit.name), float(unit)))
      const sum = parts.reduce((sum, part) => sum.add(part))
      return [names.next(names.gradient(unit.name)), sum.mul(1 / (members * batches))]
    })
    const squares = means.map(([, mean]) => sumOfSquares(mean).reshape([1]))
    return { ...Object.fromEntries(means), [parallelNames.squares]: tf.concat(squares) }
  })
  return encodeOnnx(name, values, { isLastFirst: true })
}

/** Each element of the state is read before it is written, so that the next one may take its place. */
function recordUpdate(program: TrainingProgram, units: readonly Unit[]): OnnxModel {
  const name = `${program.name} update`
  const values = record(name, (recording) => {
    const scale = program.optimizer.clipGradient > 0 ? recording.input(parallelNames.gradientScale, { shape: [], type: 'float32' }) : undefined
    const schedule = recordSchedule(recording, scale)
    return Object.assign({}, ...units.map((unit) => updateUnit(unit, recording.input(names.gradient(unit.name), float(unit)), recording, schedule, program.optimizer)))
  })
  return encodeOnnx(name, values, { isLastFirst: true })
}

const float = ({ shape }: Unit) => ({ shape, type: 'float32' }) as const

/** Deals items to `count` shares of about the same total size, in their order. */
export function shareOut<T>(items: readonly T[], sizeOfItem: (item: T) => number, count: number): T[][] {
  const total = items.reduce((sum, item) => sum + sizeOfItem(item), 0)
  const shares = Array.from({ length: count }, (): T[] => [])
  let before = 0
  for (const item of items) {
    const middle = before + sizeOfItem(item) / 2
    shares[Math.min(count - 1, Math.floor((middle / total) * count))]?.push(item)
    before += sizeOfItem(item)
  }
  return shares
}
