import { type LabelSet, type Sample, spanOf } from '../domain/dataset.ts'
import { splits } from '../domain/split.ts'
import type { Fields } from './evaluate.ts'
import { type KeyValue, offeredValues, type QueryKey } from './key.ts'

interface ClipKey extends Pick<QueryKey, 'label' | 'kind' | 'help'> {
  readonly unit?: string
  readonly options?: readonly string[]
  readonly isOffered?: boolean
  readonly read: (sample: Sample) => KeyValue
}

const millisecondsPerSecond = 1000

const clipKeys: Readonly<Record<string, ClipKey>> = {
  path: {
    label: 'File',
    kind: 'text',
    help: 'File, relative to the folder of the dataset.',
    read: ({ video }) => video.path,
  },
  split: {
    label: 'Split',
    kind: 'text',
    help: 'Split of the clip; clips outside of every split have none.',
    options: splits,
    read: ({ split }) => split,
  },
  frames: {
    label: 'Frames',
    kind: 'number',
    unit: 'frames',
    help: 'Frames of the clip.',
    read: (sample) => spanOf(sample).frameCount,
  },
  duration: {
    label: 'Duration',
    kind: 'number',
    unit: 's',
    help: 'Duration of the video: 500ms, 2.5s, 1min.',
    read: ({ video }) => video.durationMs / millisecondsPerSecond,
  },
  fps: {
    label: 'Frames per second',
    kind: 'number',
    help: 'Frame rate of the video.',
    read: ({ video }) => video.framesPerSecond,
  },
  width: { label: 'Width', kind: 'number', unit: 'px', help: 'Width of the video.', read: ({ video }) => video.width },
  height: {
    label: 'Height',
    kind: 'number',
    unit: 'px',
    help: 'Height of the video.',
    read: ({ video }) => video.height,
  },
  codec: {
    label: 'Codec',
    kind: 'text',
    help: 'Codec of the video.',
    isOffered: true,
    read: ({ video }) => video.codec,
  },
  size: {
    label: 'Size',
    kind: 'number',
    unit: 'B',
    help: 'Size of the file: 500KiB, 2MiB.',
    read: ({ video }) => video.sizeBytes,
  },
}

/**
 * What a filter of a dataset's clips looks into: facts of the file, and the class in each label set, by the name of the set.
 * `class` is that in the label set that is shown.
 */
export function clipFields(
  samples: readonly Sample[],
  labelSets: readonly LabelSet[],
  shown: LabelSet | undefined,
): Fields<Sample> {
  const readers = new Map<string, (sample: Sample) => KeyValue>()
  const keys: QueryKey[] = []
  const add = (key: QueryKey, read: (sample: Sample) => KeyValue) => {
    if (readers.has(key.key)) return
    readers.set(key.key, read)
    keys.push(key)
  }
  for (const [key, { label, kind, help, unit = '', options, isOffered, read }] of Object.entries(clipKeys))
    add(
      {
        key,
        label,
        kind,
        help,
        unit,
        group: 'Clip',
        values: options ?? (isOffered === true ? offeredValues(samples.map(read)) : []),
        ...(options === undefined ? {} : { isComplete: true }),
      },
      read,
    )
  const addClass = (key: string, label: string, help: string, { name, classes }: LabelSet) =>
    add({ key, label, kind: 'text', unit: '', help, group: 'Labels', values: classes }, (sample) =>
      classIn(sample, name, classes),
    )
  if (shown !== undefined) addClass('class', 'Class', `Class in the label set ${shown.name}.`, shown)
  for (const set of labelSets) addClass(set.name, set.name, `Class in the label set ${set.name}.`, set)
  return {
    keys,
    valueOf: (key, sample) => readers.get(key)?.(sample) ?? null,
    text: (sample) =>
      [
        sample.video.path,
        sample.split ?? '',
        ...labelSets.map(({ name, classes }) => classIn(sample, name, classes) ?? ''),
      ].join(' '),
  }
}

const classIn = ({ labels }: Sample, labelSet: string, classes: readonly string[]): string | null =>
  classes[labels[labelSet] ?? -1] ?? null
