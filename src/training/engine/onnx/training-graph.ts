import type { TrainingProgram, TrainingState } from '../engine.ts'
import { clippingFactor, globalNorm, lossAndGradients } from '../gradients.ts'
import { encodeOnnx, type OnnxModel } from '../graph/onnx.ts'
import { adamW, type AdamWSchedule, type AdamWState } from '../../optimizer/adamw.ts'
import { record, type Recording } from '../symbolic/record.ts'
import type * as tf from '../tf.ts'
import { outputTensor, programInputs, specOf } from './program.ts'
import { packedUnit, packing, singleUnit, type Packing, type Unit } from './units.ts'
import { names } from './names.ts'

/** A training step as ONNX, and how the state is laid out for it. */
export interface TrainingGraph extends Packing {
  readonly model: OnnxModel
}

/** Records one training step: loss, gradients, clipping and AdamW. Frozen parameters become part of the graph. */
export function recordTraining(program: TrainingProgram, state: TrainingState): TrainingGraph {
  let layout: Packing = { packed: [], single: [] }
  const values = record(program.name, (recording) => {
    const parameters = Object.fromEntries(
      Object.entries(state.parameters).map(([name, tensor]) => [
        name,
        program.groups[name] === undefined ? recording.constant(tensor.data, specOf(tensor)) : recording.input(names.parameter(name), specOf(tensor)),
      ]),
    )
    const { loss, outputs, gradients } = lossAndGradients(program, parameters, programInputs(program.inputs, recording))
    layout = packing(gradients)
    const units = layout.single.map((name) => singleUnit(program, name, parameters, gradients))
    if (layout.packed.length > 0) units.push(packedUnit(program, layout.packed, recording, gradients))

    const norm = globalNorm(units.map(({ gradient }) => gradient))
    const schedule = recordSchedule(recording, clippingFactor(norm, program.optimizer.clipGradient))
    return {
      ...Object.assign({}, ...units.map((unit) => update(unit, recording, schedule, program.optimizer))),
      [names.loss]: loss,
      [names.norm]: norm,
      ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => outputTensor(name, output))),
    }
  })
  return { model: encodeOnnx(program.name, values), ...layout }
}

function recordSchedule(recording: Recording, gradientScale: tf.Tensor | undefined): AdamWSchedule {
  const scalar = (name: string): tf.Tensor => recording.input(name, { shape: [], type: 'float32' })
  const schedule = { learningRate: scalar(names.learningRate), firstCorrection: scalar(names.firstCorrection), secondCorrection: scalar(names.secondCorrection) }
  return gradientScale === undefined ? schedule : { ...schedule, gradientScale }
}

/** The outputs that take the places of a unit's parameter and moments. */
function update({ name, parameter, gradient, group }: Unit, recording: Recording, schedule: AdamWSchedule, settings: TrainingProgram['optimizer']): Record<string, tf.Tensor> {
  const moment = (inputName: string): tf.Tensor => recording.input(inputName, { shape: parameter.shape, type: 'float32' })
  const current: AdamWState = { parameter, firstMoment: moment(names.firstMoment(name)), secondMoment: moment(names.secondMoment(name)) }
  const next = adamW(current, gradient, group, schedule, settings)
  return {
    [names.next(names.parameter(name))]: next.parameter,
    [names.next(names.firstMoment(name))]: next.firstMoment,
    [names.next(names.secondMoment(name))]: next.secondMoment,
  }
}
