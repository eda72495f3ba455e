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

/** One optimizer step: loss, gradients of the grouped parameters, clipping, AdamW. */
export interface TrainingProgram {
  readonly name: string
  /** Of one micro-batch. */
  readonly inputs: NamedSpecs
  /** Micro-batches whose gradients one optimizer step averages; 1 where absent. */
  readonly accumulationSteps?: number
  readonly groups: Readonly<Record<string, ParameterGroup>>
  readonly optimizer: AdamWSettings
  /** `outputs` are further values wanted after each step, e.g. the parts of the loss. */
  loss(parameters: NamedTensors, inputs: NamedTensors): { loss: Scalar; outputs: NamedTensors }
}

/** Everything that a training session carries from step to step. Frozen parameters have no moments. */
export interface TrainingState {
  readonly parameters: NamedHostTensors
  readonly firstMoments: NamedHostTensors
  readonly secondMoments: NamedHostTensors
  /** Where gradients are computed in half precision; the initial scale where it is left out. */
  readonly lossScale?: LossScale
}

export interface StepResult {
  readonly loss: number
  /** Global norm before clipping. */
  readonly gradientNorm: number
  readonly outputs: NamedHostTensors
  /** Where gradients are computed in half precision: whether they did not fit, which left parameters and moments as they were, and the scale from now on. */
  readonly scaling?: { readonly isSkipped: boolean; readonly scale: number }
}

export interface InferenceSession {
  run(inputs: NamedHostTensors): Promise<NamedHostTensors>
  dispose(): Promise<void>
}

export interface TrainingSession {
  /** Adds the gradients of a micro-batch: every one of an optimizer step but the last comes this way. */
  accumulate(inputs: NamedHostTensors): Promise<void>
  /**
   * The last or only micro-batch of an optimizer step, then the update. `step` counts optimizer steps from 1 (bias
   * correction; steps that were skipped do not count there); `learningRate` is before the groups' scales. Loss and outputs are means over the step's micro-batches.
   */
  step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult>
  /**
   * The state in host memory, for a checkpoint or for inference with the same weights. Where the optimizer works there, nothing is copied, and
   * the next step writes over it: who wants it for longer copies it.
   */
  readState(): Promise<TrainingState>
  dispose(): Promise<void>
}

/** Executes programs. The same program gives the same numbers on every engine, up to rounding. */
export interface Engine {
  readonly name: EngineName
  /** e.g. `ONNX Runtime 1.30.0, CPU, 2 threads`. */
  readonly description: string
  inference(program: InferenceProgram, parameters: NamedHostTensors): Promise<InferenceSession>
  training(program: TrainingProgram, state: TrainingState): Promise<TrainingSession>
  dispose(): Promise<void>
}
