import { adamW, type AdamWState } from '../../../optimizer/adamw.ts'
import type { NamedHostTensors, NamedTensors } from '../../../tensor/host-tensor.ts'
import { onBackend } from '../../../tensor/on-backend.ts'
import * as tf from '../../../tensor/tf.ts'
import type { StepResult, TrainingProgram, TrainingSession, TrainingState } from '../../program/engine.ts'
import { clippingFactor, lossAndGradients, sumOfSquares } from '../../program/gradients.ts'
import { accumulationStepsOf, MicroBatches } from '../../program/micro-batches.ts'
import { checkInputs, checkState } from '../../program/state.ts'
import { disposeAll, inputTensors, keepAll, toHost, toHosts, toTensors } from './transfer.ts'

interface Tensors {
  readonly parameters: NamedTensors
  readonly firstMoments: NamedTensors
  readonly secondMoments: NamedTensors
}

/** Opens a session that holds its state in tensors of one backend. */
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
  readonly #microBatches: MicroBatches
  #state: Tensors
  /** Sums of the gradients of the step's micro-batches so far. */
  #sums: NamedTensors = {}

  constructor(backend: string, program: TrainingProgram, state: Tensors) {
    this.#backend = backend
    this.#program = program
    this.#microBatches = new MicroBatches(program)
    this.#state = state
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#compute(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    await this.#compute(inputs)
    const { norm, squares, names } = onBackend(this.#backend, this.#program.name, () =>
      this.#update(learningRate, step),
    )
    const gradientNorm = Number((await toHost(norm)).data[0])
    const { data } = await toHost(squares)
    disposeAll({ norm, squares })
    const gradientNorms = new Map(names.map((name, index) => [name, Math.sqrt(data[index] ?? 0)]))
    return { ...this.#microBatches.mean(), gradientNorm, gradientNorms }
  }

  async readState(): Promise<TrainingState> {
    const { parameters, firstMoments, secondMoments } = this.#state
    return {
      parameters: await toHosts(parameters),
      firstMoments: await toHosts(firstMoments),
      secondMoments: await toHosts(secondMoments),
    }
  }

  dispose(): Promise<void> {
    for (const tensors of [...Object.values(this.#state), this.#sums]) disposeAll(tensors)
    return Promise.resolve()
  }

  /** Computes one micro-batch, adds its gradients to the sums, and keeps its loss and outputs. */
  async #compute(inputs: NamedHostTensors): Promise<void> {
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const { loss, outputs } = onBackend(this.#backend, this.#program.name, () => {
      const { loss, outputs, gradients } = lossAndGradients(
        this.#program,
        this.#state.parameters,
        inputTensors(this.#program.inputs, inputs),
      )
      const previous = this.#sums
      this.#sums = keepAll(
        Object.fromEntries(
          Object.entries(gradients).map(([name, gradient]) => [name, previous[name]?.add(gradient) ?? gradient]),
        ),
      )
      disposeAll(previous)
      return { loss: tf.keep(loss), outputs: keepAll(outputs) }
    })
    const [hostLoss, hostOutputs] = await Promise.all([toHost(loss), toHosts(outputs)])
    disposeAll({ loss })
    disposeAll(outputs)
    this.#microBatches.add({ loss: Number(hostLoss.data[0]), outputs: hostOutputs })
  }

  /** Updates the state by the mean of the summed gradients. @returns their global norm, a scalar, and Σ g² of each parameter, a vector */
  #update(learningRate: number, step: number): { norm: tf.Tensor; squares: tf.Tensor; names: string[] } {
    const { groups, optimizer } = this.#program
    const count = accumulationStepsOf(this.#program)
    const sums = this.#sums
    this.#sums = {}
    const gradients =
      count === 1 ? sums : Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.mul(1 / count)]))
    const terms = Object.values(gradients).map(sumOfSquares)
    const norm = tf.addN(terms).sqrt()
    const gradientScale = clippingFactor(norm, optimizer.clipGradient)
    const schedule = {
      learningRate: tf.scalar(learningRate),
      firstCorrection: tf.scalar(1 - optimizer.beta1 ** step),
      secondCorrection: tf.scalar(1 - optimizer.beta2 ** step),
      ...(gradientScale === undefined ? {} : { gradientScale }),
    }
    const { parameters, firstMoments, secondMoments } = this.#state
    const next = {
      parameters: { ...parameters },
      firstMoments: { ...firstMoments },
      secondMoments: { ...secondMoments },
    }
    for (const [name, gradient] of Object.entries(gradients)) {
      const [parameter, firstMoment, secondMoment, group] = [
        parameters[name],
        firstMoments[name],
        secondMoments[name],
        groups[name],
      ]
      if (parameter === undefined || firstMoment === undefined || secondMoment === undefined || group === undefined)
        continue
      const scalars = {
        learningRateScale: tf.scalar(group.learningRateScale),
        weightDecay: tf.scalar(group.weightDecay),
      }
      store(next, name, adamW({ parameter, firstMoment, secondMoment }, gradient, scalars, schedule, optimizer))
      disposeAll({ parameter, firstMoment, secondMoment })
    }
    this.#state = next
    disposeAll(sums)
    return { norm: tf.keep(norm), squares: tf.keep(tf.stack(terms)), names: Object.keys(gradients) }
  }
}

function store(state: { [R in keyof Tensors]: Record<string, tf.Tensor> }, name: string, next: AdamWState): void {
  state.parameters[name] = tf.keep(next.parameter)
  state.firstMoments[name] = tf.keep(next.firstMoment)
  state.secondMoments[name] = tf.keep(next.secondMoment)
}
