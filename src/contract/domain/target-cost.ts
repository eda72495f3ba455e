import { z } from 'zod'
import { formatBytes, formatQuantity } from '../format.ts'

/** What it takes to keep the teachers' features of a distillation, and what that saves. */
export const targetCost = z.object({
  /** Training videos. */
  videos: z.int(),
  /** Clips of each whose features are kept: no more than its visits in all epochs. */
  clips: z.int(),
  /** Disk space of the features of all teachers. */
  bytes: z.int(),
  /** Share of a step's operations that the teachers take. */
  teacherShare: z.number(),
  /** Share of the clips of all epochs whose features are computed; those of the others are read. */
  computedShare: z.number(),
})
export type TargetCost = z.infer<typeof targetCost>

const keeping = z.object({
  targetCache: z.int().positive(),
  epochs: z.int(),
  samplesPerVideo: z.int(),
  batchSize: z.int(),
})

/** The settings of a stage that keeps features of its teachers; undefined for others. */
export const keepingOf = (configuration: object): z.infer<typeof keeping> | undefined =>
  keeping.safeParse(configuration).data

/** Share of the clips of all epochs whose features a stage computes; those of the others are read. 1 for a stage that keeps none. */
export function computedShare(configuration: object): number {
  const found = keepingOf(configuration)
  return found === undefined ? 1 : Math.min(1, found.targetCache / (found.epochs * found.samplesPerVideo))
}

/** Share of the operations of the whole stage that are saved. */
export const savedShare = ({
  teacherShare,
  computedShare,
}: Pick<TargetCost, 'teacherShare' | 'computedShare'>): number => teacherShare * (1 - computedShare)

/** The cost as sentences. */
export function describeTargetCost(cost: TargetCost): string {
  const { videos, clips, bytes } = cost
  return `Distillation keeps the teachers' features of ${formatQuantity(clips, 'clip')} of each of ${formatQuantity(videos, 'video')}: ${formatBytes(bytes)} of disk space. Reading them saves about ${(100 * savedShare(cost)).toFixed(0)} % of its operations.`
}

/** A warning for features that the budget of the cache does not hold; undefined if it does. */
export function overBudget({ bytes }: TargetCost, budgetBytes: number): string | undefined {
  if (bytes <= budgetBytes) return undefined
  const gib = Math.ceil(bytes / 2 ** 30)
  return `Distillation keeps ${formatBytes(bytes)} of teacher features, and the budget of their cache is ${formatBytes(budgetBytes)}: teachers compute the features of the other clips each time. Raise the budget in the settings, or with: targets budget ${gib}`
}
