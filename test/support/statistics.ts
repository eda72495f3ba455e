import { balanceOf } from '#contract/domain/class-coverage.ts'
import { describeDataset } from '#contract/domain/dataset-detail.ts'
import type { DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import { type DatasetManifest, samplesOf, spanOf } from '#contract/domain/dataset.ts'

/** What the studio counts in its tables, of a dataset in memory. */
export function statisticsOf(manifest: DatasetManifest): DatasetStatistics {
  const samples = samplesOf(manifest)
  const lengths = Map.groupBy(samples, (sample) => spanOf(sample).frameCount)
  const { name, digest, labelSets, boxClasses, report, videoCount, sampleCount } = describeDataset(manifest)
  return {
    name,
    digest,
    labelSets,
    ...(boxClasses === undefined ? {} : { boxClasses }),
    report,
    videoCount,
    sampleCount,
    counts: new Map([...Map.groupBy(samples, ({ split }) => split)].map(([split, of]) => [split, of.length])),
    balance: labelSets.flatMap((labelSet) => balanceOf(labelSet, samples)),
    lengths: [...lengths].map(([frames, of]) => [frames, of.length] as const).toSorted(([a], [b]) => a - b),
  }
}
