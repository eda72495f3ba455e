import type { TrainingState } from '../../program/engine.ts'
import { names } from './graph-names.ts'

/** Parts of a training state, with the names that they have in a graph. */
export const roles = [
  ['parameters', names.parameter],
  ['firstMoments', names.firstMoment],
  ['secondMoments', names.secondMoment],
] as const satisfies readonly (readonly [keyof TrainingState, (name: string) => string])[]

export type Role = (typeof roles)[number][0]
