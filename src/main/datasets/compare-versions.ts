import { linesOf, type DatasetLine } from '#contract/domain/dataset-lines.ts'
import { type DatasetChange, noSamplesChanged, type SampleChange } from '#contract/domain/dataset-version.ts'
import { classNameOf, type DatasetManifest, drawnSplitSetName, type LabelSet } from '#contract/domain/dataset.ts'

/** Paths named of each kind of change. */
const namedPaths = 10

/** What of a sample a version can change. */
interface SampleFacts {
  readonly path: string
  readonly content: string
  readonly labels: string
  readonly splits: string
}

/** What differs in the samples of a dataset since the version before. */
export function compareVersions(
  before: { readonly labelSets: readonly LabelSet[]; readonly lines: Iterable<DatasetLine> },
  after: DatasetManifest,
): DatasetChange {
  const known = new Map(samplesIn(before.lines, before.labelSets))
  const change = noSamplesChanged()
  const note = (kind: SampleChange, path: string): void => {
    change.counts[kind] += 1
    const paths = change.examples[kind]
    if (paths.length < namedPaths && !paths.includes(path)) paths.push(path)
  }
  for (const [id, now] of samplesIn(linesOf(after), after.labelSets)) {
    const then = known.get(id)
    known.delete(id)
    if (then === undefined) {
      note('added', now.path)
      continue
    }
    if (now.content !== then.content) note('content', now.path)
    if (now.labels !== then.labels) note('labels', now.path)
    if (now.splits !== then.splits) note('split', now.path)
  }
  for (const { path } of known.values()) note('removed', path)
  return change
}

/** The samples among lines, by id. Splits that were drawn after the import belong to one version alone. */
function* samplesIn(
  lines: Iterable<DatasetLine>,
  labelSets: readonly LabelSet[],
): Generator<readonly [string, SampleFacts]> {
  const videos = new Map<string, { path: string; digest: string }>()
  for (const line of lines) {
    if ('broken' in line) continue
    const { id, video, span, labels, boxes, splits } = line
    if (typeof video !== 'string') videos.set(video.id, { path: video.path, digest: video.digest })
    const of = videos.get(typeof video === 'string' ? video : video.id)
    if (of === undefined) continue
    const names = labelSets
      .map((labelSet) => [labelSet.name, classNameOf({ labels }, labelSet)] as const)
      .toSorted(byName)
    const imported = Object.entries(splits)
      .filter(([set]) => !drawnSplitSetName.safeParse(set).success)
      .toSorted(byName)
    yield [
      id,
      {
        path: of.path,
        content: JSON.stringify([of.digest, span]),
        labels: JSON.stringify([names, boxes]),
        splits: JSON.stringify(imported),
      },
    ]
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
