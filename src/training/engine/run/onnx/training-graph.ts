import { adamW, type AdamWSchedule, type AdamWState } from '../../../optimizer/adamw.ts'
import type { NamedTensors } from '../../../tensor/host-tensor.ts'
import type * as tf from '../../../tensor/tf.ts'
import type { TrainingProgram, TrainingState } from '../../program/engine.ts'
import { clippingFactor, globalNorm, lossAndGradients } from '../../program/gradients.ts'
import { accumulationStepsOf } from '../../program/micro-batches.ts'
import { encodeOnnx, type OnnxModel } from '../../record/graph/encode-onnx.ts'
import type { Value } from '../../record/graph/graph.ts'
import { needsLossScale } from '../../record/half-precision.ts'
import { record, type RecordOptions, type Recording } from '../../record/record.ts'
import { names } from './graph-names.ts'
import { outputTensor, programInputs, specOf } from './program-io.ts'
import { gradientOf, unitsOf, type NamedShapes, type Packing, type Unit } from './update-units.ts'

/** Loss, outputs and gradients of one batch, as values of a graph. */
export interface RecordedGradients {
  /** By output name. */
  readonly values: Readonly<Record<string, Value>>
  /** Trained parameters on which the loss depends, in the order in which their gradients are computed. */
  readonly trained: readonly string[]
}

/**
 * Records loss and gradients of one batch. If a step has several micro-batches, the sums of gradients so far are inputs, to which the graph
 * adds. Frozen parameters are constants; of trained ones only shapes are read. In float16 the loss scale is an input, and gradients are
 * multiplied by it.
 */
export function recordGradients(
  program: TrainingProgram,
  state: Pick<TrainingState, 'parameters'>,
  options: RecordOptions = {},
): RecordedGradients {
  const isSummed = accumulationStepsOf(program) > 1
  let trained: string[] = []
  const compute = (recording: Recording): Record<string, tf.Tensor> => {
    const lossScale = needsLossScale(options.half) ? (input(recording, names.lossScale, []) as tf.Scalar) : undefined
    const { loss, outputs, gradients } = lossAndGradients(
      program,
      recordParameters(program, state, recording),
      programInputs(program.inputs, recording),
      lossScale,
    )
    trained = Object.keys(gradients)
    const next = Object.entries(gradients).map(([name, gradient]): [string, tf.Tensor] => [
      names.next(names.gradient(name)),
      isSummed ? input(recording, names.gradient(name), gradient.shape).add(gradient) : gradient,
    ])
    return {
      ...Object.fromEntries(next),
      [names.loss]: loss,
      ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output))),
    }
  }
  const values = record(program.name, compute, options)
  return { values, trained }
}

/** The graph of `recordGradients`, to be executed as recorded. */
export const encodeGradients = (program: TrainingProgram, { values }: RecordedGradients): OnnxModel =>
  encodeOnnx(program.name, values, { isLastFirst: true })

export const shapesOf = ({ parameters }: Pick<TrainingState, 'parameters'>): NamedShapes =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]))

/** Trained parameters as inputs, frozen ones as constants. */
function recordParameters(
  { groups }: TrainingProgram,
  { parameters }: Pick<TrainingState, 'parameters'>,
  recording: Recording,
): NamedTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [
      name,
      groups[name] === undefined
        ? recording.constant(tensor.data, specOf(tensor))
        : recording.input(names.parameter(name), specOf(tensor)),
    ]),
  )
}

/**
 * Records the update of a state on a device: the gradient norm, and the next parameters and moments of each unit. If gradients carry a loss
 * scale, the factor that turns their sums into means is an input.
 */
export function recordUpdate(
  program: TrainingProgram,
  layout: Packing,
  shapes: NamedShapes,
  { isScaled }: { isScaled: boolean },
): Record<string, Value> {
  return record(`${program.name} update`, (recording) => {
    const factor = isScaled ? input(recording, names.gradientFactor, []) : 1 / accumulationStepsOf(program)
    const mean = (parameter: string): tf.Tensor =>
      input(recording, names.gradient(parameter), shapes[parameter] ?? []).mul(factor)
    const gradients = Object.fromEntries(
      [...layout.single, ...layout.packed].map((parameter) => [parameter, mean(parameter)]),
    )
    const units = unitsOf(program, layout, shapes).map((unit) => [unit, gradientOf(unit, layout, gradients)] as const)
    const norm = globalNorm(units.map(([, gradient]) => gradient))
    const schedule = recordSchedule(recording, clippingFactor(norm, program.optimizer.clipGradient))
    const next = units.map(([unit, gradient]) => updateUnit(unit, gradient, recording, schedule, program.optimizer))
    return { ...Object.assign({}, ...next), [names.norm]: norm }
  })
}

/** The graph of `recordUpdate`, to be executed as recorded. */
export const encodeUpdate = (program: TrainingProgram, values: Record<string, Value>): OnnxModel =>
  encodeOnnx(`${program.name} update`, values, { isLastFirst: true })

/** The numbers that change with each step, as inputs. */
function recordSchedule(recording: Recording, gradientScale: tf.Tensor | undefined): AdamWSchedule {
  const scalar = (name: string): tf.Tensor => input(recording, name, [])
  const schedule = {
    learningRate: scalar(names.learningRate),
    firstCorrection: scalar(names.firstCorrection),
    secondCorrection: scalar(names.secondCorrection),
  }
  return gradientScale === undefined ? schedule : { ...schedule, gradientScale }
}

/** The next parameter and moments of a unit. */
function updateUnit(
  { name, shape, group }: Unit,
  gradient: tf.Tensor,
  recording: Recording,
  schedule: AdamWSchedule,
  settings: TrainingProgram['optimizer'],
): Record<string, tf.Tensor> {
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

const input = (recording: Recording, name: string, shape: readonly number[]): tf.Tensor =>
  recording.input(name, { shape, type: 'float32' })
