import { classesOfBoxes, type LabelSet, type Sample, spanOf } from '#contract/domain/dataset.ts'
import { type ClipFact, clipKeys } from '#contract/query/clip-search.ts'
import type { Fields } from '#contract/query/evaluate.ts'
import type { KeyValue } from '#contract/query/key.ts'

/** Samples that new runs leave out, in tests. */
export const excludedInTests: ReadonlySet<string> = new Set(['s3', 's7', 't10'])

const facts: Readonly<Record<ClipFact, (sample: Sample) => KeyValue | readonly string[]>> = {
  path: ({ video }) => video.path,
  split: ({ split }) => split,
  frames: (sample) => spanOf(sample).frameCount,
  duration: ({ video }) => video.durationMs / 1000,
  fps: ({ video }) => video.framesPerSecond,
  width: ({ video }) => video.width,
  height: ({ video }) => video.height,
  codec: ({ video }) => video.codec,
  size: ({ video }) => video.sizeBytes,
  excluded: ({ id }) => Number(excludedInTests.has(id)),
  boxes: ({ boxes = [] }) => boxes.length,
  boxClass: classesOfBoxes,
}

/** What a filter of clips means, over samples in memory. */
export function clipFields(labelSets: readonly LabelSet[], shown: LabelSet | undefined): Fields<Sample> {
  const { keys, sourceOf } = clipKeys({ codecs: [], labelSets, shown, boxClasses: [] })
  const classIn = ({ labels }: Sample, name: string): string | null =>
    labelSets.find((set) => set.name === name)?.classes[labels[name] ?? -1] ?? null
  return {
    keys,
    valueOf(key, sample) {
      const source = sourceOf(key)
      if (source === undefined) return null
      return source.kind === 'fact' ? facts[source.fact](sample) : classIn(sample, source.labelSet)
    },
    text: (sample) =>
      [
        sample.video.path,
        sample.split ?? '',
        ...labelSets.map(({ name }) => classIn(sample, name) ?? ''),
        ...classesOfBoxes(sample),
      ].join(' '),
  }
}
