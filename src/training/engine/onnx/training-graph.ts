import type { NamedTensors, TrainingProgram, TrainingState } from '../engine.ts'
import { clippingFactor, globalNorm, lossAndGradients } from '../gradients.ts'
import { encodeOnnx, type OnnxModel } from '../graph/onnx.ts'
import { accumulationStepsOf } from '../micro-batches.ts'
import { adamW, type AdamWSchedule, type AdamWState } from '../../optimizer/adamw.ts'
import type { Value } from '../graph/graph.ts'
import { record, type Recording } from '../symbolic/record.ts'
import type * as tf from '../tf.ts'
import { outputTensor, programInputs, specOf } from './program.ts'
import { gradientOf, packing, unitsOf, type NamedShapes, type Packing, type Unit } from './units.ts'
import { names } from './names.ts'

/** A training step as ONNX, and how the state is laid out for it. */
export interface TrainingGraph extends Packing {
  /** Computes one batch; updates the state as well where a step has one micro-batch, and else adds to the gradients' sum. */
  readonly model: OnnxModel
  /** Updates the state by the gradients' sum, where a step has several micro-batches. */
  readonly update?: OnnxModel
}

/** Records one training step: loss, gradients, clipping and AdamW. Frozen parameters become part of the graph. */
export function recordTraining(program: TrainingProgram, state: TrainingState): TrainingGraph {
  const shapes = shapesOf(state)
  const { values, ...layout } = recordBatch(program, state)
  const model = encodeOnnx(program.name, values)
  return accumulationStepsOf(program) > 1 ? { model, update: recordUpdate(program, layout, shapes), ...layout } : { model, ...layout }
}

/** What a batch computes, by the names of the graph's outputs. */
export interface RecordedBatch extends Packing {
  readonly values: Readonly<Record<string, Value>>
}

/** The graph of one batch before it is written. Of the state only shapes are read, and the numbers of frozen parameters. */
export function recordBatch(program: TrainingProgram, state: Pick<TrainingState, 'parameters'>): RecordedBatch {
  const shapes = shapesOf(state)
  const isGathered = accumulationStepsOf(program) > 1
  let layout: Packing = { packed: [], single: [] }
  const values = record(program.name, (recording) => {
    const parameters = recordParameters(program, state, recording)
    const { loss, outputs, gradients } = lossAndGradients(program, parameters, programInputs(program.inputs, recording))
    layout = packing(gradients)
    const units = unitsOf(program, layout, shapes)
    const ownGradient = (unit: Unit): tf.Tensor => gradientOf(unit, layout, gradients)
    return {
      ...(isGathered ? gather(recording, units, ownGradient) : update(recording, program, units, ownGradient, parameters)),
      [names.loss]: loss,
      ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output))),
    }
  })
  return { values, ...layout }
}

const shapesOf = ({ parameters }: Pick<TrainingState, 'parameters'>): NamedShapes => Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]))

export function recordParameters({ groups }: TrainingProgram, { parameters }: Pick<TrainingState, 'parameters'>, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [
      name,
      groups[name] === undefined ? recording.constant(tensor.data, specOf(tensor)) : recording.input(names.parameter(name), specOf(tensor)),
    ]),
  )
}

/** The outputs that take the places of the gradients' sums. */
function gather(recording: Recording, units: readonly Unit[], ownGradient: (unit: Unit) => tf.Tensor): Record<string, tf.Tensor> {
  return Object.fromEntries(units.map((unit) => [names.next(names.gradient(unit.name)), input(recording, names.gradient(unit.name), unit.shape).add(ownGradient(unit))]))
}

/** The update alone, by the mean of the gathered gradients. */
export function recordUpdate(program: TrainingProgram, layout: Packing, shapes: NamedShapes): OnnxModel {
  const name = `${program.name} update`
  const values = record(name, (recording) => {
    const meanGradient = (unit: Unit): tf.Tensor => input(recording, names.gradient(unit.name), unit.shape).mul(1 / accumulationStepsOf(program))
    return update(recording, program, unitsOf(program, layout, shapes), meanGradient, {})
  })
  return encodeOnnx(name, values)
}

/** The norm, and the outputs that take the places of the units' parameters and moments. `parameters` are those already recorded. */
function update(recording: Recording, program: TrainingProgram, units: readonly Unit[], gradientOfUnit: (unit: Unit) => tf.Tensor, parameters: NamedTensors): Record<string, tf.Tensor> {
  const gradients = new Map(units.map((unit) => [unit, gradientOfUnit(unit)]))
  const norm = globalNorm([...gradients.values()])
  const schedule = recordSchedule(recording, clippingFactor(norm, program.optimizer.clipGradient))
  const next = [...gradients].map(([unit, gradient]) => updateUnit(unit, gradient, parameters[unit.name], recording, schedule, program.optimizer))
  return { ...Object.assign({}, ...next), [names.norm]: norm }
}

function recordSchedule(recording: Recording, gradientScale: tf.Tensor | undefined): AdamWSchedule {
  const scalar = (name: string): tf.Tensor => input(recording, name, [])
  const schedule = { learningRate: scalar(names.learningRate), firstCorrection: scalar(names.firstCorrection), secondCorrection: scalar(names.secondCorrection) }
  return gradientScale === undefined ? schedule : { ...schedule, gradientScale }
}

function updateUnit(
  { name, shape, group }: Unit,
  gradient: tf.Tensor,
  parameter: tf.Tensor | undefined,
  recording: Recording,
  schedule: AdamWSchedule,
  settings: TrainingProgram['optimizer'],
): Record<string, tf.Tensor> {
  const current: AdamWState = {
    parameter: parameter ?? input(recording, names.parameter(name), shape),
    firstMoment: input(recording, names.firstMoment(name), shape),
    secondMoment: input(recording, names.secondMoment(name), shape),
  }
  const next = adamW(current, gradient, group(), schedule, settings)
  return {
    [names.next(names.parameter(name))]: next.parameter,
    [names.next(names.firstMoment(name))]: next.firstMoment,
    [names.next(names.secondMoment(name))]: next.secondMoment,
  }
}

const input = (recording: Recording, name: string, shape: readonly number[]): tf.Tensor => recording.input(name, { shape, type: 'float32' })
