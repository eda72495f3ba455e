import type { HostTensor } from '#training/tensor/host-tensor.ts'

// A model of eight numbers that trains in no time. Each step depends on all before it and on nothing else, so that a run which was
// disturbed must end with the same bits as one that was not.

export const toySteps = 60
export const toyCheckpointEvery = 10

export interface ToyState {
  readonly weights: Float32Array
  readonly moments: Float32Array
}

export const firstState = (): ToyState => ({
  weights: Float32Array.from({ length: 8 }, (_, index) => Math.sin(index + 1)),
  moments: new Float32Array(8),
})

/** The state after a step, counted from 1. */
export function advance({ weights, moments }: ToyState, step: number): ToyState {
  const next = moments.map((moment, index) => 0.9 * moment + Math.sin(step * (index + 1)) * (weights[index] ?? 0))
  return { weights: weights.map((weight, index) => weight - 0.05 * (next[index] ?? 0)), moments: next }
}

export const lossOf = ({ weights }: ToyState): number => weights.reduce((sum, weight) => sum + weight * weight, 0)

export const tensorOf = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data })

/** The losses of an undisturbed run by step, from step 1, and its last state. */
export function undisturbed(): { losses: number[]; last: ToyState } {
  const losses: number[] = []
  let state = firstState()
  for (let step = 1; step <= toySteps; step++) {
    state = advance(state, step)
    losses.push(lossOf(state))
  }
  return { losses, last: state }
}
