import { StudioError } from '#contract/api/errors.ts'
import { balanceIn, countIn, type DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import type { LabelSet } from '#contract/domain/dataset.ts'

/**
 * The label set for a probe: the named one, or the only one.
 * @throws StudioError `bad-request` if the name is missing or unknown, `dataset-one-class` or `dataset-empty` if fewer than two
 *   classes have training videos or no test video has a class, because the accuracy would have no meaning
 */
export function labelSetToProbe(statistics: DatasetStatistics, wanted: string | undefined): LabelSet {
  const { name: dataset, labelSets } = statistics
  const names = labelSets.map(({ name }) => name)
  const [first, ...others] = labelSets
  if (first === undefined && statistics.boxClasses !== undefined)
    throw new StudioError(
      'dataset-one-class',
      `A sample of the dataset ${dataset} has several classes, those of its boxes. A probe needs one class for each sample.`,
      'Choose a dataset with one class for each video.',
    )
  if (first === undefined)
    throw new StudioError(
      'dataset-one-class',
      `The dataset ${dataset} has no classes, which a probe needs.`,
      'Import a folder with one folder per class, or with a labels.csv.',
    )
  if (wanted === undefined && others.length > 0)
    throw new StudioError(
      'bad-request',
      `labels: the dataset ${dataset} has ${names.length} label sets.`,
      `Choose one of ${names.join(', ')}.`,
    )
  const found = wanted === undefined ? first : labelSets.find(({ name }) => name === wanted)
  if (found === undefined)
    throw new StudioError(
      'bad-request',
      `labels: the dataset ${dataset} has no label set called ${wanted}.`,
      `Choose one of ${names.join(', ')}.`,
    )

  const trained = balanceIn(statistics, found.name).flatMap(({ label, train }) =>
    label !== null && train > 0 ? [label] : [],
  )
  if (trained.length < 2) {
    throw new StudioError(
      'dataset-one-class',
      `A probe needs two classes with training videos in the label set ${found.name} of ${dataset}; there is ${trained.length === 0 ? 'none' : `only ${trained.join('')}`}.`,
      'Add videos of another class and import the folder again.',
    )
  }
  if (countIn(statistics, 'test', found.name) === 0)
    throw new StudioError(
      'dataset-empty',
      `The label set ${found.name} of ${dataset} has no test video with a class.`,
      'Mark videos as test in labels.csv and import the folder again.',
    )
  return found
}
