import type { KeptRun, TrashItem, TrashPreview } from '#contract/domain/trash.ts'
import { formatList, formatQuantity } from '../../ui/format.ts'

const shownNames = 3

/** Why a run stays out of the trash. */
export function keptReason({ reason, neededBy }: KeptRun): string {
  if (reason === 'active') return 'It is queued or running. Stop it first.'
  if (reason === 'ending') return 'Its process has not ended yet. Try again in a moment.'
  const names = [
    ...neededBy.slice(0, shownNames),
    ...(neededBy.length > shownNames ? [`${neededBy.length - shownNames} more`] : []),
  ]
  return `Its model is needed by ${formatList(names)}.`
}

/** What is moved, in short: `3 runs`, `2 pipelines with 8 runs`, `2 pipelines and 1 run`. */
export function movedText({
  items,
  runIds,
  pipelineIds,
}: Pick<TrashPreview, 'items' | 'runIds' | 'pipelineIds'>): string {
  const singles = items.length - pipelineIds.length
  if (pipelineIds.length === 0) return formatQuantity(runIds.length, 'run')
  const pipelines = `${formatQuantity(pipelineIds.length, 'pipeline')} with ${formatQuantity(runIds.length - singles, 'run')}`
  return singles === 0 ? pipelines : `${pipelines}, and ${formatQuantity(singles, 'run')} of other pipelines`
}

/** The items together with the runs that keep some of them, so that all can be moved. */
export function withUsers(items: readonly TrashItem[], kept: readonly KeptRun[]): TrashItem[] {
  const known = new Set(items.map(({ kind, id }) => `${kind} ${id}`))
  const users = new Set(kept.flatMap(({ neededBy }) => neededBy))
  return [...items, ...[...users].filter((id) => !known.has(`run ${id}`)).map((id): TrashItem => ({ kind: 'run', id }))]
}
