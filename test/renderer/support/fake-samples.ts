import type { Histogram, HistogramRequest, SamplePage, SampleRequest } from '#contract/domain/dataset-detail.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { clipFields } from '../../support/clip-fields.ts'
import type { FakeDataset } from './fake-data.ts'

/** A page of a dataset's samples. */
export function fakeSamples(
  { samples, labelSets }: FakeDataset,
  { offset, limit, filter = '', labelSet, label, split, sort }: SampleRequest,
): SamplePage {
  const shown = labelSets.find(({ name }) => name === labelSet) ?? labelSets[0]
  const chosen = samples.filter((sample) => {
    const own = sample.labels[shown?.name ?? ''] ?? null
    return (
      (split === undefined || sample.split === split) &&
      (label === undefined || (label === 'none' ? own === null : own === label))
    )
  })
  const fields = clipFields(labelSets, shown)
  const { found, problems } = searchBy(chosen, filter, fields)
  const sorted =
    sort === undefined
      ? found
      : found.toSorted(
          (a, b) =>
            (sort.isDescending ? -1 : 1) * (Number(fields.valueOf(sort.key, a)) - Number(fields.valueOf(sort.key, b))),
        )
  return { total: found.length, samples: sorted.slice(offset, offset + limit), problems: [...problems] }
}

/** A bin for each value: the videos of a fake dataset are alike. */
export function fakeHistogram(dataset: FakeDataset, { fact, ...conditions }: HistogramRequest): Histogram {
  const { samples } = fakeSamples(dataset, { ...conditions, offset: 0, limit: dataset.sampleCount })
  const { valueOf } = clipFields(dataset.labelSets, undefined)
  const values = Map.groupBy(samples, (sample) => Number(valueOf(fact, sample)))
  return {
    bins: [...values]
      .map(([value, of]) => ({ from: value, to: value, count: of.length }))
      .toSorted((a, b) => a.from - b.from)
      .slice(0, 12),
  }
}
