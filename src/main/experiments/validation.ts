import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { decodeMetric } from '#contract/domain/metric.ts'

/** Validation of a checkpoint: a share from 0 to 1, and the loss. Null if it was not validated, or is not a number. */
export function validationOf(card: CheckpointCard | undefined): { top1: number; loss: number } | null {
  const [top1, loss] = [card?.metrics['validation/top1'], card?.metrics['validation/loss']]
  if (top1 === undefined || loss === undefined) return null
  const found = { top1: decodeMetric(top1) / 100, loss: decodeMetric(loss) }
  return Number.isFinite(found.top1) && Number.isFinite(found.loss) ? found : null
}
