import { adamW, type AdamWState } from '../../optimizer/adamw.ts'
import { onBackend } from '../backend.ts'
import type { NamedHostTensors, NamedTensors, StepResult, TrainingProgram, TrainingSession, TrainingState } from '../engine.ts'
import { clippingFactor, globalNorm, lossAndGradients } from '../gradients.ts'
import { checkInputs, checkState } from '../state.ts'
import * as tf from '../tf.ts'
import { disposeAll, inputTensors, keepAll, toHost, toHosts, toTensors } from './host.ts'

interface Tensors {
  readonly parameters: NamedTensors
  readonly firstMoments: NamedTensors
  readonly secondMoments: NamedTensors
}

/** Opens a session that holds its state as tensors of one backend. */
export function openTraining(backend: string, program: TrainingProgram, state: TrainingState): TrainingSession {
  checkState(program, state)
  const tensors = onBackend(backend, program.name, () => ({
    parameters: keepAll(toTensors(state.parameters)),
    firstMoments: keepAll(toTensors(state.firstMoments)),
    secondMoments: keepAll(toTensors(state.secondMoments)),
  }))
  return new EagerTrainingSession(backend, program, tensors)
}

class EagerTrainingSession implements TrainingSession {
  readonly #backend: string
  readonly #program: TrainingProgram
  #state: Tensors

  constructor(backend: string, program: TrainingProgram, state: Tensors) {
    this.#backend = backend
    this.#program = program
    this.#state = state
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const { loss, norm, outputs } = onBackend(this.#backend, this.#program.name, () => this.#advance(inputs, learningRate, step))
    const [hostLoss, hostNorm, hostOutputs] = await Promise.all([toHost(loss), toHost(norm), toHosts(outputs)])
    disposeAll({ loss, norm })
    disposeAll(outputs)
    return { loss: Number(hostLoss.data[0]), gradientNorm: Number(hostNorm.data[0]), outputs: hostOutputs }
  }

  async readState(): Promise<TrainingState> {
    const { parameters, firstMoments, secondMoments } = this.#state
    return { parameters: await toHosts(parameters), firstMoments: await toHosts(firstMoments), secondMoments: await toHosts(secondMoments) }
  }

  dispose(): Promise<void> {
    for (const tensors of Object.values(this.#state)) disposeAll(tensors)
    return Promise.resolve()
  }

  #advance(inputs: NamedHostTensors, learningRate: number, step: number) {
    const { groups, optimizer, inputs: specs } = this.#program
    const { loss, outputs, gradients } = lossAndGradients(this.#program, this.#state.parameters, inputTensors(specs, inputs))
    const norm = globalNorm(Object.values(gradients))
    const gradientScale = clippingFactor(norm, optimizer.clipGradient)
    const schedule = {
      learningRate: tf.scalar(learningRate),
      firstCorrection: tf.scalar(1 - optimizer.beta1 ** step),
      secondCorrection: tf.scalar(1 - optimizer.beta2 ** step),
      ...(gradientScale === undefined ? {} : { gradientScale }),
    }
    const { parameters, firstMoments, secondMoments } = this.#state
    const next = { parameters: { ...parameters }, firstMoments: { ...firstMoments }, secondMoments: { ...secondMoments } }
    for (const [name, gradient] of Object.entries(gradients)) {
      const [parameter, firstMoment, secondMoment, group] = [parameters[name], firstMoments[name], secondMoments[name], groups[name]]
      if (parameter === undefined || firstMoment === undefined || secondMoment === undefined || group === undefined) continue
      const scalars = { learningRateScale: tf.scalar(group.learningRateScale), weightDecay: tf.scalar(group.weightDecay) }
      store(next, name, adamW({ parameter, firstMoment, secondMoment }, gradient, scalars, schedule, optimizer))
      disposeAll({ parameter, firstMoment, secondMoment })
    }
    this.#state = next
    return { loss: tf.keep(loss), norm: tf.keep(norm), outputs: keepAll(outputs) }
  }
}

function store(state: { [R in keyof Tensors]: Record<string, tf.Tensor> }, name: string, next: AdamWState): void {
  state.parameters[name] = tf.keep(next.parameter)
  state.firstMoments[name] = tf.keep(next.firstMoment)
  state.secondMoments[name] = tf.keep(next.secondMoment)
}
