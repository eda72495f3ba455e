import { z } from 'zod'
import { type Goal, metricName } from './metric.ts'

/** When a metric counts as not improving any more. */
export const plateauRule = z.object({
  metric: metricName,
  /** Values in a row without improvement: validations of a metric of the validation, reported steps of others. */
  patience: z.int().min(1).max(1_000_000),
  /** An improvement counts if it is larger than this, in the unit of the metric. */
  minImprovement: z.number().min(0).default(0),
})
export type PlateauRule = z.infer<typeof plateauRule>

/** What the values so far mean. */
export interface PlateauState {
  /** The last value that counted as an improvement, and its step. */
  readonly best: number
  readonly bestStep: number
  /** Values since then. */
  readonly waited: number
}

/**
 * The state after a value. Equal values and those that are not finite are no improvement; a metric without a goal improves downwards.
 * `state` is undefined before the first finite value.
 */
export function afterValue(
  { minImprovement }: Pick<PlateauRule, 'minImprovement'>,
  goal: Goal,
  state: PlateauState | undefined,
  step: number,
  value: number,
): PlateauState | undefined {
  if (!Number.isFinite(value)) return state === undefined ? undefined : { ...state, waited: state.waited + 1 }
  if (state === undefined) return { best: value, bestStep: step, waited: 0 }
  const gain = goal === 'maximize' ? value - state.best : state.best - value
  return gain > minImprovement ? { best: value, bestStep: step, waited: 0 } : { ...state, waited: state.waited + 1 }
}

/** Whether the metric has not improved for as many values as the rule says. */
export const isPlateau = ({ patience }: PlateauRule, state: PlateauState | undefined): boolean =>
  state !== undefined && state.waited >= patience
