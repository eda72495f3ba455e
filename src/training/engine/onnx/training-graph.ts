import { adamW, type AdamWSchedule, type AdamWState } from '../../optimizer/adamw.ts'
import type { HostTensor, TrainingProgram, TrainingState } from '../engine.ts'
import { clippingFactor, lossAndGradients } from '../gradients.ts'
import { sizeOf } from '../graph/graph.ts'
import { encodeOnnx, type OnnxModel } from '../graph/onnx.ts'
import { record, type Recording } from '../symbolic/record.ts'
import * as tf from '../tf.ts'
import { outputTensor, programInputs, specOf } from './program.ts'

/** Names of the graph's inputs and outputs. `next` is the output that takes an input's place in the next step. */
export const names = {
  parameter: (name: string) => `parameter:${name}`,
  firstMoment: (name: string) => `first moment:${name}`,
  secondMoment: (name: string) => `second moment:${name}`,
  next: (name: string) => `next ${name}`,
  learningRate: 'learning rate',
  firstCorrection: 'first correction',
  secondCorrection: 'second correction',
  loss: 'loss',
  norm: 'gradient norm',
  packed: '(packed)',
} as const

export interface TrainingGraph {
  readonly model: OnnxModel
  /** Small parameters, updated as one vector in this order. */
  readonly packed: readonly string[]
  /** Parameters updated one by one. */
  readonly single: readonly string[]
}

/** Below this size an operator's fixed cost exceeds that of its elements, so such parameters share one update. */
const packedSize = 8192

/** Records one training step: loss, gradients, clipping and AdamW. Frozen parameters become part of the graph. */
export function recordTraining(program: TrainingProgram, state: TrainingState): TrainingGraph {
  let packed: readonly string[] = []
  let single: readonly string[] = []
  const values = record(program.name, (recording) => {
    const parameters = Object.fromEntries(
      Object.entries(state.parameters).map(([name, tensor]) => [
        name,
        program.groups[name] === undefined ? recording.constant(tensor.data, specOf(tensor)) : recording.input(names.parameter(name), specOf(tensor)),
      ]),
    )
    const { loss, outputs, gradients, norm } = lossAndGradients(program, parameters, programInputs(program.inputs, recording))
    const schedule = recordSchedule(recording, clippingFactor(norm, program.optimizer.clipGradient))
    const trained = Object.keys(gradients)
    const isSmall = (name: string): boolean => sizeOf(parameters[name]?.shape ?? []) <= packedSize
    packed = trained.filter(isSmall)
    single = trained.filter((name) => !isSmall(name))

    const updates: Record<string, tf.Tensor> = {}
    const update = (name: string, parameter: tf.Tensor, gradient: tf.Tensor, group: Group): void => {
      const moment = (inputName: string): tf.Tensor => recording.input(inputName, { shape: parameter.shape, type: 'float32' })
      const current = { parameter, firstMoment: moment(names.firstMoment(name)), secondMoment: moment(names.secondMoment(name)) }
      const next = adamW(current, gradient, group, schedule, program.optimizer)
      Object.assign(updates, stateOutputs(name, next))
    }
    for (const name of single) {
      const [parameter, gradient] = [parameters[name], gradients[name]]
      if (parameter !== undefined && gradient !== undefined) update(name, parameter, gradient, groupOf(program, name))
    }
    if (packed.length > 0) {
      const gradient = tf.concat(packed.flatMap((name) => gradients[name]?.flatten() ?? []))
      update(names.packed, recording.input(names.parameter(names.packed), { shape: gradient.shape, type: 'float32' }), gradient, packedGroup(program, packed, state))
    }
    return {
      ...updates,
      [names.loss]: loss,
      [names.norm]: norm,
      ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output))),
    }
  })
  return { model: encodeOnnx(program.name, values), packed, single }
}

interface Group {
  readonly learningRateScale: tf.Tensor
  readonly weightDecay: tf.Tensor
}

function stateOutputs(name: string, { parameter, firstMoment, secondMoment }: AdamWState): Record<string, tf.Tensor> {
  return {
    [names.next(names.parameter(name))]: parameter,
    [names.next(names.firstMoment(name))]: firstMoment,
    [names.next(names.secondMoment(name))]: secondMoment,
  }
}

function recordSchedule(recording: Recording, gradientScale: tf.Tensor | undefined): AdamWSchedule {
  const scalar = (name: string): tf.Tensor => recording.input(name, { shape: [], type: 'float32' })
  const schedule = { learningRate: scalar(names.learningRate), firstCorrection: scalar(names.firstCorrection), secondCorrection: scalar(names.secondCorrection) }
  return gradientScale === undefined ? schedule : { ...schedule, gradientScale }
}

function groupOf(program: TrainingProgram, name: string): Group {
  const group = program.groups[name]
  if (group === undefined) throw new Error(`'${name}' has no group.`)
  return { learningRateScale: tf.scalar(group.learningRateScale), weightDecay: tf.scalar(group.weightDecay) }
}

/** A learning-rate scale and a weight decay for every element of the packed vector. */
function packedGroup(program: TrainingProgram, packed: readonly string[], state: TrainingState): Group {
  const perElement = (pick: (name: string) => number): tf.Tensor => tf.tensor1d(packed.flatMap((name) => repeat(pick(name), state.parameters[name])))
  return {
    learningRateScale: perElement((name) => program.groups[name]?.learningRateScale ?? 0),
    weightDecay: perElement((name) => program.groups[name]?.weightDecay ?? 0),
  }
}

function repeat(number: number, like: HostTensor | undefined): number[] {
  return Array.from({ length: like?.data.length ?? 0 }, () => number)
}
