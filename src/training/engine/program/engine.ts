import type { EngineName } from '#contract/domain/engine.ts'
import type { AdamWSettings, ParameterGroup } from '../../optimizer/adamw.ts'
import type { NamedHostTensors, NamedSpecs, NamedTensors } from '../../tensor/host-tensor.ts'
import type { Scalar } from '../../tensor/tf.ts'
import type { LossScale } from './loss-scale.ts'

/** A pure function from parameters and inputs to outputs, written in tfjs. Anything random is an input. */
export interface InferenceProgram {
  readonly name: string
  readonly inputs: NamedSpecs
  run(parameters: NamedTensors, inputs: NamedTensors): NamedTensors
}

/** One optimizer step: loss, gradients, clipping, AdamW. Parameters without a group are frozen. */
export interface TrainingProgram {
  readonly name: string
  /** Specs of one micro-batch. */
  readonly inputs: NamedSpecs
  /** Micro-batches whose gradients a step averages; 1 by default. */
  readonly accumulationSteps?: number
  readonly groups: Readonly<Record<string, ParameterGroup>>
  readonly optimizer: AdamWSettings
  /** `outputs` are other values to return after each step, for example the terms of the loss. */
  loss(parameters: NamedTensors, inputs: NamedTensors): { loss: Scalar; outputs: NamedTensors }
}

/** What a training session carries from step to step. Frozen parameters have no moments. */
export interface TrainingState {
  readonly parameters: NamedHostTensors
  readonly firstMoments: NamedHostTensors
  readonly secondMoments: NamedHostTensors
  /** In float16 only; the initial scale by default. */
  readonly lossScale?: LossScale
}

export interface StepResult {
  readonly loss: number
  /** Global norm before clipping. */
  readonly gradientNorm: number
  readonly outputs: NamedHostTensors
  /** Loss of each micro-batch. */
  readonly batchLosses: readonly number[]
  /** Norm of the mean gradient of each parameter, before clipping, in the order of the backward pass. Absent if the engine does not keep them. */
  readonly gradientNorms?: ReadonlyMap<string, number>
  /** In float16 only: whether gradients overflowed, so that parameters and moments are unchanged, and the scale of the next step. */
  readonly scaling?: { readonly isSkipped: boolean; readonly scale: number }
}

export interface InferenceSession {
  run(inputs: NamedHostTensors): Promise<NamedHostTensors>
  dispose(): Promise<void>
}

export interface TrainingSession {
  /** Adds the gradients of a micro-batch. The last micro-batch of a step goes to `step`. */
  accumulate(inputs: NamedHostTensors): Promise<void>
  /**
   * Computes the last or only micro-batch of a step, then updates the state.
   * @param learningRate before the scales of the groups
   * @param step number of the optimizer step, from 1, for bias correction; skipped steps are counted here and left out of the correction
   * @returns means over the step's micro-batches
   */
  step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult>
  /** The state in host memory, for a checkpoint or for inference. The next step may overwrite it; copy what you keep. */
  readState(): Promise<TrainingState>
  dispose(): Promise<void>
}

/** Executes programs. A program gives the same numbers on every engine, up to rounding. */
export interface Engine {
  readonly name: EngineName
  /** e.g. `ONNX Runtime 1.30.0, CPU, 2 threads`. */
  readonly description: string
  inference(program: InferenceProgram, parameters: NamedHostTensors): Promise<InferenceSession>
  training(program: TrainingProgram, state: TrainingState): Promise<TrainingSession>
  dispose(): Promise<void>
}
