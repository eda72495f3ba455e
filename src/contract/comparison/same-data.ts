import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'

interface Placed {
  readonly run: Pick<Run, 'stage' | 'dataset' | 'labels'>
  readonly pipeline: Pick<Pipeline, 'datasetDigest'>
}

/** In what two runs differ so that their metrics measure different things. */
export type DataDifference = 'stage' | 'dataset' | 'version' | 'labels'

/** What keeps the metrics of a run from being compared with those of the baseline; the gravest reason if there are several. */
export function dataDifference(baseline: Placed, other: Placed): DataDifference | undefined {
  if (baseline.run.stage !== other.run.stage) return 'stage'
  if (baseline.run.dataset !== other.run.dataset) return 'dataset'
  if (baseline.pipeline.datasetDigest !== other.pipeline.datasetDigest) return 'version'
  return baseline.run.labels === other.run.labels ? undefined : 'labels'
}

export const dataDifferenceNames: Readonly<Record<DataDifference, string>> = {
  stage: 'another stage',
  dataset: 'another dataset',
  version: 'another version of the dataset',
  labels: 'another label set',
}

/** The runs of which a difference to the baseline, the first run, is not one of the configuration alone. */
export function otherData<Run extends Placed>(runs: readonly Run[]): { reason: DataDifference; runs: Run[] }[] {
  const [baseline] = runs
  if (baseline === undefined) return []
  const found = Map.groupBy(runs, (run) => dataDifference(baseline, run))
  return [...found].flatMap(([reason, of]) => (reason === undefined ? [] : [{ reason, runs: of }]))
}
