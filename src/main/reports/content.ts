import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { formatQuantity } from '#contract/format.ts'
import { commands } from './commands.ts'
import { comparedRuns, differingHyperparameters } from './compared-runs.ts'
import { curves } from './curves.ts'
import type { ReportDocument } from './document.ts'
import { nameOf, type ReportedRun } from './reported-run.ts'
import { results } from './results.ts'
import { testResults } from './tests.ts'

/** Everything that a report says. */
export interface ReportSource {
  readonly title: string | undefined
  /** The baseline comes first. */
  readonly runs: readonly ReportedRun[]
  readonly series: readonly BucketedSeries[]
  readonly presets: readonly Preset[]
  readonly version: string
  readonly madeAt: Date
}

/** The report on some runs. */
export function reportOn({ title, runs, series, presets, version, madeAt }: ReportSource): ReportDocument {
  const [baseline] = runs
  const name = baseline === undefined ? 'no run' : nameOf(baseline)
  return {
    title: title ?? (runs.length === 1 ? `Report on ${name}` : `Comparison of ${runs.length} runs with ${name}`),
    subtitle: `${formatQuantity(runs.length, 'run')}. Made on ${madeAt.toISOString().slice(0, 16).replace('T', ' at ')} UTC by MVD Studio ${version}.`,
    blocks: [
      ...comparedRuns(runs),
      ...results(runs),
      ...differingHyperparameters(runs),
      ...curves(runs, series),
      ...testResults(runs),
      ...commands(runs, presets),
    ],
  }
}
