import type { NamedHostTensors } from '../../../tensor/host-tensor.ts'
import { names } from './graph-names.ts'
import type { Role } from './roles.ts'
import type { NamedOnnx } from './runtime.ts'

/** Inputs of a graph, and places for the outputs that take theirs. Outputs without a place get memory of their own. */
export interface GradientPlaces {
  readonly feeds: NamedOnnx
  readonly places: NamedHostTensors
}

/** What a training session carries from step to step, where ONNX Runtime computes. */
export interface StateStore {
  /** The trained parameters. */
  parameters(): NamedOnnx
  /** The gradients' sum before micro-batch `index` of a step, counted from 0, and places for the sum after it, which may be written over it. */
  gradients(index: number): GradientPlaces
  /** Keeps the sum after a micro-batch, which a graph has computed. */
  gather(results: NamedOnnx): void
  /**
   * Updates the state by the mean of the summed gradients; gives their global norm before clipping. A loss scale in the gradients is
   * taken out, and where there is one, gradients that are not finite leave the state as it is.
   */
  update(learningRate: number, step: number, lossScale?: number): Promise<number>
  /** The trained part of the state in host memory, until the next update writes over it. */
  read(): Promise<Readonly<Record<Role, NamedHostTensors>>>
  dispose(): Promise<void>
}

/** Names in a graph of the gradients' next sum. */
export const nextGradients = (parameters: Iterable<string>): string[] =>
  [...parameters].map((name) => names.next(names.gradient(name)))
