import type { ExperimentResult, StartResult } from '#contract/experiment/result.ts'
import { baselineStart } from '#contract/stages/starts.ts'

export interface Headline {
  readonly labels: string
  readonly best: StartResult
  /** The start from scratch; undefined if it is the best, or has no result. */
  readonly baseline: StartResult | undefined
}

/** The start with the highest mean on the first label set that has one; undefined without a mean. */
export function headlineOf({ labelSets }: Pick<ExperimentResult, 'labelSets'>): Headline | undefined {
  for (const { labels, starts } of labelSets) {
    const [best] = starts
      .filter(({ top1 }) => top1.mean !== null)
      .toSorted((a, b) => (b.top1.mean ?? 0) - (a.top1.mean ?? 0))
    if (best === undefined) continue
    const baseline = starts.find(({ start, top1 }) => start === baselineStart && top1.mean !== null)
    return { labels, best, baseline: baseline === best ? undefined : baseline }
  }
  return undefined
}
