import type { NamedHostTensors } from '../../../tensor/host-tensor.ts'
import { names, type Role } from './graph-names.ts'
import type { NamedOnnx } from './runtime.ts'

/** Gradient sums of one rank: inputs of its graph, and tensors for the outputs that replace them. Other outputs get memory of their own. */
export interface GradientBuffers {
  readonly feeds: NamedOnnx
  readonly outputs: NamedHostTensors
}

/** The global norm of the gradients of a step, and that of each parameter, in the order of the backward pass, if the store knows it. */
export interface GradientNorms {
  readonly norm: number
  readonly byParameter?: ReadonlyMap<string, number>
}

/** What a compiled training session carries from step to step. */
export interface StateStore {
  /** The trained parameters, by their names in a graph. */
  parameters(): NamedOnnx
  /** Gradient sums of each rank before micro-batch `index` of a step, counted from 0. */
  gradients(index: number): readonly GradientBuffers[]
  /** Keeps the gradient sums after a micro-batch: the results of each rank's graph. */
  keepGradients(results: readonly NamedOnnx[]): void
  /**
   * Reduces the summed gradients over ranks and updates the state by their mean. A loss scale in the gradients is divided out; with
   * one, gradients that are not finite leave the state unchanged.
   * @returns norms of the mean gradients before clipping
   */
  update(learningRate: number, step: number, lossScale?: number): Promise<GradientNorms>
  /** The trained state in host memory, valid until the next update. */
  read(): Promise<Readonly<Record<Role, NamedHostTensors>>>
  dispose(): Promise<void>
}

/** Names of the graph outputs that are the next gradient sums. */
export const nextGradients = (parameters: Iterable<string>): string[] =>
  [...parameters].map((name) => names.next(names.gradient(name)))
