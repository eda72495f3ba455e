import type { NamedTensors, TrainingProgram, TrainingState } from '../engine.ts'
import { clippingFactor, globalNorm, lossAndGradients } from '../gradients.ts'
import { encodeOnnx, type OnnxModel } from '../graph/onnx.ts'
import { accumulationStepsOf } from '../micro-batches.ts'
import { adamW, type AdamWSchedule, type AdamWState } from '../../optimizer/adamw.ts'
import type { Value } from '../graph/graph.ts'
import { record, type RecordOptions, type Recording } from '../symbolic/record.ts'
import type * as tf from '../tf.ts'
import { outputTensor, programInputs, specOf } from './program.ts'
import { gradientOf, packing, unitsOf, type NamedShapes, type Packing, type Unit } from './units.ts'
import { names } from './names.ts'

/** A training step as ONNX in two graphs, and how the state is laid out for them. */
export interface TrainingGraph extends Packing {
  /** Loss, outputs and gradients of one batch; the gradients are added to a sum that it is given where a step has several micro-batches. */
  readonly gradients: OnnxModel
  /** Clips and updates the state by the mean of the gradients that were summed. */
  readonly update: OnnxModel
}

/**
 * Records one training step: loss and gradients in one graph, clipping and AdamW in another, so that the update can be written over
 * the state it reads, with all gradients known. Frozen parameters become part of the graph. `terms` gradients make the sum that the
 * update takes the mean of: the step's micro-batches where it is left out.
 */
export function recordTraining(program: TrainingProgram, state: TrainingState, terms = accumulationStepsOf(program), options: RecordOptions = {}): TrainingGraph {
  const { values, ...layout } = recordBatch(program, state, options)
  return { gradients: encodeOnnx(program.name, values, { isLastFirst: true }), update: recordUpdate(program, layout, shapesOf(state), terms), ...layout }
}

/** What a batch computes, by the names of the graph's outputs. */
export interface RecordedBatch extends Packing {
  readonly values: Readonly<Record<string, Value>>
}

/** The graph of one batch before it is written. Of the state only shapes are read, and the numbers of frozen parameters. */
export function recordBatch(program: TrainingProgram, state: Pick<TrainingState, 'parameters'>, options: RecordOptions = {}): RecordedBatch {
  const isSummed = accumulationStepsOf(program) > 1
  let layout: Packing = { packed: [], single: [] }
  const compute = (recording: Recording): Record<string, tf.Tensor> => {
    const { loss, outputs, gradients } = lossAndGradients(program, recordParameters(program, state, recording), programInputs(program.inputs, recording))
    layout = packing(gradients)
    const next = Object.entries(gradients).map(([name, gradient]): [string, tf.Tensor] => [
      names.next(names.gradient(name)),
      isSummed ? input(recording, names.gradient(name), gradient.shape).add(gradient) : gradient,
    ])
    return { ...Object.fromEntries(next), [names.loss]: loss, ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output))) }
  }
  const values = record(program.name, compute, options)
  return { values, ...layout }
}

const shapesOf = ({ parameters }: Pick<TrainingState, 'parameters'>): NamedShapes => Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]))

/** The parameters as a program takes them: trained ones are inputs, frozen ones part of the graph. */
export function recordParameters({ groups }: TrainingProgram, { parameters }: Pick<TrainingState, 'parameters'>, recording: Recording): NamedTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [
      name,
      groups[name] === undefined ? recording.constant(tensor.data, specOf(tensor)) : recording.input(names.parameter(name), specOf(tensor)),
    ]),
  )
}

/** The norm, and the outputs that take the places of the units' parameters and moments. Each element of these is read before it is written. */
function recordUpdate(program: TrainingProgram, layout: Packing, shapes: NamedShapes, terms: number): OnnxModel {
  const name = `${program.name} update`
  const values = record(name, (recording) => {
    const mean = (parameter: string): tf.Tensor => input(recording, names.gradient(parameter), shapes[parameter] ?? []).mul(1 / terms)
    const gradients = Object.fromEntries([...layout.single, ...layout.packed].map((parameter) => [parameter, mean(parameter)]))
    const units = unitsOf(program, layout, shapes).map((unit) => [unit, gradientOf(unit, layout, gradients)] as const)
    const norm = globalNorm(units.map(([, gradient]) => gradient))
    const schedule = recordSchedule(recording, clippingFactor(norm, program.optimizer.clipGradient))
    const next = units.map(([unit, gradient]) => updateUnit(unit, gradient, recording, schedule, program.optimizer))
    return { ...Object.assign({}, ...next), [names.norm]: norm }
  })
  return encodeOnnx(name, values, { isLastFirst: true })
}

/** What changes from step to step, as inputs. */
export function recordSchedule(recording: Recording, gradientScale: tf.Tensor | undefined): AdamWSchedule {
  const scalar = (name: string): tf.Tensor => input(recording, name, [])
  const schedule = { learningRate: scalar(names.learningRate), firstCorrection: scalar(names.firstCorrection), secondCorrection: scalar(names.secondCorrection) }
  return gradientScale === undefined ? schedule : { ...schedule, gradientScale }
}

/** The outputs that take the places of a unit's parameter and moments. */
export function updateUnit({ name, shape, group }: Unit, gradient: tf.Tensor, recording: Recording, schedule: AdamWSchedule, settings: TrainingProgram['optimizer']): Record<string, tf.Tensor> {
  const current: AdamWState = {
    parameter: input(recording, names.parameter(name), shape),
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
