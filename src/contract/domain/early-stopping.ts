import { z } from 'zod'
import { earlyStoppingFields } from '../configuration/fields.ts'
import { formatNumber, formatQuantity } from '../format.ts'
import { describeMetric, type Goal, metricName } from './metric.ts'

/** When a stage ends before its last epoch. */
const earlyStoppingRule = z.object(earlyStoppingFields)
export type EarlyStoppingRule = z.infer<typeof earlyStoppingRule>

/** The rule of the section of a stage; undefined if the stage has none, or it is turned off. */
export function earlyStoppingOf(section: object): EarlyStoppingRule | undefined {
  const rule = earlyStoppingRule.safeParse(section).data
  return rule === undefined || rule.patience === 0 ? undefined : rule
}

/** What the validations so far mean for early stopping. Checkpoints keep it, so that a resumed run decides as an undisturbed one. */
export const earlyStoppingState = z.object({
  /** Best value of the monitored metric, and the step of the checkpoint that has it. */
  best: z.number(),
  bestStep: z.int(),
  /** The last value that counted as an improvement. */
  reference: z.number(),
  /** Validations since then. */
  waited: z.int().nonnegative(),
})
export type EarlyStoppingState = z.infer<typeof earlyStoppingState>

/** The state after a validation at `step`. Equal values are no improvement. `state` is undefined before the first validation. */
export function afterValidation(
  { monitor, minImprovement }: EarlyStoppingRule,
  state: EarlyStoppingState | undefined,
  step: number,
  value: number,
): EarlyStoppingState {
  if (state === undefined) return { best: value, bestStep: step, reference: value, waited: 0 }
  const { goal } = describeMetric(monitor)
  const best = gain(goal, state.best, value) > 0 ? { best: value, bestStep: step } : state
  const isImproved = gain(goal, state.reference, value) > minImprovement
  return {
    best: best.best,
    bestStep: best.bestStep,
    reference: isImproved ? value : state.reference,
    waited: isImproved ? 0 : state.waited + 1,
  }
}

const gain = (goal: Goal, from: number, to: number): number => (goal === 'minimize' ? from - to : to - from)

/** Whether the stage ends now. */
export const isPatienceOver = ({ patience }: EarlyStoppingRule, state: EarlyStoppingState | undefined): boolean =>
  state !== undefined && state.waited >= patience

/** Why a run finished before its last epoch. */
export const earlyStop = z.object({
  monitor: metricName,
  patience: z.int().positive(),
  minImprovement: z.number(),
  /** The epoch after which it ended, and the last one that was planned. */
  epoch: z.int(),
  plannedEpochs: z.int(),
  best: z.number(),
  bestStep: z.int(),
  bestEpoch: z.int(),
})
export type EarlyStop = z.infer<typeof earlyStop>

/** `Stopped early at epoch 12 of 30: the validation top-1 has not improved by more than 0.1 % for 5 validations; best 61.2 % at epoch 7.` */
export function describeEarlyStop(stop: EarlyStop): string {
  const { label, unit } = describeMetric(stop.monitor)
  const quantity = (value: number): string => `${formatNumber(value)}${unit === '' ? '' : ` ${unit}`}`
  const by = stop.minImprovement === 0 ? '' : ` by more than ${quantity(stop.minImprovement)}`
  const name = label.charAt(0).toLowerCase() + label.slice(1)
  return `Stopped early at epoch ${stop.epoch} of ${stop.plannedEpochs}: the ${name} has not improved${by} for ${formatQuantity(stop.patience, 'validation')}; best ${quantity(stop.best)} at epoch ${stop.bestEpoch}.`
}
