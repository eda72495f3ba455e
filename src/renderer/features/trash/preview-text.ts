import type { KeptRun, TrashItem, TrashPreview } from '#contract/domain/trash.ts'
import { formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

const shownNames = 3

/** Why a run stays out of the trash. */
export function keptReason({ reason, neededBy }: KeptRun): string {
  if (reason === 'active') return t('trash.kept.active')
  if (reason === 'ending') return t('trash.kept.ending')
  const names = [
    ...neededBy.slice(0, shownNames),
    ...(neededBy.length > shownNames ? [t('trash.kept.more', { count: neededBy.length - shownNames })] : []),
  ]
  return t('trash.kept.needed', { names: formatList(names) })
}

/** What is moved, in short: `3 runs`, `2 pipelines with 8 runs`, `2 pipelines and 1 run`. */
export function movedText({
  items,
  runIds,
  pipelineIds,
}: Pick<TrashPreview, 'items' | 'runIds' | 'pipelineIds'>): string {
  const singles = items.length - pipelineIds.length
  if (pipelineIds.length === 0) return t('trash.what.runs', { count: runIds.length })
  const pipelines = t('trash.what.pipelinesWith', {
    pipelines: t('trash.what.pipelines', { count: pipelineIds.length }),
    runs: t('trash.what.runs', { count: runIds.length - singles }),
  })
  return singles === 0 ? pipelines : t('trash.what.and', { pipelines, runs: t('trash.what.runs', { count: singles }) })
}

/** The items together with the runs that keep some of them, so that all can be moved. */
export function withUsers(items: readonly TrashItem[], kept: readonly KeptRun[]): TrashItem[] {
  const known = new Set(items.map(({ kind, id }) => `${kind} ${id}`))
  const users = new Set(kept.flatMap(({ neededBy }) => neededBy))
  return [...items, ...[...users].filter((id) => !known.has(`run ${id}`)).map((id): TrashItem => ({ kind: 'run', id }))]
}
