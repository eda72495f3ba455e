import { formatList } from '../format.ts'
import {
  type ClassBalance,
  type DatasetManifest,
  type LabelSet,
  type Sample,
  samplesOf,
  type Split,
} from './dataset.ts'

/** Videos of one class in the splits that decide whether a classifier can learn it and whether a test measures it. */
type ClassCounts = Pick<ClassBalance, 'train' | 'validation' | 'test'> & { readonly label: string }

/** Classes named in one sentence; the others are counted. */
const namedClasses = 8

/** Samples of each class of a label set by split; a last entry for the samples without a class, if there are any. */
export function balanceOf({ name, classes }: LabelSet, samples: readonly Sample[]): ClassBalance[] {
  const empty = (label: string | null): ClassBalance => ({ labelSet: name, label, train: 0, validation: 0, test: 0 })
  const known = classes.map(empty)
  const unknown = empty(null)
  for (const { split, labels } of samples) {
    const entry = known[labels[name] ?? -1] ?? unknown
    if (split !== null) entry[split] += 1
  }
  return unknown.train + unknown.validation + unknown.test > 0 ? [...known, unknown] : known
}

/** Training videos of each class of a label set. */
export const trainingVideosOf = (
  labelSet: LabelSet,
  manifest: Pick<DatasetManifest, 'videos' | 'samples' | 'splitSets'>,
): number[] => balanceOf(labelSet, samplesOf(manifest, { labelSet: labelSet.name })).map(({ train }) => train)

/**
 * Sentences about the classes of a label set that have no videos in a split, for `balance` as in the summary of a dataset. `uses` are
 * the splits that matter: those of an import are training and test.
 * @returns no sentence if every class has videos in each of these splits.
 */
export function coverageWarnings(
  balance: readonly ClassBalance[],
  labelSet: string,
  uses: readonly Split[] = ['train', 'test'],
): string[] {
  const classes = balance.flatMap((entry): ClassCounts[] =>
    entry.labelSet === labelSet && entry.label !== null ? [{ ...entry, label: entry.label }] : [],
  )
  const [first, second] = classes
  if (first === undefined) return []
  const oneClass =
    second === undefined
      ? [`The label set ${labelSet} has only one class, ${first.label}. Fine-tuning and the test need at least two.`]
      : []
  const empty = uses.filter((split) => classes.every((counts) => counts[split] === 0))
  const partial = uses.filter((split) => !empty.includes(split))
  return [
    ...oneClass,
    ...empty.map((split) => `The label set ${labelSet} has no ${splitAdjectives[split]} videos. ${whatNeeds[split]}`),
    ...partial.flatMap((split) =>
      sentencesOf(
        split,
        classes.filter((counts) => counts[split] === 0),
        labelSet,
      ),
    ),
  ]
}

const splitAdjectives: Record<Split, string> = { train: 'training', validation: 'validation', test: 'test' }

const whatNeeds: Record<Split, string> = {
  train: 'Fine-tuning needs them.',
  validation: 'Fine-tuning then measures no validation accuracy.',
  test: 'The test needs them.',
}

function sentencesOf(split: Split, missing: readonly ClassCounts[], labelSet: string): string[] {
  if (missing.length === 0) return []
  const isOne = missing.length === 1
  const it = isOne ? 'it' : 'them'
  const classes = classesOf(missing.map(({ label }) => label))
  const videos = missing.reduce((sum, { test }) => sum + test, 0)
  const consequences: Record<Split, string> = {
    train: `A classifier cannot learn ${it}${videos === 0 ? '' : `, and ${isOne ? 'its' : 'their'} test videos (${videos}) count as errors`}.`,
    validation: `The validation accuracy leaves ${it} out.`,
    test: `The test does not measure ${it}.`,
  }
  return [
    `${classes} of the label set ${labelSet} ${isOne ? 'has' : 'have'} no ${splitAdjectives[split]} videos. ${consequences[split]}`,
  ]
}

/** `The class a`, `The classes a and b`: the subject of a sentence. It names at most eight classes and counts the others. */
export function classesOf(labels: readonly string[]): string {
  const names =
    labels.length <= namedClasses
      ? labels
      : [...labels.slice(0, namedClasses - 1), `${labels.length - namedClasses + 1} more`]
  return `The ${labels.length === 1 ? 'class' : 'classes'} ${formatList(names)}`
}
