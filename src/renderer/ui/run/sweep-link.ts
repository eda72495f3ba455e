import type { Pipeline } from '#contract/domain/pipeline.ts'
import { isTrainingStage, stageNames } from '#contract/stages/index.ts'

/** A pipeline of a sweep, as far as links to its runs need it. */
type Member = Pick<Pipeline, 'configuration' | 'runIds'>

interface Address {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/**
 * Address of the curves of a sweep as bands over its seeds: the last trained stage of every pipeline, grouped by what the sweep varies.
 * Pipelines that end earlier only train shared stages. Undefined if there are fewer than two runs.
 */
export function bandsOf(members: readonly Member[]): Address | undefined {
  const last = members.flatMap(({ configuration, runIds }) => {
    const { stages = [] } = configuration ?? {}
    const index = Math.max(
      0,
      stages.findLastIndex((stage) => isTrainingStage(stage)),
    )
    const [stage, id] = [stages[index], runIds[index]]
    return stage === undefined || id === undefined ? [] : [{ order: stageNames.indexOf(stage), id }]
  })
  const latest = Math.max(...last.map(({ order }) => order))
  const ids = last.filter(({ order }) => order === latest).map(({ id }) => id)
  return ids.length < 2 ? undefined : { path: '/compare', query: { ids: ids.join(','), group: 'variant' } }
}

/** Address of the table of a sweep's runs, with a heading for each variant. */
export const tableOf = (sweep: string): Address => ({
  path: '/runs',
  query: { filter: `group = ${sweep}`, group: 'variant' },
})
