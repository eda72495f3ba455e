import { balanceOf } from '#contract/domain/class-coverage.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import { collectLines, type DatasetLine } from '#contract/domain/dataset-lines.ts'
import { defaultSplitSet, samplesOf } from '#contract/domain/dataset.ts'
import type { StoredDataset } from '#node/dataset-files.ts'
import { readExclusions } from '#node/exclusions.ts'

/**
 * A dataset as new runs see it: samples that are excluded now belong to no split.
 * @param folder of the dataset in the workspace
 * @throws StudioError `bad-request` that names a damaged file
 */
export function withCurrentExclusions(dataset: StoredDataset, folder: string): StoredDataset {
  const set = readExclusions(folder)
  if (set === undefined) return dataset
  const { number, digest, samples } = set
  const lines = () => withoutSplits(dataset.lines(), samples)
  return {
    detail: {
      ...dataset.detail,
      exclusions: { number, digest },
      // The balance of the file counts all samples.
      balance: balanceOfLines(dataset.detail.labelSets, lines()),
    },
    lines,
  }
}

function* withoutSplits(
  lines: Iterable<DatasetLine>,
  excluded: Readonly<Record<string, unknown>>,
): Generator<DatasetLine> {
  for (const line of lines) yield 'broken' in line || !Object.hasOwn(excluded, line.id) ? line : { ...line, splits: {} }
}

function balanceOfLines(labelSets: DatasetDetail['labelSets'], lines: Iterable<DatasetLine>): DatasetDetail['balance'] {
  const samples = samplesOf(collectLines(lines, [defaultSplitSet]))
  return labelSets.flatMap((labelSet) => balanceOf(labelSet, samples))
}
